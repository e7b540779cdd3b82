// SPDX-License-Identifier: MIT
//! Words of a filter: where one ends, and what it means.

use super::error::{Fault, FilterError};
use super::{Choice, Key, Keys, Kind, PEER};
use ipnet::IpNet;
use std::net::IpAddr;

/// Part of what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Whether it must not be.
    pub excludes: bool,
    /// In whatever case.
    pub text: String,
}

/// What a word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Whether it keeps out what is like that.
    pub excludes: bool,
    pub meaning: Meaning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Values of a key, by its usual name; there is at least one.
    Key(&'static str, Choice<String>),
    Text(String),
}

impl Word {
    pub(super) fn read(keys: Keys, token: &str) -> Result<Self, FilterError> {
        let wrong = |fault| FilterError::new(token, fault);
        if is_unclosed(token) {
            return Err(wrong(Fault::Unclosed));
        }
        let (excludes, word) = signed(token);
        let meaning = match split(keys, word) {
            Some((name, values)) => {
                let Some(key) = find(keys, name) else {
                    return Err(wrong(Fault::UnknownKey(name.to_owned(), keys)));
                };
                match key.kind {
                    Kind::Text => Meaning::Text(unquoted(values)),
                    _ => Meaning::Key(key.name(), choice(key, values, token)?),
                }
            }
            None => match find(keys, PEER).filter(|_| are_nets(word)) {
                Some(peer) => Meaning::Key(PEER, choice(peer, word, token)?),
                None => Meaning::Text(unquoted(word)),
            },
        };
        match &meaning {
            Meaning::Text(text) if text.is_empty() => Err(wrong(Fault::NoValue)),
            Meaning::Key(_, choice) if excludes && !choice.unwanted.is_empty() => {
                Err(wrong(Fault::TurnedTwice))
            }
            _ => Ok(Self { excludes, meaning }),
        }
    }
}

impl Text {
    /// Texts as they stand in requests: words, also those that would be something else in a line.
    ///
    /// # Errors
    /// A quote that is not closed, and a word that is nothing but a sign.
    pub fn read_all(words: &str) -> Result<Vec<Self>, FilterError> {
        tokens(words).map(Self::read).collect()
    }

    fn read(token: &str) -> Result<Self, FilterError> {
        let (excludes, text) = signed(token);
        let text = unquoted(text);
        match (is_unclosed(token), text.is_empty()) {
            (true, _) => Err(FilterError::new(token, Fault::Unclosed)),
            (_, true) => Err(FilterError::new(token, Fault::NoValue)),
            _ => Ok(Self { excludes, text }),
        }
    }

    /// Whether what is shown agrees.
    #[must_use]
    pub fn agrees(&self, is_shown: bool) -> bool {
        is_shown != self.excludes
    }

    /// A word that is read as this text where there are such keys.
    #[must_use]
    pub fn shown(&self, keys: Keys) -> String {
        let sign = if self.excludes { "-" } else { "" };
        let plain = Word {
            excludes: false,
            meaning: Meaning::Text(self.text.clone()),
        };
        let has_blanks = self.text.contains(char::is_whitespace);
        match !has_blanks && Word::read(keys, &self.text) == Ok(plain) {
            true => format!("{sign}{}", self.text),
            false => format!("{sign}\"{}\"", self.text),
        }
    }
}

/// Words of a line. Blanks in quotes end none.
pub(super) fn tokens(line: &str) -> impl Iterator<Item = &str> {
    between(line, char::is_whitespace).filter(|token| !token.is_empty())
}

/// What stands between signs of a kind that are not in quotes.
fn between(text: &str, ends: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |letter: char| {
        is_quoted ^= letter == '"';
        !is_quoted && ends(letter)
    })
}

fn unquoted(text: &str) -> String {
    text.replace('"', "")
}

/// A value as it stands in a word.
pub(super) fn written(value: &str) -> String {
    let ends = |letter: char| letter == ',' || letter.is_whitespace();
    match value.starts_with('!') || value.contains(ends) {
        true => format!("\"{value}\""),
        false => value.to_owned(),
    }
}

fn is_unclosed(token: &str) -> bool {
    token.matches('"').count() % 2 == 1
}

/// Without the sign that turns it round, and whether it had one.
fn signed(token: &str) -> (bool, &str) {
    let rest = token.strip_prefix(['-', '!']);
    (rest.is_some(), rest.unwrap_or(token))
}

/// What stands between commas.
fn choice(key: &Key, values: &str, token: &str) -> Result<Choice<String>, FilterError> {
    let mut choice = Choice::default();
    for value in between(values, |letter| letter == ',') {
        let (values, value) = match value.strip_prefix('!') {
            Some(value) => (&mut choice.unwanted, unquoted(value)),
            None => (&mut choice.wanted, unquoted(value)),
        };
        if !value.is_empty() {
            let checked = key.kind.check(&value);
            checked.map_err(|wanted| FilterError::new(token, Fault::Value(wanted)))?;
            values.push(value);
        }
    }
    match choice.is_empty() {
        true => Err(FilterError::new(token, Fault::NoValue)),
        false => Ok(choice),
    }
}

/// Whether it is a whole address or prefix.
#[must_use]
pub fn is_net(word: &str) -> bool {
    word.parse::<IpAddr>().is_ok() || word.parse::<IpNet>().is_ok()
}

fn are_nets(word: &str) -> bool {
    let parts = || word.split(',').filter(|part| !part.is_empty());
    let is_net = |part: &str| is_net(part.strip_prefix('!').unwrap_or(part));
    parts().next().is_some() && parts().all(is_net)
}

/// A line that is being typed, without a last word that may become something else: a key, a text in quotes,
/// or a word that is turned round. As it is it would hide everything for a moment.
#[must_use]
pub fn settled(keys: Keys, line: &str) -> &str {
    let last = between(line, char::is_whitespace).last().unwrap_or("");
    let (_, word) = signed(last);
    match word.is_empty() || is_unclosed(last) || begins_key(keys, word) {
        true if last.is_empty() => line,
        true => line[..line.len() - last.len()].trim_end(),
        false => line,
    }
}

/// Whether a word may become one of the keys.
fn begins_key(keys: Keys, word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let mut names = keys.iter().flat_map(|key| key.names);
    names.any(|name| name.starts_with(&word))
}

/// A key by one of its names, whatever its case.
fn find(keys: Keys, name: &str) -> Option<&'static Key> {
    let lower = name.to_ascii_lowercase();
    keys.iter().find(|key| key.names.contains(&&*lower))
}

/// Key and values. The beginning of an IPv6 address has colons and no key.
fn split(keys: Keys, word: &str) -> Option<(&str, &str)> {
    let (name, values) = word.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_address = word
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    (is_name && (find(keys, name).is_some() || !is_address)).then_some((name, values))
}
