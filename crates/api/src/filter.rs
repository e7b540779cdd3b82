// SPDX-License-Identifier: MIT
//! Filters as people type them: `country:ru,cn -port:22 192.0.2.0/24 telekom`. Which keys there are is a
//! matter of what is filtered; what a word is, and what is said of a wrong one, is not.
//!
//! ```text
//! line   = words with blanks between them, which must all agree
//! word   = [- or !] (NET{,NET} | KEY:VALUE{,VALUE} | TEXT | "TEXT")
//! VALUE  = [!] (a value of the key, in quotes where blanks or commas are part of it)
//! ```
//!
//! Of several values one is enough; `-` or `!` before a word, or `!` before a value, keeps out what is like
//! that. What is in quotes is a text, whatever it looks like.

mod choice;
mod error;
mod kind;
mod word;

pub use choice::Choice;
pub use error::FilterError;
pub use kind::{Key, Keys, Kind, PortRange};
pub use word::{Text, is_net, settled};

use error::Fault;
use word::{Meaning, Word, tokens, written};

/// The key that a whole address or prefix is a value of, where there is such a key.
pub const PEER: &str = "peer";

/// What a line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Usual names of keys, each of them once, and their values.
    pub keys: Vec<(&'static str, Choice<String>)>,
    /// Parts of what is shown.
    pub texts: Vec<Text>,
}

impl Terms {
    /// What a line asks for.
    ///
    /// # Errors
    /// The first word that makes no sense, and why.
    pub fn read(keys: Keys, line: &str) -> Result<Self, FilterError> {
        match Self::default().with(keys, line) {
            (terms, None) => Ok(terms),
            (_, Some(error)) => Err(error),
        }
    }

    /// The same with the words of one more line, but for those that make no sense; the first of these.
    #[must_use]
    pub fn with(mut self, keys: Keys, line: &str) -> (Self, Option<FilterError>) {
        let mut wrong = None;
        for word in tokens(line) {
            if let Err(error) = self.add(keys, word) {
                wrong.get_or_insert(error);
            }
        }
        (self, wrong)
    }

    fn add(&mut self, keys: Keys, token: &str) -> Result<(), FilterError> {
        let Word { excludes, meaning } = Word::read(keys, token)?;
        match meaning {
            Meaning::Text(text) => self.texts.push(Text { excludes, text }),
            Meaning::Key(key, mut choice) => {
                if excludes {
                    std::mem::swap(&mut choice.wanted, &mut choice.unwanted);
                }
                let there = self.of(key);
                // Two values that must both hold are hardly ever meant; two that must both not are.
                if !there.wanted.is_empty() && !choice.wanted.is_empty() {
                    return Err(FilterError::new(token, Fault::Twice(key)));
                }
                there.wanted.extend(choice.wanted);
                there.unwanted.extend(choice.unwanted);
            }
        }
        Ok(())
    }

    /// The values of a key.
    fn of(&mut self, key: &'static str) -> &mut Choice<String> {
        let at = self.keys.iter().position(|(name, _)| *name == key);
        let at = at.unwrap_or_else(|| {
            self.keys.push((key, Choice::default()));
            self.keys.len() - 1
        });
        &mut self.keys[at].1
    }

    /// A line that is read as the same.
    #[must_use]
    pub fn shown(&self, keys: Keys) -> String {
        let (mut nets, mut words) = (Vec::new(), Vec::new());
        for (key, choice) in &self.keys {
            for (sign, values) in [("", &choice.wanted), ("-", &choice.unwanted)] {
                let values: Vec<String> = values.iter().map(|value| written(value)).collect();
                let values = values.join(",");
                match (values.is_empty(), *key == PEER) {
                    (true, _) => {}
                    (false, true) => nets.push(format!("{sign}{values}")),
                    (false, false) => words.push(format!("{sign}{key}:{values}")),
                }
            }
        }
        nets.extend(self.texts.iter().map(|text| text.shown(keys)));
        nets.append(&mut words);
        nets.join(" ")
    }
}

#[cfg(test)]
mod tests;
