// SPDX-License-Identifier: MIT
//! A file of each format, as its publisher lays it out: what it is found to be, and what it comes to.

use aegis_lists::parse::{Format, Limits, Parsed, parse, write_plain};
use aegis_lists::{Entry, IpSpan, Span};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

fn bytes(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn read(name: &str) -> Parsed {
    let parsed = parse(&bytes(name), Format::Auto, &Limits::default());
    parsed.unwrap_or_else(|failure| panic!("{name}: {failure}"))
}

fn spans(parsed: &Parsed) -> Vec<String> {
    parsed
        .entries
        .iter()
        .map(|entry| entry.span.to_string())
        .collect()
}

#[test]
fn every_format_is_found_out_and_read() {
    let nets = &["198.51.100.0/24", "203.0.113.0/24"][..];
    let hosts = &["198.51.100.7", "203.0.113.9"][..];
    for (name, format, expected) in [
        ("bom_crlf.txt", Format::Plain, &["9.8.7.6", "9.8.7.7"][..]),
        ("dshield_block.txt", Format::Dshield, nets),
        ("emerging_block_ips.txt", Format::Plain, nets),
        (
            "firehol.netset",
            Format::Plain,
            &["0.0.0.0/8", "10.0.0.0/8", "198.51.100.7", "203.0.113.0/24"],
        ),
        ("misp_event.json", Format::Misp, hosts),
        (
            "threatfox.csv",
            Format::AbuseCsv,
            &["203.0.113.25", "2001:db8::7"],
        ),
        ("feodo.csv", Format::AbuseCsv, hosts),
        ("sslbl.csv", Format::AbuseCsv, hosts),
        (
            "spamhaus_drop.json",
            Format::SpamhausJson,
            &["198.51.100.0/24", "203.0.113.0/25", "2001:db8:7::/48"],
        ),
        (
            "stix_bundle.json",
            Format::Stix,
            &["198.51.100.7", "203.0.113.0/24", "2001:db8::7"],
        ),
        (
            "taxii_envelope.json",
            Format::Stix,
            &["198.51.100.7", "198.51.100.8"],
        ),
        (
            "ipsum.txt",
            Format::Ipsum,
            &["198.51.100.7", "203.0.113.9", "192.0.2.1"],
        ),
        (
            "ipsum.txt.gz",
            Format::Ipsum,
            &["198.51.100.7", "203.0.113.9", "192.0.2.1"],
        ),
        (
            "ranges.txt",
            Format::Plain,
            &[
                "198.51.100.0/24",
                "198.51.100.9-198.51.100.17",
                "2001:db8::/120",
                "203.0.113.9",
            ],
        ),
    ] {
        let parsed = read(name);
        assert_eq!(parsed.format, format, "{name}");
        assert_eq!(spans(&parsed), expected, "{name}");
        assert_eq!(parsed.refused.count(), 0, "{name}: {:?}", parsed.refused);
        let named = parse(&bytes(name), format, &Limits::default());
        assert_eq!(
            named.as_ref(),
            Ok(&parsed),
            "{name}: the same where the format is named"
        );
    }
}

#[test]
fn what_a_file_says_besides_addresses_is_kept() {
    assert!(read("ipsum.txt.gz").compressed && !read("ipsum.txt").compressed);
    let misp = read("misp_event.json");
    assert_eq!((misp.skipped.unmarked, misp.skipped.other_kind), (1, 1));
    let stix = read("stix_bundle.json");
    assert_eq!((stix.skipped.revoked, stix.skipped.other_kind), (1, 2));
    assert!(stix.entries[0].expires.is_some() && !stix.notes.more);
    assert!(read("taxii_envelope.json").notes.more);
    let category = |name: &str| read(name).entries[0].category.as_deref().map(str::to_owned);
    assert_eq!(category("threatfox.csv").as_deref(), Some("botnet_cc"));
    assert_eq!(category("feodo.csv").as_deref(), Some("Emotet"));
    assert_eq!(
        category("misp_event.json").as_deref(),
        Some("Network activity")
    );
    let updated = |name: &str| read(name).notes.updated.map(|time| time.to_string());
    for (name, time) in [
        ("dshield_block.txt", "2026-07-14T20:45:40Z"),
        ("feodo.csv", "2026-07-14T20:45:40Z"),
        ("ipsum.txt", "2026-08-22T01:00:29Z"),
        ("spamhaus_drop.json", "2026-07-14T21:00:00Z"),
    ] {
        assert_eq!(updated(name).as_deref(), Some(time), "{name}");
    }
    let lines: Vec<u32> = read("feodo.csv")
        .entries
        .iter()
        .map(|entry| entry.line)
        .collect();
    assert_eq!(lines, [7, 8]);
}

#[test]
fn a_threshold_passes_over_what_is_below_it() {
    let above = |name: &str, least_score| {
        let limits = Limits {
            least_score,
            ..Limits::default()
        };
        parse(&bytes(name), Format::Auto, &limits)
            .map(|parsed| (parsed.entries.len(), parsed.skipped.below_score))
    };
    assert_eq!(above("ipsum.txt", 3), Ok((2, 1)));
    assert_eq!(above("threatfox.csv", 80), Ok((1, 1)));
    let none = above("firehol.netset", 3).expect_err("it has no scores");
    assert_eq!(none.label(), "no_scores");
}

#[test]
fn poison_is_refused_line_by_line() {
    let parsed = read("poison.txt");
    let refused = |label: &str| {
        let groups = parsed.refused.groups().iter();
        let such = groups.filter(|group| group.label() == label);
        such.flat_map(|group| group.first.iter().map(|refused| refused.text.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(refused("leading_zero"), ["010.0.0.1"]);
    assert_eq!(refused("prefix_length"), ["1.2.3.4/33"]);
    assert_eq!(
        refused("not_an_address"),
        [
            "1.2.3",
            "0x7f000001",
            "\u{ff19}.9.9.9",
            "<html><head><title>503</title>"
        ]
    );
    assert_eq!(parsed.refused.count(), 6);
    assert_eq!(parsed.entries.len(), 22);
    assert_eq!(parsed.host_bits, 2);
}

#[test]
fn more_than_the_limits_allow_is_nothing() {
    let limits = Limits {
        most_entries: 3,
        ..Limits::default()
    };
    let failed = |name: &str, limits: &Limits| {
        parse(&bytes(name), Format::Auto, limits).map_err(|failure| failure.label())
    };
    assert_eq!(failed("firehol.netset", &limits).map(drop), Err("too_many"));
    assert_eq!(
        failed("ipsum.txt", &limits).map(|parsed| parsed.entries.len()),
        Ok(3)
    );
    let limits = Limits {
        most_bytes: 20,
        ..Limits::default()
    };
    assert_eq!(
        failed("firehol.netset", &limits).map(drop),
        Err("too_large")
    );
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let v4 = (any::<u32>(), any::<u32>()).prop_map(|(one, other)| {
        IpSpan::V4(Span {
            first: one.min(other),
            last: one.max(other),
        })
    });
    let prefix = (any::<u128>(), 0_u32..128).prop_map(|(address, free)| {
        let free = (1_u128 << free) - 1;
        IpSpan::V6(Span {
            first: address & !free,
            last: address | free,
        })
    });
    let entry = |span| Entry {
        span,
        category: None,
        expires: None,
        line: 0,
    };
    prop_oneof![v4, prefix].prop_map(entry)
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(mut entries in prop::collection::vec(any_entry(), 0..40)) {
        entries.iter_mut().zip(1..).for_each(|(entry, line)| entry.line = line);
        // A list without a word is none.
        let text = format!("{}#\n", write_plain(&entries));
        let parsed = parse(text.as_bytes(), Format::Plain, &Limits::default()).expect("it was written");
        prop_assert_eq!(parsed.entries, entries);
    }
}
