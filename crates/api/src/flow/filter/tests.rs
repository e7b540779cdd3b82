// SPDX-License-Identifier: MIT
//! Filters of connections as they are typed.

use super::*;
use proptest::option;
use proptest::prelude::*;

fn filter(line: &str) -> FlowFilter {
    line.parse().expect(line)
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_line_is_the_filter_that_its_words_say() {
    let line = "country:ru port:22 state:syn 192.0.2.0/24 as:4134 proto:tcp dir:in verdict:drop";
    let expected = FlowFilter {
        country: text("ru"),
        port: text("22"),
        state: text("syn"),
        peer: text("192.0.2.0/24"),
        asn: text("4134"),
        proto: text("tcp"),
        direction: text("in"),
        verdict: text("drop"),
        ..FlowFilter::default()
    };
    assert_eq!(filter(line), expected);
    assert_eq!(filter("  "), FlowFilter::default());
    assert_eq!(filter("CC:de,fr AS:as1,AS2").country, text("de,fr"));
    let both = filter("port:1-1024,8080 !port:22 -dst:192.0.2.1,::1 -x \"a b\"");
    assert_eq!(both.port, text("1-1024,8080,!22"));
    assert_eq!(both.dst, text("!192.0.2.1,!::1"));
    assert_eq!(both.text, text("-x \"a b\""));
}

#[test]
fn what_may_become_a_key_does_not_count_yet() {
    let settled = FlowFilter::settled;
    for begun in ["x c", "x CoUn", "x country", "x as", "x -as", "x -"] {
        assert_eq!(settled(begun), "x", "{begun}");
    }
    for line in ["", "country:", "countries", "x 192", "c "] {
        assert_eq!(settled(line), line);
    }
}

#[test]
fn what_is_no_key_is_looked_for_in_what_is_shown() {
    let of = |line| filter(line).text.expect("a text");
    assert_eq!(of("telekom 192.0.2"), "telekom 192.0.2");
    for typed in [
        "2001:db8:",
        "fe80::",
        "dead:beef",
        "192.0.2.1:44",
        "[2001:db8::1]:443",
        "tcp/192.0.2.1:",
        ":22",
        "text:port",
    ] {
        let text = filter(typed).text;
        let peer = filter(typed).peer;
        assert!(text.is_some() || peer.is_some(), "{typed}");
    }
    assert_eq!(filter("2001:db8::1").peer.as_deref(), Some("2001:db8::1"));
}

#[test]
fn a_word_that_makes_no_sense_is_named_with_what_would() {
    for (line, part) in [
        ("port:22 colour:red", "keys are country, asn, port"),
        ("process:python", "\"process\" is no key"),
        ("as:x", "is a number"),
        ("verdict:up", "pass, drop, free"),
        ("state:a\"b c\"", "letters"),
        ("src:here", "an address or prefix"),
    ] {
        let refused = line.parse::<FlowFilter>().expect_err(line).to_string();
        assert!(refused.contains(part), "{refused}");
    }
    let twice = filter("port:22").with_line("x port:23").expect_err("both");
    assert!(twice.to_string().starts_with("\"port:23\": port is there"));
    let (sense, wrong) = FlowFilter::of_sense("port:22 nation:ru");
    assert_eq!(sense.to_string(), "port:22");
    assert!(wrong.is_some());
}

#[test]
fn what_is_shown_is_read_as_the_same() {
    let line = "2001:db8::/32 telekom -x \"a b\" country:ru,cn -country:us asn:4134 port:22,80-90 \
                state:syn proto:tcp dir:in verdict:drop src:192.0.2.1 -dst:198.51.100.0/24";
    let read = filter(line);
    assert_eq!(filter(&read.to_string()), read);
    assert_eq!(FlowFilter::default().to_string(), "");
}

/// Values of a key as a request has them.
fn values(one: &'static str) -> impl Strategy<Value = Option<String>> {
    let several = || prop::collection::vec(one, 0..3);
    let both = (several(), several()).prop_map(|(wanted, unwanted)| {
        let unwanted = unwanted.iter().map(|value| format!("!{value}"));
        let values: Vec<String> = wanted.into_iter().chain(unwanted).collect();
        (!values.is_empty()).then(|| values.join(","))
    });
    option::of(both).prop_map(Option::flatten)
}

prop_compose! {
    fn filters()(
        state in values("[a-z_]{1,8}"),
        proto in values("tcp|udp|47"),
        nets in [values("192\\.0\\.2\\.[1-9]|2001:db8::/32"), values("10\\.0\\.0\\.0/8"), values("::1")],
        port in values("[1-9][0-9]{0,3}|[1-9]-[1-9][0-9]"),
        country in values("[a-zA-Z]{2}"),
        asn in values("(AS)?[1-9][0-9]{0,4}"),
        direction in values("in|out|unknown"),
        verdict in values("drop|pass|ban"),
        texts in prop::collection::vec("-?(telekom|tcp/|\"a b\"|\"port:22\")", 0..3),
    ) -> FlowFilter {
        let [src, dst, peer] = nets;
        let text = (!texts.is_empty()).then(|| texts.join(" "));
        FlowFilter { state, proto, src, dst, peer, port, country, asn, direction, verdict, text }
    }
}

proptest! {
    #[test]
    fn a_line_says_everything_of_a_filter(filter in filters()) {
        prop_assert_eq!(filter.to_string().parse::<FlowFilter>(), Ok(filter));
    }

    #[test]
    fn a_filter_says_everything_of_a_line(line in "\\PC{0,40}") {
        let (filter, _) = FlowFilter::of_sense(&line);
        prop_assert_eq!(filter.to_string().parse::<FlowFilter>(), Ok(filter));
    }
}
