// SPDX-License-Identifier: MIT
//! The formats, and the words for them.

use std::fmt;
use std::str::FromStr;

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// As its content shows.
    #[default]
    Auto,
    /// Lines that begin with an address, a prefix or a range.
    Plain,
    /// Lines of an address and on how many lists it was seen.
    Ipsum,
    /// The table of DShield: first address, last address, mask.
    Dshield,
    /// Comma-separated values whose columns have names, as abuse.ch writes them.
    AbuseCsv,
    /// JSON objects, one a line, as Spamhaus writes them.
    SpamhausJson,
    /// Events or attributes of MISP.
    Misp,
    /// Indicators of STIX 2.1, in a bundle or a TAXII 2.1 envelope.
    Stix,
}

/// A format as people name it, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatRow {
    /// Which.
    pub format: Format,
    /// Its word.
    pub word: &'static str,
    /// Further words that are understood.
    pub also: &'static [&'static str],
    /// What it is, in a few words.
    pub about: &'static str,
    /// What is taken, and what is passed over, in sentences.
    pub takes: &'static str,
}

const fn row(
    format: Format,
    [word, about, takes]: [&'static str; 3],
    also: &'static [&'static str],
) -> FormatRow {
    FormatRow {
        format,
        word,
        also,
        about,
        takes,
    }
}

/// Every format; documentation, completion and configuration are made of this.
pub const FORMATS: &[FormatRow] = &[
    row(
        Format::Auto,
        [
            "auto",
            "what the content shows",
            "One of those below, by the first lines.",
        ],
        &[],
    ),
    row(
        Format::Plain,
        [
            "plain",
            "lines that begin with an address, a prefix or a range",
            "`192.0.2.1`, `192.0.2.0/24`, `192.0.2.0/255.255.255.0`, `192.0.2.1-192.0.2.9`, one a line; further columns are \
             passed over, and comments from `#`, `;` or `//` on. FireHOL netsets, Spamhaus DROP as text, the plain lists of \
             abuse.ch, and most others.",
        ],
        &["cidr", "netset", "ipset", "ranges", "feodo", "text"],
    ),
    row(
        Format::Ipsum,
        [
            "ipsum",
            "lines of an address and on how many lists it was seen",
            "An address, a blank, a number. `min_score` passes over those that are on fewer lists.",
        ],
        &[],
    ),
    row(
        Format::Dshield,
        [
            "dshield",
            "the table of DShield: first address, last address, mask",
            "The mask is a length or dotted, and has to agree with the addresses; further columns are passed over.",
        ],
        &[],
    ),
    row(
        Format::AbuseCsv,
        [
            "abuse-csv",
            "comma-separated values with names of columns, as abuse.ch writes them",
            "The names are in the first line, or in a comment above the values: `ioc_value`, `dst_ip`, `ip` and the like. Where \
             there is an `ioc_type`, only addresses are taken. The category is `threat_type` or `malware`; `min_score` is held \
             against `confidence_level`.",
        ],
        &["csv", "threatfox", "sslbl"],
    ),
    row(
        Format::SpamhausJson,
        [
            "spamhaus-json",
            "objects with cidr, one a line, as Spamhaus writes them",
            "The last object says when the list was made and how many there are; a list with another number was cut off, and is \
             refused.",
        ],
        &["spamhaus"],
    ),
    row(
        Format::Misp,
        [
            "misp",
            "events or attributes of MISP",
            "`ip-src`, `ip-dst`, `ip-src|port` and `ip-dst|port` that are marked for detection (`to_ids`), in events, in their \
             objects, or in results of a search. What is deleted or only proposed is passed over.",
        ],
        &[],
    ),
    row(
        Format::Stix,
        [
            "stix",
            "indicators of STIX 2.1, in a bundle or a TAXII 2.1 envelope",
            "Patterns that one address fulfils: `=`, `IN` and `ISSUBSET`, joined by `OR`. `valid_until` ends an entry, \
             `indicator_types` is its category. Those that are revoked, or not of addresses, are passed over; those that ask \
             for more than an address are refused.",
        ],
        &["taxii"],
    ),
];

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = Format::words().collect();
        write!(
            f,
            "{:?} is no format of a list; give one of {}",
            self.0,
            words.join(", ")
        )
    }
}

impl std::error::Error for UnknownFormat {}

impl Format {
    /// The word of each, as it is shown.
    pub fn words() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().map(|row| row.word)
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        let row = FORMATS.iter().find(|row| row.format == self);
        row.map_or("auto", |row| row.word)
    }

    /// Whether its entries have a score that a threshold can be held against.
    #[must_use]
    pub fn has_scores(self) -> bool {
        matches!(self, Self::Auto | Self::Ipsum | Self::AbuseCsv)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |row: &&FormatRow| row.word == text || row.also.contains(&text);
        let row = FORMATS.iter().find(named);
        row.map(|row| row.format)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_word_is_read_as_one_format() {
        let words = FORMATS.iter().flat_map(|row| {
            let all = std::iter::once(&row.word).chain(row.also);
            all.map(|&word| (word, row.format))
        });
        let words: Vec<_> = words.collect();
        for &(word, format) in &words {
            assert_eq!(word.parse(), Ok(format), "{word}");
        }
        let distinct: HashSet<&str> = words.iter().map(|&(word, _)| word).collect();
        assert_eq!(distinct.len(), words.len());
        for row in FORMATS {
            assert_eq!(row.format.word(), row.word);
        }
    }

    #[test]
    fn an_unknown_word_is_told_with_those_that_are_known() {
        let error = "xml".parse::<Format>().expect_err("there is none");
        assert_eq!(
            error.to_string(),
            "\"xml\" is no format of a list; give one of auto, plain, ipsum, dshield, abuse-csv, \
             spamhaus-json, misp, stix"
        );
    }
}
