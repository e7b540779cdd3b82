// SPDX-License-Identifier: MIT
//! `[[feeds.source]]`: one list, where it comes from, and what happens to whom it names.
//!
//! [`FIELDS`] is to a source what [`super::KEYS`] is to a file: what can be set, what it may be, and
//! what for. A source of the name of a shipped one begins as that one.

mod fields;
mod read;

use super::choice::choice;
use super::value::Slot;
use super::{Choice, Kind, Value};
use std::fmt;
use std::time::Duration;

pub use fields::FIELDS;
pub(crate) use read::{check, read};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

choice! {
    /// What happens to whom a list names.
    ListAction {
        /// They are dropped.
        #[default]
        Block = "block",
        /// They are counted, and told of: what would have been dropped.
        Alert = "alert",
    }
}

choice! {
    /// Which packets a list is about.
    Direction {
        /// All, either way: nothing from or to whom it names passes.
        #[default]
        Both = "both",
        /// What they begin: the host may still begin something with them.
        In = "in",
        /// What the host begins with them: they may still begin something with it.
        Out = "out",
    }
}

impl Direction {
    /// Everything that either is about.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }

    /// What is left of it without another; `None`: nothing.
    #[must_use]
    pub fn without(self, other: Self) -> Option<Self> {
        match (self, other) {
            (_, Self::Both) => None,
            (Self::Both, Self::In) => Some(Self::Out),
            (Self::Both, Self::Out) => Some(Self::In),
            _ if self == other => None,
            _ => Some(self),
        }
    }
}

choice! {
    /// How a list is written.
    ListFormat {
        /// Found out by looking.
        #[default]
        Auto = "auto",
        /// Addresses, prefixes and ranges, one a line, with any comments.
        Plain = "plain",
        /// One JSON object a line, as Spamhaus has them.
        SpamhausJson = "spamhaus-json",
        /// The table of DShield.
        Dshield = "dshield",
        /// Comma-separated values, as abuse.ch has them.
        AbuseCsv = "abuse-csv",
        /// Addresses with a score, as ipsum has them.
        Ipsum = "ipsum",
        /// An event, or the attributes, of MISP.
        Misp = "misp",
        /// A bundle of STIX 2.1, or an envelope of TAXII 2.1.
        Stix = "stix",
    }
}

/// One list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it is called.
    pub name: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// Where it is fetched from; empty: it is not.
    pub url: String,
    /// The file that it is; empty: it is fetched.
    pub path: String,
    /// How it is written.
    pub format: ListFormat,
    /// What whom it names is said to do; empty: nothing in particular.
    pub category: String,
    /// How often it is asked for.
    pub interval: Duration,
    /// What happens to whom it names.
    pub action: ListAction,
    /// Which of their packets.
    pub direction: Direction,
    /// Entries with a lower score are left out.
    pub min_score: u32,
    /// More entries are too many.
    pub max_entries: u32,
    /// Prefixes of IPv4 may be no wider.
    pub widest_v4: u32,
    /// Prefixes of IPv6 may be no wider.
    pub widest_v6: u32,
    /// Whether nothing in it is a sign of health.
    pub may_be_empty: bool,
    /// Its digest, in hexadecimal digits; empty: any.
    pub sha256: String,
    /// Who has to have signed it; empty: nobody.
    pub minisign: String,
    /// A file with lines that are sent along when it is asked for; empty: none.
    pub headers_file: String,
    /// Who is between, as [`super::Feeds::proxy`]; empty: who is there.
    pub proxy: String,
    /// Whether it may name addresses of special use.
    pub allow_special: bool,
    /// Whether it may come over plain HTTP, which whoever is on the way can change.
    pub allow_http: bool,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            name: String::new(),
            enabled: true,
            url: String::new(),
            path: String::new(),
            format: ListFormat::default(),
            category: String::new(),
            interval: DAY,
            action: ListAction::default(),
            direction: Direction::default(),
            min_score: 0,
            max_entries: 2_000_000,
            widest_v4: 8,
            widest_v6: 19,
            may_be_empty: false,
            sha256: String::new(),
            minisign: String::new(),
            headers_file: String::new(),
            proxy: String::new(),
            allow_special: false,
            allow_http: false,
        }
    }
}

impl Source {
    /// Those that come with Aegis.
    #[must_use]
    pub fn shipped() -> Vec<Self> {
        let source = |name: &str, url: &str, category: &str, interval| Self {
            name: name.to_owned(),
            url: url.to_owned(),
            category: category.to_owned(),
            interval,
            ..Self::default()
        };
        vec![
            source(
                "spamhaus_drop",
                "https://www.spamhaus.org/drop/drop.txt",
                "hijacked",
                DAY,
            ),
            // It names command and control servers that are online now, at times none.
            Self {
                may_be_empty: true,
                ..source(
                    "feodo",
                    "https://feodotracker.abuse.ch/downloads/ipblocklist.csv",
                    "botnet_c2",
                    HOUR,
                )
            },
            source(
                "firehol_level1",
                "https://iplists.firehol.org/files/firehol_level1.netset",
                "attacks",
                DAY,
            ),
        ]
    }

    /// What a list of that name is where nothing is said about it.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let shipped = Self::shipped()
            .into_iter()
            .find(|source| source.name == name);
        shipped.unwrap_or_else(|| Self {
            name: name.to_owned(),
            ..Self::default()
        })
    }

    /// Where it comes from.
    #[must_use]
    pub fn origin(&self) -> &str {
        match self.url.as_str() {
            "" => &self.path,
            url => url,
        }
    }

    /// What its entries are for where they do not say it themselves.
    #[must_use]
    pub fn usual_category(&self) -> &str {
        match self.category.as_str() {
            "" => "listed",
            category => category,
        }
    }
}

impl fmt::Display for Source {
    /// As an inline table of TOML, without what need not be said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut usual = Self::named(&self.name);
        let mut this = self.clone();
        write!(f, "{{ ")?;
        for (at, field) in FIELDS.iter().enumerate() {
            let value = (field.find)(&mut this).read();
            if at == 0 {
                write!(f, "{} = {value}", field.name)?;
            } else if value != (field.find)(&mut usual).read() && !value.is_nothing() {
                write!(f, ", {} = {value}", field.name)?;
            }
        }
        write!(f, " }}")
    }
}

/// Something that can be set of a source.
#[derive(Clone, Copy)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) find: fn(&mut Source) -> Slot<'_>,
    pub(crate) about: &'static str,
}

impl Field {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The value that holds of a list that does not come with Aegis, unless somebody sets another.
    pub(crate) fn default_value(&self) -> Value {
        (self.find)(&mut Source::default()).read()
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests;
