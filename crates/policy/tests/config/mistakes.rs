// SPDX-License-Identifier: MIT
//! Files that are wrong: what is said, and where.

use aegis_policy::config::{File, Mistakes};

fn mistakes(text: impl AsRef<[u8]>) -> Mistakes {
    File::read("c.toml", text.as_ref()).expect_err("the file is wrong")
}

fn lines(text: impl AsRef<[u8]>) -> Vec<String> {
    mistakes(text)
        .to_string()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn an_unknown_key_names_the_nearest_one() {
    assert_eq!(
        lines("[modules]\n  port_scam = true\n"),
        ["c.toml:2:3: there is no key modules.port_scam: did you mean modules.port_scan?"]
    );
    assert_eq!(
        lines("[moduls]\nport_scan = true\nverbose = 7\n"),
        ["c.toml:1:2: there is no key moduls: did you mean [modules]?"]
    );
    assert_eq!(
        lines("port_scan.prots = 5"),
        ["c.toml:1:11: there is no key port_scan.prots: did you mean port_scan.ports?"]
    );
    assert_eq!(
        lines("[feeds]\ncolour = \"x\""),
        [
            "c.toml:2:1: there is no key feeds.colour: [feeds] has enabled, defaults, max_download_bytes, proxy, source"
        ]
    );
    let said = lines("frobnicate = 1");
    assert!(
        said[0].ends_with("see `aegis-cli config show` for every key"),
        "{said:?}"
    );
}

#[test]
fn a_wrong_type_says_what_is_expected() {
    for (text, said) in [
        (
            "modules.verbose = \"true\"",
            "1:19: modules.verbose: it must not be quoted: write true without quotes",
        ),
        (
            "modules.verbose = 1",
            "1:19: modules.verbose: it must not be a number: give true or false",
        ),
        (
            "autoban.max_entries = \"9\"",
            "1:23: autoban.max_entries: it must not be quoted: write 9 without quotes",
        ),
        (
            "autoban.max_entries = 1.5",
            "1:23: autoban.max_entries: it must not be a number with a fraction: give a whole number from 0 to 65536 (sources)",
        ),
        (
            "port_scan.window = 300",
            "1:20: port_scan.window: a duration needs a unit: write \"300s\", or use m, h, d or w",
        ),
        (
            "port_scan.window = \"5 min\"",
            "1:20: port_scan.window: \"5 min\" is not a duration: give one like 90s, 45m, 1h30m, 2d or 1w, longest unit first",
        ),
        (
            "later_fragments = \"keep\"",
            "1:19: later_fragments: it must not be \"keep\": give one of \"pass\", \"drop\"",
        ),
        (
            "allowlist.ips = \"192.0.2.1\"",
            "1:17: allowlist.ips: it must be a list: write [\"192.0.2.1\"]",
        ),
        (
            "allowlist.ips = [7]",
            "1:18: allowlist.ips: a number is in the list: give a list of addresses and prefixes",
        ),
        (
            "modules = true",
            "1:1: modules is a section: write [modules] on a line of its own, and its keys below",
        ),
        (
            "interface = {}",
            "1:13: interface: it must not be a table: give the name of an interface, or a list of names",
        ),
    ] {
        assert_eq!(lines(text), [format!("c.toml:{said}")], "{text}");
    }
}

#[test]
fn an_impossible_value_says_what_is_possible() {
    for (text, part) in [
        (
            "rates.syn_source = 0",
            "0 is out of range: give a whole number from 1 to 1000000 (a second)",
        ),
        ("rates.syn_source = -1", "-1 is out of range"),
        ("rates.syn_source = 99999999999999999999", "out of range"),
        ("port_scan.ports = 401", "from 1 to 400 (ports)"),
        (
            "attach.grace = \"2d\"",
            "\"2d\" is out of range: give a duration from \"0s\" to \"1d\"",
        ),
        ("timeouts.udp = \"0s\"", "no time at all"),
        (
            "allowlist.ips = [\"10.0.0.1/8\"]",
            "write 10.0.0.0/8 for the prefix",
        ),
        ("allowlist.ips = [\"0.0.0.0/0\"]", "every address there is"),
        ("allowlist.ips = [\"example.org\"]", "is not an address"),
        ("interface = \"eth0/1\"", "is not the name of an interface"),
        ("interface = \"\"", "is not the name of an interface"),
        ("interface = [\"a\", \"a\"]", "\"a\" is there twice"),
        (
            "interface = \"averyveryverylongname\"",
            "is not the name of an interface",
        ),
    ] {
        let said = lines(text);
        assert!(
            said.len() == 1 && said[0].contains(part),
            "{text}: {said:?}"
        );
    }
}

#[test]
fn everything_that_is_wrong_is_told_in_the_order_of_the_file() {
    let text = "interfaces = 1\n[modules]\nverbose = 7\nport_scan = = 3\n[autoban]\nfactor = 0\n[autoban]\n";
    let said = lines(text);
    let places: Vec<&str> = said
        .iter()
        .filter_map(|line| line.split(':').nth(1))
        .collect();
    assert_eq!(places, ["1", "3", "4", "6", "7"], "{said:#?}");
}

#[test]
fn every_wrong_item_of_a_list_is_told_where_it_is() {
    let text = "[allowlist]\nips = [\n  \"192.0.2.1\",\n  \"10.0.0.1/8\",\n  7, \"::/0\",\n]\n";
    let said = lines(text);
    assert_eq!(said.len(), 3, "{said:#?}");
    for (line, start) in said
        .iter()
        .zip(["c.toml:4:3: ", "c.toml:5:3: ", "c.toml:5:6: "])
    {
        assert!(line.starts_with(start), "{said:#?}");
    }
}

#[test]
fn a_key_that_is_there_twice_is_wrong() {
    let said = lines("[modules]\nverbose = true\nverbose = false\n");
    assert_eq!(said, ["c.toml:3:1: duplicate key: keep one of them"]);
}

#[test]
fn columns_count_characters() {
    let said = lines("modules = { \"ü\" = 1, verbos = true }");
    assert!(
        said.iter().any(|line| line.starts_with("c.toml:1:22: ")),
        "{said:#?}"
    );
}

#[test]
fn what_is_no_utf_8_says_where() {
    assert_eq!(
        lines(b"# fine\nlogging.json = \xff"),
        ["c.toml:2:16: this is no UTF-8: save the file as UTF-8"]
    );
    assert_eq!(
        lines(b"\xff\xfei\0"),
        ["c.toml:1:1: the file is in UTF-16: save it as UTF-8"]
    );
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_fine() {
    let file = File::read(
        "c.toml",
        "\u{feff}[modules]\r\nverbose = true\r\n".as_bytes(),
    );
    assert_eq!(file.map(|file| file.len()), Ok(1));
    assert!(File::read("c.toml", b"").is_ok_and(|file| file.is_empty()));
}

#[test]
fn a_file_that_is_too_long_is_not_looked_at() {
    let said = lines("#".repeat(File::MOST_BYTES + 1));
    assert!(
        said.len() == 1 && said[0].contains("shorten it to 4194304"),
        "{said:?}"
    );
}

#[test]
fn garbage_without_end_is_answered_soon_and_briefly() {
    for line in [
        "= 1\n",
        "[[[\n",
        "\"\"\"",
        "a.b=1,",
        "x = [",
        "{",
        "allowlist = {a=1}\n",
    ] {
        let text = line.repeat((1 << 20) / line.len());
        let started = std::time::Instant::now();
        let mistakes = mistakes(&text);
        assert!(mistakes.iter().count() <= Mistakes::MOST);
        assert!(mistakes.count() >= mistakes.iter().count());
        let took = started.elapsed();
        assert!(took.as_secs() < 20, "{line:?} took {took:?}");
    }
}

#[test]
fn what_a_terminal_would_act_on_is_escaped() {
    let said = lines("\"\\u001b[31mred\" = 1\ninterface = \"\\u0007\"");
    assert!(
        said.len() == 2 && !said.concat().contains(char::is_control),
        "{said:?}"
    );
}
