// SPDX-License-Identifier: MIT
//! Why a file is no list at all.

use super::Format;
use thiserror::Error;

/// Why nothing of a file is taken. The copy of before goes on to hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseFailure {
    /// There is nothing in it.
    #[error("the list is empty: it has no text at all")]
    Empty,
    /// What servers send in place of what was asked for.
    #[error(
        "the list is a web page (HTML or XML): what sent it may want a login or be out of order; look at the address in a browser"
    )]
    Markup,
    /// Text in units of two or four bytes.
    #[error("the list is in {0}: convert it to UTF-8")]
    Encoding(&'static str),
    /// No text.
    #[error(
        "the list is {0}, not text: give the address of the list itself, plain or compressed with gzip"
    )]
    Binary(&'static str),
    /// What gzip says.
    #[error("the list cannot be decompressed: {0}; fetch it again")]
    Gzip(String),
    /// Too long.
    #[error(
        "the list is longer than {most} bytes once it is inflated: if that is meant, raise feeds.max_download_bytes, of which that is sixteen times as many"
    )]
    TooLarge {
        /// The limit.
        most: usize,
    },
    /// Too many entries.
    #[error(
        "the list has more than {most} entries: if that is meant, raise max_entries of its source"
    )]
    TooMany {
        /// The limit.
        most: usize,
    },
    /// Broken JSON.
    #[error("line {line}, column {column}: the JSON is broken: {what}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// JSON without a known shape.
    #[error(
        "the list is JSON of an unknown shape: name its format ({})",
        "spamhaus-json, misp or stix"
    )]
    UnknownJson,
    /// A table without the names that tell where its addresses are.
    #[error(
        "no column of the list is known to hold addresses: the first line, or the last comment before the values, has to name one ioc_value, dst_ip or ip"
    )]
    NoAddressColumn,
    /// Cut off on its way.
    #[error(
        "the list is not whole: it says that it has {says} entries, and has {has}; fetch it again"
    )]
    Incomplete {
        /// As the list says.
        says: u64,
        /// Those that came.
        has: u64,
    },
    /// A threshold for what is not there.
    #[error(
        "min_score is set, but a list in the format {0} has no scores: leave it out, or name another format"
    )]
    NoScores(Format),
}

impl ParseFailure {
    /// A stable word, for programs and for counting.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Markup => "markup",
            Self::Encoding(_) => "encoding",
            Self::Binary(_) => "binary",
            Self::Gzip(_) => "gzip",
            Self::TooLarge { .. } => "too_large",
            Self::TooMany { .. } => "too_many",
            Self::Json { .. } => "json",
            Self::UnknownJson => "unknown_json",
            Self::NoAddressColumn => "no_address_column",
            Self::Incomplete { .. } => "incomplete",
            Self::NoScores(_) => "no_scores",
        }
    }
}
