// SPDX-License-Identifier: MIT
//! MISP (draft-dulaunoy-misp-core-format): attributes of addresses, in events, in objects of events, or
//! as the results of a search.

use super::json::{Wanted, walk};
use super::notes::{Notes, seconds};
use super::sink::{Sink, Whence};
use super::{ParseFailure, address};

const WANTED: Wanted<6> = Wanted {
    members: [
        "type",
        "value",
        "to_ids",
        "deleted",
        "category",
        "publish_timestamp",
    ],
    // What is proposed and not accepted, and other events.
    closed: &[
        "ShadowAttribute",
        "RelatedEvent",
        "RelatedAttribute",
        "Feed",
    ],
};

/// Types of attributes that are taken. The port of one that has it is passed over, as everywhere.
const TYPES: &[&str] = &["ip-src", "ip-dst", "ip-src|port", "ip-dst|port"];

/// Reads attributes; their number is counted from 1.
///
/// # Errors
/// [`ParseFailure::Json`] and [`ParseFailure::TooMany`].
pub(super) fn read(text: &[u8], sink: &mut Sink, notes: &mut Notes) -> Result<(), ParseFailure> {
    let mut number = 0_u32;
    walk(
        text,
        &WANTED,
        |[kind, value, to_ids, deleted, category, published]| {
            let published = seconds(published.text());
            notes.updated = notes.updated.max(published);
            // Objects have a kind of their own, and no value.
            if kind.text().is_empty() || value.text().is_empty() {
                return Ok(());
            }
            number = number.saturating_add(1);
            if !TYPES.contains(&kind.text()) {
                sink.skipped.other_kind += 1;
                return Ok(());
            }
            if !to_ids.is_true() || deleted.is_true() {
                sink.skipped.unmarked += 1;
                return Ok(());
            }
            let named = value.text().split('|').next().unwrap_or_default();
            let whence = Whence {
                line: number,
                text: value.text().as_bytes(),
                category: sink.category(category.text()),
                expires: None,
            };
            sink.take(address::read(named.as_bytes()), whence)
        },
    )
}

#[cfg(test)]
mod tests {
    use crate::parse::{Format, Limits, parse};

    #[test]
    fn attributes_are_found_in_objects_and_results_but_not_among_proposals() {
        let attribute = |value: &str| {
            format!(
                r#"{{"type":"ip-dst","to_ids":true,"value":"{value}","category":"Network activity"}}"#
            )
        };
        let text = format!(
            r#"{{"response":[{{"Event":{{"publish_timestamp":"1785000000","Attribute":[{}],
            "Object":[{{"name":"ip-port","Attribute":[{}]}}],"ShadowAttribute":[{}]}}}}]}}"#,
            attribute("1.2.3.4"),
            attribute("2001:db8::/32|443"),
            attribute("9.9.9.9"),
        );
        for format in [Format::Misp, Format::Auto] {
            let parsed = parse(text.as_bytes(), format, &Limits::default()).expect("it is MISP");
            let spans: Vec<String> = parsed
                .entries
                .iter()
                .map(|entry| entry.span.to_string())
                .collect();
            assert_eq!(spans, ["1.2.3.4", "2001:db8::/32"]);
            assert_eq!(
                parsed.entries[0].category.as_deref(),
                Some("Network activity")
            );
            let updated = parsed.notes.updated.map(|time| time.as_second());
            assert_eq!(updated, Some(1_785_000_000));
        }
    }
}
