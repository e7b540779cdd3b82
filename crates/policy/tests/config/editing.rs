// SPDX-License-Identifier: MIT
//! The allowlist of a file is changed, and nothing else.

use aegis_policy::config::{AllowEdit, EditError, Edited, edit_allowlist};

fn edited(text: &str, edit: AllowEdit) -> String {
    match edit_allowlist("c.toml", text.as_bytes(), edit) {
        Ok(Edited::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn added(text: &str) -> String {
    edited(
        text,
        AllowEdit::Add("192.0.2.9".parse().expect("it is an address")),
    )
}

fn removed(text: &str) -> String {
    edited(
        text,
        AllowEdit::Remove("192.0.2.9".parse().expect("it is an address")),
    )
}

#[test]
fn an_entry_is_added_in_the_style_of_the_list() {
    for (before, after) in [
        ("", "\n[allowlist]\nips = [\"192.0.2.9\"]\n"),
        ("# mine", "# mine\n\n[allowlist]\nips = [\"192.0.2.9\"]\n"),
        (
            "[modules]\r\n",
            "[modules]\r\n\r\n[allowlist]\r\nips = [\"192.0.2.9\"]\r\n",
        ),
        (
            "[allowlist] # who\n# none yet\n[feeds]\n",
            "[allowlist] # who\nips = [\"192.0.2.9\"]\n# none yet\n[feeds]\n",
        ),
        ("[allowlist]", "[allowlist]\nips = [\"192.0.2.9\"]\n"),
        (
            "allowlist = {}\n",
            "allowlist = { ips = [\"192.0.2.9\"] }\n",
        ),
        (
            "allowlist.ips = [ ] # x\n",
            "allowlist.ips = [\"192.0.2.9\" ] # x\n",
        ),
        (
            "allowlist.ips=['::1','::2']",
            "allowlist.ips=['::1','::2', \"192.0.2.9\"]",
        ),
        (
            "allowlist.ips=['::1', ]",
            "allowlist.ips=['::1', \"192.0.2.9\", ]",
        ),
        (
            "[allowlist]\nips = [ # all\n  \"::1\", # one, and\n  \"::2\" # two\n] # end\n",
            "[allowlist]\nips = [ # all\n  \"::1\", # one, and\n  \"::2\", # two\n  \"192.0.2.9\",\n] # end\n",
        ),
        (
            "[allowlist]\r\nips = [\r\n\t\"::1\",\r\n]\r\n",
            "[allowlist]\r\nips = [\r\n\t\"::1\",\r\n\t\"192.0.2.9\",\r\n]\r\n",
        ),
        (
            "[allowlist]\nips = [\n  \"::1\"]\n",
            "[allowlist]\nips = [\n  \"::1\",\n  \"192.0.2.9\",]\n",
        ),
    ] {
        assert_eq!(added(before), after, "{before}");
    }
}

#[test]
fn an_entry_that_goes_takes_its_line_along_and_nothing_else() {
    for (before, after) in [
        (
            "allowlist.ips = [\"192.0.2.9\"] # x",
            "allowlist.ips = [] # x",
        ),
        (
            "allowlist.ips = [\"192.0.2.9\", '::1']",
            "allowlist.ips = ['::1']",
        ),
        (
            "allowlist.ips = ['::1', \"192.0.2.9\"]",
            "allowlist.ips = ['::1']",
        ),
        (
            "allowlist.ips = ['::1', '192.0.2.9', '::2',]",
            "allowlist.ips = ['::1', '::2',]",
        ),
        (
            "allowlist.ips = ['192.0.2.9', '::1', '192.0.2.9']",
            "allowlist.ips = ['::1']",
        ),
        (
            "[allowlist]\nips = [\n  # ours\n  \"::1\", # one\n  \"192.0.2.9\", # two\n  \"::3\", # three\n]\n",
            "[allowlist]\nips = [\n  # ours\n  \"::1\", # one\n  \"::3\", # three\n]\n",
        ),
        (
            "[allowlist]\nips = [\n  \"::1\",\n  \"192.0.2.9\" # two\n]\n",
            "[allowlist]\nips = [\n  \"::1\",\n]\n",
        ),
        (
            "[allowlist]\r\nips = [\r\n  \"192.0.2.9\",\r\n  \"::1\"\r\n]\r\n",
            "[allowlist]\r\nips = [\r\n  \"::1\"\r\n]\r\n",
        ),
        (
            "[allowlist]\nips = [\n  \"::1\",\n  \"192.0.2.9\"]\n",
            "[allowlist]\nips = [\n  \"::1\",\n  ]\n",
        ),
    ] {
        assert_eq!(removed(before), after, "{before}");
    }
}

#[test]
fn a_byte_order_mark_stays() {
    let text = "\u{feff}allowlist.ips = []";
    assert_eq!(added(text), "\u{feff}allowlist.ips = [\"192.0.2.9\"]");
}

#[test]
fn what_is_so_already_changes_nothing() {
    let target = "192.0.2.9".parse().unwrap();
    let text = b"allowlist.ips = ['192.0.2.9/32']";
    let unchanged = |text, edit| edit_allowlist("c.toml", text, edit) == Ok(Edited::Unchanged);
    assert!(unchanged(text, AllowEdit::Add(target)));
    assert!(unchanged(b"", AllowEdit::Remove(target)));
}

#[test]
fn a_file_that_is_wrong_is_left_alone() {
    let target = "192.0.2.9".parse().unwrap();
    for text in ["[allowlist\nips = []", "[modules]\nverbos = true\n"] {
        let error = edit_allowlist("c.toml", text.as_bytes(), AllowEdit::Add(target)).unwrap_err();
        assert!(
            error.to_string().contains("left alone:\nc.toml:"),
            "{error}"
        );
    }
    let everything = AllowEdit::Add("::/0".parse().unwrap());
    let error = edit_allowlist("c.toml", b"", everything);
    assert!(matches!(error, Err(EditError::Everything(_))), "{error:?}");
}
