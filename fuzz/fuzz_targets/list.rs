// SPDX-License-Identifier: MIT
//! Any file, in every format: refused by a name, or read within the limits, the same each time, and
//! what was read is written and read again.
#![no_main]

use aegis_lists::parse::{FORMATS, Format, Limits, Parsed, parse, write_plain};
use aegis_lists::{Reason, Refusals};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    most_bytes: 1 << 16,
    most_entries: 1_000,
    least_score: 0,
};
const CATEGORIES: usize = 32;

fuzz_target!(|bytes: &[u8]| {
    let found = parse(bytes, Format::Auto, &LIMITS);
    if let Ok(parsed) = &found {
        assert_eq!(parse(bytes, parsed.format, &LIMITS).as_ref(), Ok(parsed));
    }
    for row in FORMATS {
        match parse(bytes, row.format, &LIMITS) {
            Ok(parsed) => read(bytes, &parsed),
            Err(failure) => shown(&failure.to_string()),
        }
    }
});

fn read(bytes: &[u8], parsed: &Parsed) {
    assert_ne!(parsed.format, Format::Auto);
    assert!(parsed.entries.len() <= LIMITS.most_entries);
    // Nothing comes from nothing: the shortest address is `::`.
    let most = if parsed.compressed {
        LIMITS.most_bytes
    } else {
        bytes.len()
    };
    assert!(parsed.entries.len() <= most / 2);
    let mut categories: Vec<_> = parsed
        .entries
        .iter()
        .filter_map(|entry| entry.category.as_deref())
        .collect();
    categories.sort_unstable();
    categories.dedup();
    assert!(categories.len() <= CATEGORIES);
    categories.into_iter().for_each(shown);
    bounded(&parsed.refused);
    let text = format!("#\n{}", write_plain(&parsed.entries));
    let again = parse(text.as_bytes(), Format::Plain, &LIMITS).expect("it was written");
    let spans = |parsed: &Parsed| {
        parsed
            .entries
            .iter()
            .map(|entry| entry.span)
            .collect::<Vec<_>>()
    };
    assert_eq!(spans(&again), spans(parsed));
    assert_eq!((again.refused.count(), again.host_bits), (0, 0));
}

fn bounded<W: Reason>(refused: &Refusals<W>) {
    for group in refused.groups() {
        assert!(
            group.count >= group.first.len() as u64 && group.first.len() <= Refusals::<W>::KEPT
        );
        for refused in &group.first {
            assert!(refused.text.chars().count() <= Refusals::<W>::LONGEST_TEXT + 1);
            shown(&refused.text);
            shown(&refused.why.sentence());
        }
    }
}

/// One line that a terminal does not act on.
fn shown(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
