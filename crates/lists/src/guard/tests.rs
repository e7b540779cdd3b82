// SPDX-License-Identifier: MIT
//! Whom lists may name.

use super::*;
use crate::parse::{Format, Limits, parse};
use proptest::prelude::*;

fn entries(text: &str) -> Vec<Entry> {
    let parsed = parse(text.as_bytes(), Format::Plain, &Limits::default());
    parsed.expect("they are entries").entries
}

fn span(text: &str) -> IpSpan {
    entries(text)[0].span
}

fn sifted(rules: &Rules, text: &str) -> Sifted {
    Guard::new(rules).sift(entries(text), Timestamp::UNIX_EPOCH)
}

fn spans(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.span.to_string()).collect()
}

/// What became of one entry: what is left, and why the rest is not.
fn fate(rules: &Rules, text: &str) -> (Vec<String>, Option<&'static str>) {
    let sifted = sifted(rules, text);
    let groups = sifted.refused.groups().iter().chain(sifted.carved.groups());
    let label = groups.map(|group| group.label()).next();
    (spans(&sifted.kept), label)
}

#[test]
fn what_nobody_on_the_internet_has_is_refused() {
    for text in [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.1",
        "169.254.169.254",
        "172.31.0.0/16",
        "192.0.2.7",
        "192.168.1.1",
        "198.18.0.0/15",
        "224.0.0.1",
        "240.0.0.0/8",
        "255.255.255.255",
        "::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2001::/32",
        "2001:db8::/32",
        "2002:808:808::1",
        "4000::/32",
        "fd00::/32",
        "fe80::1",
        "ff02::1",
    ] {
        assert_eq!(
            fate(&Rules::default(), text),
            (vec![], Some("special_use")),
            "{text}"
        );
        let asked = Rules {
            special: Take::Allowed,
            ..Rules::default()
        };
        assert_eq!(fate(&asked, text), (vec![text.to_owned()], None), "{text}");
    }
}

#[test]
fn of_what_is_too_much_no_pieces_are_left() {
    let rules = Rules {
        most: Weight { v4: 130, v6: 0 },
        ..Rules::default()
    };
    // With two public resolvers in it.
    let sifted = sifted(&rules, "77.88.8.0/24\n5.0.0.0/25\n5.0.1.1\n");
    assert_eq!(spans(&sifted.kept), ["5.0.0.0/25", "5.0.1.1"]);
    assert_eq!(sifted.refused.count_of("too_much"), 1);
    assert_eq!((sifted.carved.count(), sifted.covered.v4), (0, 129));
}

#[test]
fn everybody_and_more_than_a_registry_gives_are_refused() {
    let rules = Rules::default();
    for (text, label) in [
        ("0.0.0.0/0", "everything"),
        ("::/0", "everything"),
        ("0.0.0.0-255.255.255.254", "too_wide"),
        ("64.0.0.0/7", "too_wide"),
        ("2400::/18", "too_wide"),
        ("1.1.1.1", "public_service"),
        ("2001:4860:4860::8888", "public_service"),
    ] {
        assert_eq!(fate(&rules, text), (vec![], Some(label)), "{text}");
    }
    for text in ["64.0.0.0/8", "2400::/19", "8.8.8.7"] {
        assert_eq!(fate(&rules, text), (vec![text.to_owned()], None), "{text}");
    }
}

#[test]
fn whom_this_host_needs_is_cut_out_of_what_is_wider() {
    let rules = Rules {
        protected: vec![
            (Role::Own, span("5.6.7.8")),
            (Role::Gateway, span("5.6.7.1")),
            (Role::Allowlist, span("5.6.8.0/24")),
            (Role::Resolver, span("2400:1::53")),
        ],
        ..Rules::default()
    };
    for (text, kept, label) in [
        ("5.6.7.8", &[][..], "own_address"),
        ("5.6.7.1", &[], "gateway"),
        ("5.6.8.0/25", &[], "allowlist"),
        (
            "5.6.7.0/28",
            &["5.6.7.0", "5.6.7.2-5.6.7.7", "5.6.7.9-5.6.7.15"],
            "gateway",
        ),
        ("5.6.8.0/23", &["5.6.9.0/24"], "allowlist"),
        ("2400:1::52/127", &["2400:1::52"], "resolver"),
        ("5.6.8.250-5.6.9.1", &["5.6.9.0/31"], "allowlist"),
    ] {
        let kept: Vec<String> = kept.iter().map(|&text| text.to_owned()).collect();
        assert_eq!(fate(&rules, text), (kept, Some(label)), "{text}");
    }
    let sifted = sifted(&rules, "5.6.7.0/28");
    assert_eq!((sifted.refused.count(), sifted.carved.count()), (0, 2));
    assert_eq!(
        sifted.carved.groups()[0].first[0].text,
        "5.6.7.1 of 5.6.7.0/28"
    );
    assert_eq!(sifted.covered.v4, 14);
    assert!(sifted.kept.iter().all(|entry| entry.line == 1));
}

#[test]
fn whom_this_host_needs_goes_before_what_is_special() {
    let rules = Rules {
        protected: vec![(Role::Gateway, span("10.0.0.1"))],
        ..Rules::default()
    };
    assert_eq!(fate(&rules, "10.0.0.1").1, Some("gateway"));
    assert_eq!(fate(&rules, "10.0.0.2").1, Some("special_use"));
    assert_eq!(fate(&rules, "10.0.0.0/24"), (vec![], Some("special_use")));
    let sentence = Why::Special(&SPECIAL[1]);
    use crate::refusals::Reason;
    assert_eq!(
        sentence.sentence(),
        "nobody on the Internet has it: private network (RFC 1918)"
    );
}

#[test]
fn what_has_expired_is_refused_and_what_covers_too_much_loses_its_widest() {
    let now = Timestamp::from_second(1_000).expect("it is a time");
    let mut listed = entries("5.0.0.1\n5.0.0.2");
    listed[0].expires = Some(now);
    let sifted = Guard::new(&Rules::default()).sift(listed, now);
    assert_eq!(spans(&sifted.kept), ["5.0.0.2"]);
    assert_eq!(sifted.refused.count_of("expired"), 1);
    let many: String = (30..48).map(|first| format!("{first}.0.0.0/8\n")).collect();
    let sifted = self::sifted(&Rules::default(), &format!("{many}5.0.0.1\n"));
    assert_eq!(spans(&sifted.kept), ["5.0.0.1"]);
    assert_eq!(sifted.refused.count_of("too_much"), 18);
}

/// Numbers close to each other, so that ranges meet.
fn near() -> impl Strategy<Value = Span<u32>> {
    (0_u32..300, 0_u32..60).prop_map(|(first, size)| {
        let first = (8 << 24) + first;
        let last = first + size;
        Span { first, last }
    })
}

proptest! {
    #[test]
    fn every_address_is_kept_unless_something_speaks_against_it(
        listed in prop::collection::vec(near(), 0..12),
        guarded in prop::collection::vec(near(), 0..12),
    ) {
        let rules = Rules {
            protected: guarded.iter().map(|span| (Role::Own, IpSpan::V4(*span))).collect(),
            ..Rules::default()
        };
        let entry = |(at, span): (usize, &Span<u32>)| Entry {
            span: IpSpan::V4(*span),
            category: None,
            expires: None,
            line: at as u32,
        };
        let entries: Vec<Entry> = listed.iter().enumerate().map(entry).collect();
        let sifted = Guard::new(&rules).sift(entries, Timestamp::UNIX_EPOCH);
        let mut count = 0;
        for address in (8 << 24)..(8 << 24) + 400 {
            let among = |spans: &[Span<u32>]| spans.iter().any(|span| span.contains(address));
            let kept = sifted.kept.iter().any(|entry| match entry.span {
                IpSpan::V4(span) => span.contains(address),
                IpSpan::V6(_) => false,
            });
            prop_assert_eq!(kept, among(&listed) && !among(&guarded));
            count += u64::from(kept);
        }
        prop_assert_eq!(sifted.covered.v4, count);
    }
}
