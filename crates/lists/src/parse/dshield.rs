// SPDX-License-Identifier: MIT
//! The table of DShield: first address, last address, mask as a length or dotted, and more columns.

use super::address::{self, Named, address, prefix};
use super::notes::Notes;
use super::sink::{Sink, Whence};
use super::text::{columns, comment, lines};
use super::{Mistake, ParseFailure};

/// Reads the table; a line that names the columns is none of it.
///
/// # Errors
/// [`ParseFailure::TooMany`].
pub(super) fn read(text: &[u8], sink: &mut Sink, notes: &mut Notes) -> Result<(), ParseFailure> {
    for (number, line) in lines(text) {
        match comment(line) {
            Some(comment) => notes.comment(comment),
            None if line.is_empty() || is_heading(line) => {}
            None => sink.take(named(line), Whence::line(number, line))?,
        }
    }
    Ok(())
}

/// Whether the line is a row of the table, or what names its columns.
pub(super) fn is_row(line: &[u8]) -> bool {
    is_heading(line) || named(line).is_ok()
}

fn is_heading(line: &[u8]) -> bool {
    let mut columns = columns(line);
    let mut is = |name: &[u8]| {
        columns
            .next()
            .is_some_and(|column| column.eq_ignore_ascii_case(name))
    };
    is(b"start") && is(b"end")
}

/// All three columns have to agree, as it is not known which of them is wrong if not.
fn named(line: &[u8]) -> Result<Named, Mistake> {
    let mut columns = columns(line);
    let mut column = || columns.next().ok_or(Mistake::Missing);
    let (first, last, mask) = (address(column()?)?, address(column()?)?, column()?);
    let (masked, range) = (prefix(first, mask)?, address::range(first, last)?);
    match masked.span == range {
        true => Ok(masked),
        false => Err(Mistake::Disagreement),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_a_length_or_dotted_and_agrees() {
        let read = |line: &str| named(line.as_bytes()).map(|named| named.span.to_string());
        let net = Ok("198.51.100.0/24".to_owned());
        assert_eq!(read("198.51.100.0\t198.51.100.255\t24\t2076\tNET"), net);
        assert_eq!(read("198.51.100.0  198.51.100.255 255.255.255.0"), net);
        assert_eq!(read("198.51.100.0 198.51.100.255"), Err(Mistake::Missing));
        assert_eq!(
            read("198.51.100.0 198.51.100.255 23"),
            Err(Mistake::Disagreement)
        );
        assert_eq!(
            read("198.51.100.0 198.51.100.255 2076"),
            Err(Mistake::Length)
        );
        assert!(is_row(b"Start\tEnd\tNetmask") && !is_row(b"1.2.3.4 24"));
    }
}
