// SPDX-License-Identifier: MIT
//! Filters as people type them, word by word: `country:ru port:22 192.0.2.0/24 telekom`. Which keys
//! there are is a matter of what is filtered; what a word is, and what is said of a wrong one, is not.

use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// What a word may begin with, before a colon; the first of each row is its usual name.
pub type Keys = &'static [&'static [&'static str]];

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<'a> {
    /// A whole address or prefix.
    Net(&'a str),
    /// `KEY:VALUE`, by the usual name of the key; the value is not empty.
    Key(&'static str, &'a str),
    /// Anything else.
    Text(&'a str),
}

/// A word that makes no sense in a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The word.
    pub word: String,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    UnknownKey(String, Keys),
    NoValue,
    Twice(&'static str),
    Value(&'static str),
}

impl<'a> Word<'a> {
    /// A word of a filter that has these keys.
    ///
    /// # Errors
    /// A key that is none of them, and one without a value.
    pub fn read(keys: Keys, word: &'a str) -> Result<Self, FilterError> {
        if is_net(word) {
            return Ok(Self::Net(word));
        }
        let Some((key, value)) = split(keys, word) else {
            return Ok(Self::Text(word));
        };
        match find(keys, key) {
            None => {
                let fault = Fault::UnknownKey(key.to_owned(), keys);
                Err(FilterError::new(word, fault))
            }
            Some(_) if value.is_empty() => Err(FilterError::new(word, Fault::NoValue)),
            Some(key) => Ok(Self::Key(key, value)),
        }
    }
}

impl FilterError {
    fn new(word: &str, fault: Fault) -> Self {
        let word = word.to_owned();
        Self { word, fault }
    }

    /// A key that is there already, and may be there once.
    #[must_use]
    pub fn twice(word: &str, key: &'static str) -> Self {
        Self::new(word, Fault::Twice(key))
    }

    /// A value that cannot be, and what could.
    #[must_use]
    pub fn value(word: &str, wanted: &'static str) -> Self {
        Self::new(word, Fault::Value(wanted))
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = &self.word;
        match &self.fault {
            Fault::UnknownKey(key, keys) => {
                write!(f, "{word:?}: {key:?} is no key; {} are", usual(keys))
            }
            Fault::NoValue => write!(f, "{word:?}: nothing follows the colon"),
            Fault::Twice(key) => write!(
                f,
                "{word:?}: {key} is there already; several values of a key have commas between them"
            ),
            Fault::Value(wanted) => write!(f, "{word:?}: {wanted}"),
        }
    }
}

impl std::error::Error for FilterError {}

/// The usual name of every key, with commas between them.
#[must_use]
pub fn usual(keys: Keys) -> String {
    let names: Vec<&str> = keys
        .iter()
        .filter_map(|names| names.first().copied())
        .collect();
    names.join(", ")
}

/// Whether it is a whole address or prefix.
#[must_use]
pub fn is_net(word: &str) -> bool {
    word.parse::<IpAddr>().is_ok() || word.parse::<IpNet>().is_ok()
}

/// A line that is being typed, without a last word that may become a key: as a word of its own it would
/// mean something else, and hide everything for a moment.
#[must_use]
pub fn settled(keys: Keys, line: &str) -> &str {
    let (before, last) = line.rsplit_once(char::is_whitespace).unwrap_or(("", line));
    match begins_key(keys, last) {
        true => before,
        false => line,
    }
}

/// Whether a word may become one of the keys.
fn begins_key(keys: Keys, word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let mut names = keys.iter().flat_map(|names| names.iter());
    !word.is_empty() && names.any(|name| name.starts_with(&word))
}

/// The usual name of a key, whatever its case.
fn find(keys: Keys, key: &str) -> Option<&'static str> {
    let lower = key.to_ascii_lowercase();
    let names = keys.iter().find(|names| names.contains(&&*lower))?;
    names.first().copied()
}

/// Key and value. The beginning of an IPv6 address has colons and no key.
fn split(keys: Keys, word: &str) -> Option<(&str, &str)> {
    let (key, value) = word.split_once(':')?;
    let is_name = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_address = word
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    (is_name && (find(keys, key).is_some() || !is_address)).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Keys = &[&["country", "cc"], &["port"]];

    #[test]
    fn a_last_word_that_may_become_a_key_is_not_settled() {
        for (line, expected) in [
            ("", ""),
            ("PO", ""),
            ("port", ""),
            ("port:", "port:"),
            ("telekom coun", "telekom"),
            ("telekom cn", "telekom cn"),
            ("port ", "port "),
        ] {
            assert_eq!(settled(KEYS, line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_word_is_a_network_a_key_or_a_text() {
        let read = |word| Word::read(KEYS, word).expect(word);
        assert_eq!(read("192.0.2.0/24"), Word::Net("192.0.2.0/24"));
        assert_eq!(read("CC:ru"), Word::Key("country", "ru"));
        assert_eq!(read("2001:db8:"), Word::Text("2001:db8:"));
        assert!(Word::read(KEYS, "colour:red").is_err());
    }
}
