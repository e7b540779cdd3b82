// SPDX-License-Identifier: MIT
//! Lines that begin with an address: plain text, netsets, ranges, and ipsum with its scores.
//!
//! This is the format of lists with half a million entries: a line is read where it lies, and nothing
//! is allocated for it.

use super::address::{self, Named};
use super::notes::Notes;
use super::sink::{Sink, Whence};
use super::text::{comment, first_column, lines};
use super::{Mistake, ParseFailure};
use crate::entry::Entry;
use std::fmt::Write;

/// Reads lines of addresses.
///
/// # Errors
/// [`ParseFailure::TooMany`].
pub(super) fn read(text: &[u8], sink: &mut Sink, notes: &mut Notes) -> Result<(), ParseFailure> {
    each(text, notes, |number, line| {
        let (column, rest) = first_column(line);
        sink.take(named(column, rest), Whence::line(number, line))
    })
}

/// Reads lines of an address and a score.
///
/// # Errors
/// As [`read`].
pub(super) fn read_scored(
    text: &[u8],
    sink: &mut Sink,
    notes: &mut Notes,
) -> Result<(), ParseFailure> {
    each(text, notes, |number, line| {
        let (column, rest) = first_column(line);
        match score(rest) {
            None if sink.least_score > 0 => sink.refuse(number, line, Mistake::Missing),
            Some(score) if score < sink.least_score => sink.skipped.below_score += 1,
            _ => sink.take(named(column, &[]), Whence::line(number, line))?,
        }
        Ok(())
    })
}

/// Entries as lines that `read` reads: addresses, prefixes and ranges, one a line.
#[must_use]
pub fn write(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        // Memory takes everything.
        writeln!(text, "{}", entry.span).unwrap_or_default();
    }
    text
}

/// Whether the line is what ipsum has: an address, a blank, and a number.
pub(super) fn is_scored(line: &[u8]) -> bool {
    let (column, rest) = first_column(line);
    address::read(column).is_ok() && score(rest).is_some()
}

fn each(
    text: &[u8],
    notes: &mut Notes,
    mut take: impl FnMut(u32, &[u8]) -> Result<(), ParseFailure>,
) -> Result<(), ParseFailure> {
    for (number, line) in lines(text) {
        match comment(line) {
            Some(comment) => notes.comment(comment),
            None if line.is_empty() => {}
            None => take(number, line)?,
        }
    }
    Ok(())
}

/// What the first column names, or the range it begins where a hyphen and another address follow.
#[inline]
fn named(column: &[u8], rest: &[u8]) -> Result<Named, Mistake> {
    match rest.trim_ascii_start() {
        [b'-', rest @ ..] => range(column, rest.trim_ascii_start()),
        _ => match column {
            // `1.2.3.0- 1.2.3.9`
            [first @ .., b'-'] => range(first, rest.trim_ascii_start()),
            _ => address::read(column),
        },
    }
}

/// The range from one column to the next, or the first alone where a word follows and no address.
#[cold]
fn range(first: &[u8], rest: &[u8]) -> Result<Named, Mistake> {
    let (last, _) = first_column(rest);
    let means_address = last.first().is_some_and(u8::is_ascii_digit) || last.contains(&b':');
    match means_address {
        true => Ok(address::range(address::address(first)?, address::address(last)?)?.into()),
        false => address::read(first),
    }
}

fn score(rest: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(rest.trim_ascii()).ok()?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    // A number too large for this is above every threshold.
    (digits && !text.is_empty()).then(|| text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use crate::parse::{Format, Limits, parse};

    fn spans(text: &str) -> Vec<String> {
        let parsed = parse(text.as_bytes(), Format::Plain, &Limits::default()).expect("it is text");
        parsed
            .entries
            .iter()
            .map(|entry| entry.span.to_string())
            .collect()
    }

    #[test]
    fn comments_and_columns_of_every_style_are_passed_over() {
        let text = "# a\n; b\n// c\n\n1.1.1.1\n 2.2.2.2\t# d\n3.3.3.3;e\n4.4.4.4 // f\n5.5.5.0/24 , g\n\
                    \t6.6.6.6 7.7.7.7\n2001:db8::1#h\n";
        let expected = [
            "1.1.1.1",
            "2.2.2.2",
            "3.3.3.3",
            "4.4.4.4",
            "5.5.5.0/24",
            "6.6.6.6",
            "2001:db8::1",
        ];
        assert_eq!(spans(text), expected);
    }

    #[test]
    fn a_range_may_have_blanks_and_a_hyphen_may_be_a_dash() {
        for text in [
            "1.0.0.1-1.0.0.9",
            "1.0.0.1 - 1.0.0.9 x",
            "1.0.0.1- 1.0.0.9",
            "1.0.0.1 -1.0.0.9",
        ] {
            assert_eq!(spans(text), ["1.0.0.1-1.0.0.9"], "{text}");
        }
        for text in ["1.0.0.1 - a scanner", "1.0.0.1 -"] {
            assert_eq!(spans(text), ["1.0.0.1"], "{text}");
        }
        for text in [
            "1.0.0.1 - 1.0.0",
            "1.0.0.1 - 01.0.0.2",
            "1.0.0.0/24 - 1.0.1.0",
        ] {
            assert!(spans(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn scores_are_held_against_the_threshold() {
        let text = b"1.0.0.1\t1\n1.0.0.2\t3\n1.0.0.3 9\n1.0.0.4\n1.0.0.5\t99999999999\n";
        let counts = |least_score| {
            let limits = Limits {
                least_score,
                ..Limits::default()
            };
            let parsed = parse(text, Format::Ipsum, &limits).expect("it is text");
            (
                parsed.entries.len(),
                parsed.skipped.below_score,
                parsed.refused.count(),
            )
        };
        assert_eq!(counts(0), (5, 0, 0));
        assert_eq!(counts(3), (3, 1, 1));
    }
}
