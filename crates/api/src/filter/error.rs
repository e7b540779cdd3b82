// SPDX-License-Identifier: MIT
//! What is said of a word that makes no sense: the word first, and last, where it may be cut off, what would.

use super::Keys;
use std::fmt;

/// A word that makes no sense in a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The word.
    pub word: String,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    UnknownKey(String, Keys),
    NoValue,
    Unclosed,
    TurnedTwice,
    Twice(&'static str),
    Value(String),
}

impl FilterError {
    pub(super) fn new(word: &str, fault: Fault) -> Self {
        let word = word.to_owned();
        Self { word, fault }
    }

    /// Whether there is no such key, so that no end of the word would mend it.
    #[must_use]
    pub fn is_unknown_key(&self) -> bool {
        matches!(self.fault, Fault::UnknownKey(..))
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\": ", self.word)?;
        match &self.fault {
            Fault::UnknownKey(key, keys) => {
                let names: Vec<&str> = keys.iter().map(|key| key.name()).collect();
                let names = names.join(", ");
                write!(
                    f,
                    "{key:?} is no key, and a text would be in quotes; keys are {names}"
                )
            }
            Fault::NoValue => f.write_str("nothing follows"),
            Fault::Unclosed => f.write_str("a quote is missing at its end"),
            Fault::TurnedTwice => f.write_str("one - or ! is enough, of the word or of its values"),
            Fault::Twice(key) => write!(
                f,
                "{key} is there already; several values of a key have commas between them"
            ),
            Fault::Value(wanted) => f.write_str(wanted),
        }
    }
}

impl std::error::Error for FilterError {}
