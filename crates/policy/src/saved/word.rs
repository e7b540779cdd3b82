// SPDX-License-Identifier: MIT
//! A line, word by word.

use std::fmt;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// The character that it begins at, from 1 on.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub next: String,
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.column, self.message, self.next)
    }
}

impl std::error::Error for Misread {}

/// A word and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    column: usize,
}

impl Word<'_> {
    pub(super) fn wrong(&self, message: impl Into<String>, next: impl Into<String>) -> Misread {
        let (message, next) = (message.into(), next.into());
        Misread {
            column: self.column,
            message,
            next,
        }
    }

    /// A word that should have been one of these.
    pub(super) fn none_of(&self, known: &[&str]) -> Misread {
        let all = match known {
            [only] => format!("write {only}"),
            _ => format!("write one of {}", known.join(", ")),
        };
        self.unknown(known, &all)
    }

    /// The same, with what to write where none of them is near.
    pub(super) fn unknown(&self, known: &[&str], otherwise: &str) -> Misread {
        let next = match nearest(self.text, known) {
            Some(meant) => format!("did you mean {meant}?"),
            None => otherwise.to_owned(),
        };
        self.wrong(format!("{:?} means nothing here", self.text), next)
    }
}

/// The words of a line that have not been read yet.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    line: &'a str,
    rest: &'a str,
}

const SPACE: [char; 2] = [' ', '\t'];
const QUOTE: char = '"';

impl<'a> Words<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        let rest = line.trim_start_matches(SPACE);
        Self { line, rest }
    }

    fn column(&self) -> usize {
        let read = self.line.len() - self.rest.len();
        self.line[..read].chars().count() + 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next word, which stays.
    pub(super) fn peek(&self) -> Option<Word<'a>> {
        let end = self.rest.find(SPACE).unwrap_or(self.rest.len());
        let (text, column) = (&self.rest[..end], self.column());
        (!text.is_empty()).then_some(Word { text, column })
    }

    /// The next word.
    pub(super) fn next(&mut self) -> Option<Word<'a>> {
        let word = self.peek()?;
        self.advance(word.text.len());
        Some(word)
    }

    /// The next word, where it is this one.
    pub(super) fn take(&mut self, text: &str) -> Option<Word<'a>> {
        self.peek().filter(|word| word.text == text)?;
        self.next()
    }

    /// The next word, which has to be there.
    pub(super) fn need(&mut self, what: &str, example: &str) -> Result<Word<'a>, Misread> {
        self.next().ok_or_else(|| self.missing(what, example))
    }

    pub(super) fn missing(&self, what: &str, example: &str) -> Misread {
        Misread {
            column: self.column(),
            message: format!("{what} is missing"),
            next: format!("write one, such as {example}"),
        }
    }

    /// The next word, read as a value.
    pub(super) fn value<T>(
        &mut self,
        (what, example): (&str, &str),
        read: impl FnOnce(&str) -> Result<T, (String, String)>,
    ) -> Result<T, Misread> {
        let word = self.need(what, example)?;
        read(word.text).map_err(|(message, next)| word.wrong(message, next))
    }

    /// Text in quotes, with where it begins.
    pub(super) fn quoted(&mut self) -> Result<(Word<'a>, String), Misread> {
        let begin = self.clone();
        let word = begin
            .peek()
            .ok_or_else(|| self.missing("the text", "\"scans\""))?;
        let inside = self.rest.strip_prefix(QUOTE);
        let inside = inside.ok_or_else(|| {
            let next = format!("write {:?}", word.text.replace(QUOTE, ""));
            word.wrong("the text is not in quotes", next)
        })?;
        let (text, length) = unescaped(inside).map_err(|unreadable| match unreadable {
            Unreadable::Endless => word.wrong("the text has no end", "end it with \""),
            Unreadable::Escape(after) => word.wrong(
                format!("\\{} is no escape", after.escape_debug()),
                "write \\\" for a quote and \\\\ for a backslash",
            ),
        })?;
        self.advance(QUOTE.len_utf8() + length);
        Ok((word, text))
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest[bytes..].trim_start_matches(SPACE);
    }
}

/// Why quoted text cannot be read.
enum Unreadable {
    /// There is no closing quote.
    Endless,
    /// What follows a backslash and may not.
    Escape(char),
}

/// Text up to its closing quote, and how many bytes that took, the quote included.
fn unescaped(inside: &str) -> Result<(String, usize), Unreadable> {
    let mut text = String::new();
    let mut characters = inside.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            QUOTE => return Ok((text, at + QUOTE.len_utf8())),
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                Some((_, other)) => return Err(Unreadable::Escape(other)),
                None => break,
            },
            other => text.push(other),
        }
    }
    Err(Unreadable::Endless)
}

/// The one that somebody may have meant.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    /// Longer words are no misspelling of ours.
    const LONGEST: usize = 32;
    if word.len() > LONGEST {
        return None;
    }
    let plain = word.to_lowercase();
    let scored = known
        .iter()
        .map(|known| (strsim::osa_distance(&plain, known), *known));
    let (score, best) = scored.min_by_key(|(score, _)| *score)?;
    (score <= (best.len() / 3).max(1)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_where_they_begin() {
        let mut words = Words::of("  ban\tö  x");
        let columns: Vec<usize> = std::iter::from_fn(|| words.next())
            .map(|word| word.column)
            .collect();
        assert_eq!(columns, [3, 7, 10]);
        assert!(words.is_empty() && words.peek().is_none());
        assert_eq!(words.missing("x", "y").column, 11);
    }

    #[test]
    fn quoted_text_ends_at_its_quote() {
        let read = |line| {
            let mut words = Words::of(line);
            let text = words.quoted().map(|(_, text)| text);
            (text, words.rest)
        };
        assert_eq!(
            read(r#""a \"b\" \\ c" by x"#),
            (Ok(r#"a "b" \ c"#.into()), "by x")
        );
        assert_eq!(read(r#""""#), (Ok(String::new()), ""));
        let error = |line| read(line).0.unwrap_err().to_string();
        assert_eq!(
            error("scans"),
            "1: the text is not in quotes: write \"scans\""
        );
        assert_eq!(error(r#""abc"#), "1: the text has no end: end it with \"");
        assert!(error(r#""abc\"#).contains("has no end"));
        assert!(error(r#""a\nb""#).contains(r"\n is no escape"));
        assert!(error("").contains("the text is missing"));
    }

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["ban", "allow", "by", "until", "reason"];
        for (word, meant) in [
            ("bann", Some("ban")),
            ("Ban", Some("ban")),
            ("allw", Some("allow")),
            ("utnil", Some("until")),
            ("resaon", Some("reason")),
            ("frobnicate", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }
}
