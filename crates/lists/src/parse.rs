// SPDX-License-Identifier: MIT
//! From the bytes of a file to entries, whatever the format.
//!
//! Nothing is believed here beyond what an address is: whom a list must not name is for
//! [`guard`](crate::guard) to say. A file is read whole or, where a [`ParseFailure`] is returned, not at
//! all; single entries that cannot be read are refused with the line they are on. Whatever the bytes
//! are, nothing panics, time grows with their number alone, and memory is held to the [`Limits`].

mod address;
mod csv;
mod decode;
mod detect;
mod dshield;
mod failure;
mod format;
mod json;
mod misp;
mod mistake;
mod notes;
mod plain;
mod sink;
mod spamhaus;
mod stix;
mod text;

pub use failure::ParseFailure;
pub use format::{FORMATS, Format, FormatRow, UnknownFormat};
pub use mistake::Mistake;
pub use notes::Notes;
pub use plain::write as write_plain;

use crate::entry::Entry;
use crate::refusals::Refusals;
use sink::Sink;

/// How much of a list is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text in bytes, after it is inflated; enforced while it is.
    pub most_bytes: usize,
    /// The most entries.
    pub most_entries: usize,
    /// Entries with a lower score are passed over, in formats that have scores; 0 takes all.
    pub least_score: u32,
}

impl Default for Limits {
    /// Twice as many entries as the largest lists have, in lines of ordinary length.
    fn default() -> Self {
        Self {
            most_bytes: 64 << 20,
            most_entries: 2_000_000,
            least_score: 0,
        }
    }
}

/// What a list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What it was read as, never [`Format::Auto`].
    pub format: Format,
    /// Whether it was compressed with gzip.
    pub compressed: bool,
    /// Its entries, in the order in which they are there.
    pub entries: Vec<Entry>,
    /// What could not be read.
    pub refused: Refusals<Mistake>,
    /// What was meant to be passed over.
    pub skipped: Skipped,
    /// How many entries had bits set beyond their prefix length: the network was taken.
    pub host_bits: u64,
    /// What it says about itself.
    pub notes: Notes,
}

impl Parsed {
    /// What a file says that has no text.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            format: Format::Plain,
            compressed: false,
            entries: Vec::new(),
            refused: Refusals::default(),
            skipped: Skipped::default(),
            host_bits: 0,
            notes: Notes::default(),
        }
    }
}

/// What was meant to be passed over, by its format or by the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// With a score below [`Limits::least_score`].
    pub below_score: u64,
    /// Names, digests and whatever else is no address.
    pub other_kind: u64,
    /// Not meant for detection, or deleted (MISP).
    pub unmarked: u64,
    /// Taken back (STIX).
    pub revoked: u64,
}

impl Skipped {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.below_score + self.other_kind + self.unmarked + self.revoked
    }
}

/// The text of a file of at most `most` bytes, inflated where it is compressed; to be handed on to
/// somebody who takes texts.
///
/// # Errors
/// [`ParseFailure`] where it is no text.
pub fn text(bytes: &[u8], most: usize) -> Result<Vec<u8>, ParseFailure> {
    Ok(decode::text(bytes, most)?.bytes.into_owned())
}

/// Reads a list.
///
/// # Errors
/// [`ParseFailure`] where it is no list, or a larger one than `limits` allow.
pub fn parse(bytes: &[u8], format: Format, limits: &Limits) -> Result<Parsed, ParseFailure> {
    let text = decode::text(bytes, limits.most_bytes)?;
    let format = match format {
        Format::Auto => detect::detect(&text.bytes)?,
        format => format,
    };
    if limits.least_score > 0 && !format.has_scores() {
        return Err(ParseFailure::NoScores(format));
    }
    let read = match format {
        Format::Auto | Format::Plain => plain::read,
        Format::Ipsum => plain::read_scored,
        Format::Dshield => dshield::read,
        Format::AbuseCsv => csv::read,
        Format::SpamhausJson => spamhaus::read,
        Format::Misp => misp::read,
        Format::Stix => stix::read,
    };
    let mut sink = Sink::new(limits, expected(&text.bytes));
    let mut notes = Notes::default();
    read(&text.bytes, &mut sink, &mut notes)?;
    Ok(Parsed {
        format,
        compressed: text.compressed,
        entries: sink.entries,
        refused: sink.refused,
        skipped: sink.skipped,
        host_bits: sink.host_bits,
        notes,
    })
}

/// How many entries a text of lines may come to. No line with an address is shorter than this, so that
/// room is not taken for lines that are not there.
fn expected(text: &[u8]) -> usize {
    const SHORTEST: usize = "1.2.3.4\n".len();
    let lines = memchr::memchr_iter(b'\n', text).count();
    lines.min(text.len() / SHORTEST) + 1
}
