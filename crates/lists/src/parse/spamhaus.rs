// SPDX-License-Identifier: MIT
//! Objects, one a line, as Spamhaus writes them: each has `cidr`, but for the last one, which is about
//! the list.

use super::address;
use super::notes::{Notes, seconds};
use super::sink::{Sink, Whence};
use super::text::{comment, lines};
use super::{Mistake, ParseFailure};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Line<'t> {
    #[serde(borrow, default)]
    cidr: Option<Cow<'t, str>>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'t, str>>,
    #[serde(default)]
    timestamp: Option<i64>,
    #[serde(default)]
    records: Option<u64>,
}

/// Reads objects, one a line.
///
/// # Errors
/// [`ParseFailure::Incomplete`] where the list says that there are more or fewer, and
/// [`ParseFailure::TooMany`].
pub(super) fn read(text: &[u8], sink: &mut Sink, notes: &mut Notes) -> Result<(), ParseFailure> {
    let (mut has, mut says) = (0, None);
    for (number, line) in lines(text) {
        if line.is_empty() || comment(line).is_some() {
            continue;
        }
        let Ok(object) = serde_json::from_slice::<Line<'_>>(line) else {
            sink.refuse(number, line, Mistake::Json);
            continue;
        };
        if object.kind.as_deref() == Some("metadata") {
            notes.updated = object.timestamp.and_then(|time| seconds(&time.to_string()));
            says = object.records;
            continue;
        }
        has += 1;
        match &object.cidr {
            Some(cidr) => sink.take(address::read(cidr.as_bytes()), Whence::line(number, line))?,
            // The list of AS numbers has none.
            None => sink.skipped.other_kind += 1,
        }
    }
    match says {
        Some(says) if says != has => Err(ParseFailure::Incomplete { says, has }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Format, Limits, parse};

    #[test]
    fn a_list_that_was_cut_off_is_refused() {
        let cut = b"{\"cidr\":\"1.2.3.0/24\"}\n{\"type\":\"metadata\",\"timestamp\":1785000000,\"records\":2}\n";
        let parsed = parse(cut, Format::SpamhausJson, &Limits::default());
        assert_eq!(parsed, Err(ParseFailure::Incomplete { says: 2, has: 1 }));
    }

    #[test]
    fn a_broken_line_is_one_mistake() {
        let text = b"{\"cidr\":\"1.2.3.0/24\",\"sblid\":\"SBL1\"}\n{\"cidr\":\n{\"asn\":64500}\n{\"cidr\":\"x\"}\n";
        let parsed = parse(text, Format::SpamhausJson, &Limits::default()).expect("it has lines");
        assert_eq!((parsed.entries.len(), parsed.skipped.other_kind), (1, 1));
        assert_eq!(parsed.refused.count_of("json"), 1);
        assert_eq!(parsed.refused.count_of("not_an_address"), 1);
    }
}
