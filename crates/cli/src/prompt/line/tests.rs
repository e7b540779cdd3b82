// SPDX-License-Identifier: MIT
//! Lines.

use super::*;
use crate::arguments::Verb;

fn read_plain(line: &str) -> Line {
    read(line, &GlobalOptions::default())
}

fn verb(line: &str) -> Verb {
    match read_plain(line) {
        Line::Verb(arguments) => arguments.verb,
        other => panic!("{line:?}: {other:?}"),
    }
}

fn refusal(line: &str) -> String {
    match read_plain(line) {
        Line::Wrong(failure) | Line::Outside(failure) => {
            assert_eq!(failure.exit_code(), 2, "{line:?}");
            failure.to_string()
        }
        other => panic!("{line:?}: {other:?}"),
    }
}

#[test]
fn verbs_are_those_of_the_command_line() {
    let Verb::Block(block) =
        verb("block 192.0.2.1 22 tcp --for 1h --reason 'too many # of them' # why")
    else {
        panic!("it bans")
    };
    assert_eq!(block.target, "192.0.2.1");
    assert_eq!(block.part.port.as_deref(), Some("22"));
    assert_eq!(block.part.protocol.as_deref(), Some("tcp"));
    assert_eq!(block.reason.as_deref(), Some("too many # of them"));
    assert!(matches!(verb("list"), Verb::List(_)));
    assert!(matches!(
        verb("kill tcp/[2001:db8::1]:5/[2001:db8::2]:22"),
        Verb::Kill(_)
    ));
}

#[test]
fn comments_and_empty_lines_are_nothing() {
    for line in ["", "   ", "\t", "# block 192.0.2.1", "  # x"] {
        assert!(matches!(read_plain(line), Line::Nothing), "{line:?}");
    }
}

#[test]
fn the_prompt_ends_by_its_own_words_only() {
    for line in ["quit", " exit "] {
        assert!(matches!(read_plain(line), Line::Quit), "{line:?}");
    }
    assert!(refusal("quit now").contains("'now'"));
}

#[test]
fn options_given_before_hold_and_those_of_the_line_too() {
    let standing = GlobalOptions {
        interfaces: vec!["eth0".to_owned()],
        ..GlobalOptions::default()
    };
    let Line::Verb(arguments) = read("list --json", &standing) else {
        panic!("it lists")
    };
    assert!(arguments.options.json && arguments.options.interfaces == ["eth0"]);
}

#[test]
fn a_typing_error_names_the_nearest_verb_and_not_the_whole_program() {
    let said = refusal("blockk 192.0.2.1");
    assert!(
        said.contains("'blockk'") && said.contains("'block'"),
        "{said}"
    );
    for absent in ["Usage", "--help", "error:", "Exit codes"] {
        assert!(!said.contains(absent), "{absent}: {said}");
    }
    assert!(!refusal("--nonsense").contains("Usage"));
}

#[test]
fn a_verb_that_lacks_something_tells_its_own_usage() {
    let said = refusal("block");
    assert!(said.contains("Usage: block <ADDR[/LEN]>"), "{said}");
    assert!(!said.contains("--help"), "{said}");
    assert!(refusal("module of conn_track").contains("'off'"));
    let said = refusal("allow");
    assert!(
        said.starts_with("`allow` needs more words") && said.contains("  remove "),
        "{said}"
    );
    assert_eq!(refusal("--json"), "there is no verb; `help` lists them");
}

#[test]
fn an_open_quote_is_a_mistake_of_its_line() {
    assert!(refusal("block 192.0.2.1 --reason 'x").contains("quote"));
}

#[test]
fn what_has_the_terminal_to_itself_is_refused_and_hidden() {
    let Line::Help(help) = read_plain("help") else {
        panic!("it is help")
    };
    for name in OUTSIDE {
        let line = if name == "completions" {
            "completions bash"
        } else {
            name
        };
        assert!(refusal(line).contains(name), "{line}");
        assert!(!help.contains(&format!("\n  {name} ")), "{name}: {help}");
    }
}

#[test]
fn help_is_for_the_prompt_or_for_a_verb() {
    for line in ["help", "?"] {
        let Line::Help(help) = read_plain(line) else {
            panic!("{line:?}: it is help")
        };
        for word in ["block", "unblock", "list", "quit", HINT] {
            assert!(help.contains(word), "{word}: {help}");
        }
        assert!(!help.contains("AEGIS_RUN_DIR"), "{help}");
    }
    for line in ["help block", "? block", "block --help"] {
        let Line::Help(help) = read_plain(line) else {
            panic!("{line:?}: it is help")
        };
        assert!(
            help.contains("Usage: block") && help.contains("--for <TIME>"),
            "{help}"
        );
        assert!(
            help.contains("--json") && !help.contains("--xdp-mode"),
            "{help}"
        );
    }
    assert!(refusal("help blockk").contains("blockk"));
}

#[test]
fn a_file_may_follow_save_and_restore_without_its_option() {
    let words = |line: &str| rewritten(words(line).expect("no quote is open"));
    assert_eq!(words("save bans.json"), ["save", "-f", "bans.json"]);
    assert_eq!(words("restore 'my bans'"), ["restore", "-f", "my bans"]);
    for whole in [
        "save",
        "save -f x",
        "save --help",
        "restore x y",
        "list save",
    ] {
        assert_eq!(words(whole).join(" "), whole);
    }
}

#[test]
fn the_interface_learns_what_a_line_does() {
    let does = |line: &str| match meaning_at_interface(line) {
        Meaning::Obey(_, does) => does,
        other => panic!("{line}: {other:?}"),
    };
    for line in [
        "status",
        "--json list",
        "geo lookup 192.0.2.1",
        "module list",
        "events -f",
    ] {
        assert_eq!(does(line), Does::Looks, "{line}");
    }
    for line in ["--json block 192.0.2.1", "geo update", "feeds update"] {
        assert_eq!(does(line), Does::Changes, "{line}");
    }
    assert_eq!(does("detach"), Does::Ends);
    assert_eq!(does("help tui"), Does::Looks);
    assert_eq!(
        does("blockade 192.0.2.1"),
        Does::Looks,
        "the program says what is wrong"
    );
}

#[test]
fn the_interface_obeys_nothing_that_has_a_terminal_to_itself_or_another_daemon() {
    for line in [
        "--json tui",
        "daemon",
        "-i eth1 status",
        "status --instance other",
        "block 'x",
    ] {
        let meaning = meaning_at_interface(line);
        assert!(
            matches!(meaning, Meaning::NotHere(_)),
            "{line}: {meaning:?}"
        );
    }
    for line in ["q", "quit", "exit"] {
        assert_eq!(meaning_at_interface(line), Meaning::Quit, "{line}");
    }
}

#[test]
fn the_interface_makes_itself_what_it_can_take_back() {
    let change = |line: &str| match meaning_at_interface(line) {
        Meaning::Change(change) => change,
        other => panic!("{line}: {other:?}"),
    };
    let Change::Ban(ban) = change("block 192.0.2.1 --for 1h") else {
        panic!("it blocks")
    };
    assert_eq!((&*ban.target, ban.for_seconds), ("192.0.2.1", Some(3_600)));
    assert!(matches!(change("unblock 192.0.2.1"), Change::Unban(_)));
    assert!(matches!(change("allow add 192.0.2.1"), Change::Allow(_)));
    assert!(matches!(
        change("allow remove 192.0.2.1"),
        Change::Disallow(_)
    ));
    let Change::Switch(switch) = change("module off port_scan verbose") else {
        panic!("it switches")
    };
    assert_eq!((switch.names.len(), switch.on), (2, false));
    // What is wrong with it the program says.
    let wrong = meaning_at_interface("block 192.0.2.300");
    assert!(matches!(wrong, Meaning::Obey(..)), "{wrong:?}");
}

#[test]
fn a_line_from_a_shell_is_understood_by_the_interface() {
    let expected = Meaning::Obey(vec!["list".to_owned()], Does::Looks);
    for line in ["list", "aegis-cli list", "sudo aegis list"] {
        assert_eq!(meaning_at_interface(line), expected, "{line}");
    }
}

#[test]
fn the_definition_is_consistent() {
    definition().debug_assert();
}
