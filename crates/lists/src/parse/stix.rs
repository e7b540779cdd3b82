// SPDX-License-Identifier: MIT
//! Indicators of STIX 2.1, in a bundle or in envelopes of TAXII 2.1, one after the other: the same objects
//! in either.

mod pattern;

use super::json::{Texts, Wanted, walk_texts};
use super::notes::{Notes, time};
use super::sink::{Sink, Whence};
use super::{Mistake, ParseFailure, address};
use pattern::Pattern;

const WANTED: Wanted<8> = Wanted {
    members: [
        "type",
        "pattern",
        "pattern_type",
        "valid_until",
        "revoked",
        "indicator_types",
        "labels",
        "more",
    ],
    closed: &["extensions", "external_references", "granular_markings"],
};

/// Reads indicators; objects are counted from 1.
///
/// # Errors
/// [`ParseFailure::Json`] and [`ParseFailure::TooMany`].
pub(super) fn read(text: &[u8], sink: &mut Sink, notes: &mut Notes) -> Result<(), ParseFailure> {
    let mut number = 0_u32;
    walk_texts(text, (&WANTED, Texts::Several), |members| {
        let [kind, pattern, language, until, revoked, types, labels, more] = members;
        // The last one is the last envelope.
        notes.more = more.is_true();
        if kind.text().is_empty() || kind.text() == "bundle" {
            return Ok(());
        }
        number = number.saturating_add(1);
        if kind.text() != "indicator" || !matches!(language.text(), "" | "stix") {
            sink.skipped.other_kind += 1;
            return Ok(());
        }
        if revoked.is_true() {
            sink.skipped.revoked += 1;
            return Ok(());
        }
        let named = [types, labels]
            .into_iter()
            .find(|names| !names.text().is_empty());
        let category = named.and_then(|names| sink.category(names.text()));
        let whence = || Whence {
            line: number,
            text: pattern.text().as_bytes(),
            category: category.clone(),
            expires: time(until.text()),
        };
        indicator(Pattern::read(pattern.text()), sink, whence)
    })
}

fn indicator<'t>(
    pattern: Result<Pattern<'_>, Mistake>,
    sink: &mut Sink,
    whence: impl Fn() -> Whence<'t>,
) -> Result<(), ParseFailure> {
    match pattern {
        Err(mistake) => sink.take(Err(mistake), whence()),
        Ok(pattern) if pattern.values.is_empty() => {
            sink.skipped.other_kind += 1;
            Ok(())
        }
        Ok(pattern) => pattern
            .values
            .iter()
            .try_for_each(|value| sink.take(address::read(value.as_bytes()), whence())),
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::{Format, Limits, parse};

    const ENVELOPE: &str = r#"{"more":true,"next":"2","objects":[
        {"type":"identity","name":"x"},
        {"type":"indicator","pattern":"[ipv4-addr:value = '1.2.3.4']","pattern_type":"stix",
         "valid_until":"2026-12-01T00:00:00.000Z","indicator_types":["malicious-activity"]},
        {"type":"indicator","pattern":"[ipv4-addr:value ISSUBSET '5.6.7.0/24' OR ipv6-addr:value = '2001:db8::1']"},
        {"type":"indicator","pattern":"[ipv4-addr:value = '9.9.9.9']","revoked":true},
        {"type":"indicator","pattern":"alert tcp 9.9.9.9 any","pattern_type":"snort"},
        {"type":"indicator","pattern":"[domain-name:value = 'example.org']"},
        {"type":"indicator","pattern":"[ipv4-addr:value = '9.9.9.9' AND file:size > 5]"},
        {"type":"ipv4-addr","value":"9.9.9.9"}]}"#;

    #[test]
    fn indicators_of_addresses_are_taken_and_nothing_else() {
        for format in [Format::Stix, Format::Auto] {
            let parsed =
                parse(ENVELOPE.as_bytes(), format, &Limits::default()).expect("it is STIX");
            let spans: Vec<String> = parsed
                .entries
                .iter()
                .map(|entry| entry.span.to_string())
                .collect();
            assert_eq!(spans, ["1.2.3.4", "5.6.7.0/24", "2001:db8::1"]);
            let first = &parsed.entries[0];
            assert_eq!(
                (first.line, first.category.as_deref()),
                (2, Some("malicious-activity"))
            );
            let until = first.expires.map(|until| until.to_string());
            assert_eq!(until.as_deref(), Some("2026-12-01T00:00:00Z"));
            assert_eq!(
                (parsed.entries[1].line, parsed.entries[1].expires),
                (3, None)
            );
            assert_eq!((parsed.skipped.revoked, parsed.skipped.other_kind), (1, 4));
            assert_eq!(parsed.refused.count_of("pattern"), 1);
            assert!(parsed.notes.more);
        }
    }

    #[test]
    fn of_pages_one_after_the_other_the_last_one_says_whether_there_is_more() {
        let page = |more, address| {
            format!(
                r#"{{"objects":[{{"type":"indicator","pattern":"[ipv4-addr:value = '{address}']",
                    "kill_chain_phases":[{{"phase_name":"x"}}]}}],"more":{more}}}"#
            )
        };
        let read = |pages: &[String]| {
            let text = pages.join("\n");
            let parsed = parse(text.as_bytes(), Format::Stix, &Limits::default());
            parsed.map(|parsed| (parsed.entries.len(), parsed.notes.more))
        };
        let (first, last) = (page(true, "1.2.3.4"), page(false, "5.6.7.8"));
        assert_eq!(read(&[first.clone(), last.clone()]), Ok((2, false)));
        assert_eq!(read(&[last.clone(), first.clone()]), Ok((2, true)));
        let torn = last[..last.len() - 1].to_owned();
        assert!(read(&[first.clone(), torn]).is_err());
        assert!(read(&[first, "x".to_owned()]).is_err());
    }
}
