// SPDX-License-Identifier: MIT
//! Filters as people type them, `country:ru port:22 state:syn 192.0.2.0/24`, and the way back.

use super::FlowFilter;
use crate::Standing;
use crate::filter::{Choice, FilterError, Key, Keys, Kind, Terms, Text, settled};
use std::fmt;
use std::str::FromStr;

const KEYS: Keys = &[
    Key::COUNTRY,
    Key::SYSTEM,
    Key::PORT,
    Key::new(&["state"], Kind::Name),
    Key::PROTOCOL,
    Key::new(
        &["dir", "direction"],
        Kind::OneOf(&["in", "out", "unknown"]),
    ),
    Key::new(&["verdict"], Kind::OneOf(FlowFilter::VERDICTS)),
    Key::PEER,
    Key::new(&["src", "source"], Kind::Net),
    Key::new(&["dst", "destination"], Kind::Net),
    Key::new(&["text"], Kind::Text),
];

/// As [`FlowFilter::with_line`], of one line.
impl FromStr for FlowFilter {
    type Err = FilterError;

    fn from_str(line: &str) -> Result<Self, FilterError> {
        Self::default().with_line(line)
    }
}

/// A line that is read as the same filter.
impl fmt::Display for FlowFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.terms().shown(KEYS))
    }
}

impl FlowFilter {
    /// What `verdict` may be: what becomes of the packets of a connection, and how its peer stands.
    pub const VERDICTS: &'static [&'static str] = &[
        "pass",
        "drop",
        Standing::Free.label(),
        Standing::Allowlisted.label(),
        Standing::Banned.label(),
        Standing::Listed.label(),
        Standing::BannedInPart.label(),
        Standing::CoolingDown.label(),
    ];

    /// The filter with what a line says: `KEY:VALUE`, an address or prefix, which is the peer's, or anything
    /// else, which is part of what is shown. What a value means is not looked into where only the daemon
    /// knows.
    ///
    /// # Errors
    /// The first word that makes no sense, and why; a key that is there already is wrong, too.
    pub fn with_line(self, line: &str) -> Result<Self, FilterError> {
        match self.terms().with(KEYS, line) {
            (terms, None) => Ok(Self::of(&terms)),
            (_, Some(error)) => Err(error),
        }
    }

    /// The filter that those words of a line make that make sense, and the first that does not.
    #[must_use]
    pub fn of_sense(line: &str) -> (Self, Option<FilterError>) {
        let (terms, wrong) = Terms::default().with(KEYS, line);
        (Self::of(&terms), wrong)
    }

    /// What of a line that is being typed counts: not a last word that may become something else.
    #[must_use]
    pub fn settled(line: &str) -> &str {
        settled(KEYS, line)
    }

    fn of(terms: &Terms) -> Self {
        let mut filter = Self::default();
        for (key, choice) in &terms.keys {
            *filter.part(key) = Some(choice.to_string());
        }
        let texts: Vec<String> = terms.texts.iter().map(|text| text.shown(KEYS)).collect();
        filter.text = (!texts.is_empty()).then(|| texts.join(" "));
        filter
    }

    fn terms(&self) -> Terms {
        let parts = self.parts();
        let given = KEYS.iter().filter(|key| key.kind != Kind::Text);
        let given = given.filter_map(|key| {
            let mut parts = parts.iter();
            let (_, values) = parts.find(|(name, _)| key.names.contains(name))?;
            Some((key.name(), Choice::from(values.as_deref()?)))
        });
        let words = self.text.as_deref().unwrap_or_default();
        // A text that cannot be one comes from no line; it is shown as it is.
        let texts = Text::read_all(words).unwrap_or_else(|_| {
            let text = words.to_owned();
            vec![Text {
                excludes: false,
                text,
            }]
        });
        Terms {
            keys: given.collect(),
            texts,
        }
    }

    /// By the usual name of its key.
    fn part(&mut self, key: &str) -> &mut Option<String> {
        match key {
            "country" => &mut self.country,
            "asn" => &mut self.asn,
            "port" => &mut self.port,
            "state" => &mut self.state,
            "proto" => &mut self.proto,
            "dir" => &mut self.direction,
            "verdict" => &mut self.verdict,
            "src" => &mut self.src,
            "dst" => &mut self.dst,
            "text" => &mut self.text,
            _ => &mut self.peer,
        }
    }
}

#[cfg(test)]
mod tests;
