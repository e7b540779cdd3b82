// SPDX-License-Identifier: MIT
use super::*;
use aegis_abi::Reason;

fn read(line: &str) -> Record {
    Record::read(line).unwrap().unwrap()
}

fn wrong(line: &str) -> String {
    Record::read(line).unwrap_err().to_string()
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

#[test]
fn a_ban_has_a_part_and_causes() {
    let line = r#"ban 192.0.2.1 tcp port 22 by operator since 2026-11-28T07:00:00Z until 2026-11-29T07:00:00.5Z reason "a \"b\" \\ ü" by port_scan since 2026-11-28T06:00:00Z"#;
    let operator = SavedCause {
        origin: Origin::Operator,
        since: Some(at("2026-11-28T07:00:00Z")),
        until: Some(at("2026-11-29T07:00:00.5Z")),
        remark: r#"a "b" \ ü"#.parse().unwrap(),
    };
    let scan = SavedCause {
        origin: Origin::Detector(Reason::PortScan),
        since: Some(at("2026-11-28T06:00:00Z")),
        ..SavedCause::default()
    };
    let ban = SavedBan {
        target: "192.0.2.1".parse().unwrap(),
        part: Part::new(Port::new(22), Some(Protocol::TCP)).unwrap(),
        causes: vec![operator, scan],
    };
    assert_eq!(read(line), Record::Ban(ban));
    assert_eq!(read(line).to_string(), line);
}

#[test]
fn what_is_not_said_is_the_usual() {
    let expected = SavedBan {
        target: "192.0.2.1".parse().unwrap(),
        part: Part::WHOLE,
        causes: vec![SavedCause::default()],
    };
    for line in [
        "ban 192.0.2.1",
        "\tban   192.0.2.1/32 everything ",
        "ban 192.0.2.1 by operator",
    ] {
        assert_eq!(read(line), Record::Ban(expected.clone()), "{line}");
    }
    for line in ["", "  ", "# ban 192.0.2.1", "#"] {
        assert_eq!(Record::read(line), Ok(None), "{line}");
    }
}

#[test]
fn every_kind_of_line_is_written_as_it_is_read() {
    for line in [
        "ban 2001:db8::/32 new connections by syn_rate until 2026-11-29T07:00:00.000000001Z",
        "ban 192.0.2.1 icmp by operator",
        "ban 192.0.2.1 protocol 200 by operator",
        "ban 192.0.2.1 port 53 by operator",
        "unban 192.0.2.1 udp port 53",
        "unban 192.0.2.1",
        "allow 198.51.100.0/24 configured since 2026-11-28T07:00:00Z reason \"office\"",
        "disallow 198.51.100.0/24",
        "strikes 192.0.2.1 proven 1 unproven 4294967295 until 2026-11-28T07:00:00Z",
    ] {
        assert_eq!(read(line).to_string(), line);
    }
}

#[test]
fn mistakes_name_the_word_and_what_to_write_instead() {
    for (line, told) in [
        (
            "bann 192.0.2.1",
            "1: \"bann\" means nothing here: did you mean ban?",
        ),
        ("ban", "4: the address or prefix is missing"),
        ("ban 192.0.2.1/24", "5: 192.0.2.1/24 has bits set"),
        (
            "ban 192.0.2.1 tpc",
            "15: \"tpc\" means nothing here: did you mean tcp?",
        ),
        (
            "ban 192.0.2.1 22",
            "15: \"22\" means nothing here: write one of port, protocol",
        ),
        ("ban 192.0.2.1 port", "19: the port is missing"),
        ("ban 192.0.2.1 port 0", "20: \"0\" is not a port"),
        ("ban 192.0.2.1 icmp port 1", "15: icmp has no ports"),
        (
            "ban 192.0.2.1 new",
            "18: the word \"connections\" is missing",
        ),
        ("ban 192.0.2.1 by", "17: the origin is missing"),
        (
            "ban 192.0.2.1 by port_scam",
            "18: \"port_scam\" means nothing here: did you mean port_scan?",
        ),
        (
            "ban 192.0.2.1 by xyz",
            "18: \"xyz\" means nothing here: write operator, or what",
        ),
        (
            "ban 192.0.2.1 by operator by operator",
            "27: operator wants this ban already",
        ),
        (
            "ban 192.0.2.1 until tomorrow",
            "21: \"tomorrow\" is not a time",
        ),
        (
            "ban 192.0.2.1 until 2026-11-28T07:00:00",
            "21: \"2026-11-28T07:00:00\" is not a time",
        ),
        (
            "ban 192.0.2.1 until 2026-11-28T07:00:00Z untli",
            "42: \"untli\" means nothing here: did you mean until?",
        ),
        (
            "ban 192.0.2.1 reason \"a\" reason \"b\"",
            "26: \"reason\" is said twice",
        ),
        (
            "ban 192.0.2.1 reason \"a\u{7}\"",
            "22: the reason has line breaks or control",
        ),
        (
            "allow 192.0.2.1 until 2026-11-28T07:00:00Z",
            "17: \"until\" means nothing here",
        ),
        (
            "unban 192.0.2.1 by operator",
            "17: \"by\" means nothing here",
        ),
        ("disallow 192.0.2.1 now", "20: \"now\" is one word too many"),
        (
            "strikes 192.0.2.1 prven 1",
            "19: \"prven\" means nothing here: did you mean proven?",
        ),
        ("strikes 192.0.2.1 proven -1", "26: \"-1\" is not a number"),
    ] {
        assert!(wrong(line).starts_with(told), "{line}: {}", wrong(line));
    }
}

#[test]
fn what_was_said_of_regions_is_read_as_it_is_written() {
    for line in [
        "region CN blocked in configured passes",
        "region AS4134 passes configured blocked both",
        "region CN configured",
    ] {
        assert_eq!(read(line).to_string(), line);
    }
    assert!(read("region CN passes configured blocked out").stands());
    assert!(!read("region CN configured").stands());
    let told = wrong("region UK passes configured passes");
    assert!(told.contains("did you mean GB"), "{told}");
    let told = wrong("region CN blocked inn configured passes");
    assert!(told.contains("did you mean in?"), "{told}");
    assert!(wrong("region CN passes").contains("is missing"));
}
