// SPDX-License-Identifier: MIT
//! Patterns of STIX 2.1 (section 9), as far as an address alone fulfils them: comparisons of addresses
//! joined by OR. Where anything else has to be true as well, blocking the address would be too much.

use crate::parse::Mistake;

/// A pattern that one address fulfils.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern<'p> {
    /// Addresses and prefixes, each of which does. There are none where the pattern is about something
    /// else altogether.
    pub values: Vec<&'p str>,
}

/// A word of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'p> {
    /// `[`, `]`, `(`, `)` or `,`.
    Mark(u8),
    /// An operator, a keyword, a number, or the path of a property.
    Word(&'p str),
    /// What stands between quotes.
    Text(&'p str),
}

impl<'p> Pattern<'p> {
    /// Reads `[comparison OR ...] OR [...]`.
    ///
    /// # Errors
    /// [`Mistake::Pattern`] where more has to be true than that an address is seen.
    pub fn read(text: &'p str) -> Result<Self, Mistake> {
        let mut reader = Reader {
            rest: text,
            values: Vec::new(),
        };
        reader.joined(Reader::observation)?;
        match (reader.next()?, reader.values) {
            (None, values) => Ok(Self { values }),
            _ => Err(Mistake::Pattern),
        }
    }
}

struct Reader<'p> {
    rest: &'p str,
    values: Vec<&'p str>,
}

impl<'p> Reader<'p> {
    /// One or more, with OR between them.
    fn joined(&mut self, one: fn(&mut Self) -> Result<(), Mistake>) -> Result<(), Mistake> {
        one(self)?;
        while self.take_if(Token::Word("OR")) {
            one(self)?;
        }
        Ok(())
    }

    fn observation(&mut self) -> Result<(), Mistake> {
        self.expect(Token::Mark(b'['))?;
        self.joined(Self::comparison)?;
        self.expect(Token::Mark(b']'))
    }

    fn comparison(&mut self) -> Result<(), Mistake> {
        let Some(Token::Word(path)) = self.next()? else {
            return Err(Mistake::Pattern);
        };
        let of_address = matches!(path, "ipv4-addr:value" | "ipv6-addr:value");
        match self.next()? {
            Some(Token::Word("IN")) => self.set(of_address),
            // A comparison for equality or with a prefix; of something else, whatever it is.
            Some(Token::Word(word)) if !of_address || matches!(word, "=" | "==" | "ISSUBSET") => {
                self.value(of_address)
            }
            _ => Err(Mistake::Pattern),
        }
    }

    fn set(&mut self, of_address: bool) -> Result<(), Mistake> {
        self.expect(Token::Mark(b'('))?;
        self.value(of_address)?;
        while self.take_if(Token::Mark(b',')) {
            self.value(of_address)?;
        }
        self.expect(Token::Mark(b')'))
    }

    fn value(&mut self, of_address: bool) -> Result<(), Mistake> {
        match self.next()? {
            Some(Token::Text(value)) if of_address => {
                self.values.push(value);
                Ok(())
            }
            // Binary and hexadecimal values and times have a letter before their quotes.
            Some(Token::Word("t" | "b" | "h")) if !of_address => self.value(false),
            Some(Token::Text(_) | Token::Word(_)) if !of_address => Ok(()),
            _ => Err(Mistake::Pattern),
        }
    }

    fn expect(&mut self, token: Token<'_>) -> Result<(), Mistake> {
        match self.take_if(token) {
            true => Ok(()),
            false => Err(Mistake::Pattern),
        }
    }

    fn take_if(&mut self, token: Token<'_>) -> bool {
        let before = self.rest;
        let is = matches!(self.next(), Ok(Some(next)) if next == token);
        if !is {
            self.rest = before;
        }
        is
    }

    /// The next word; none at the end.
    fn next(&mut self) -> Result<Option<Token<'p>>, Mistake> {
        let text = self.rest.trim_start();
        let Some(first) = text.bytes().next() else {
            self.rest = "";
            return Ok(None);
        };
        let (token, length) = match first {
            b'[' | b']' | b'(' | b')' | b',' => (Token::Mark(first), 1),
            b'\'' => {
                let length = quoted(text)?;
                (Token::Text(&text[1..length - 1]), length)
            }
            _ => {
                let length = word(text);
                (Token::Word(&text[..length]), length)
            }
        };
        self.rest = &text[length..];
        Ok(Some(token))
    }
}

/// The length of the text between quotes that this begins with, quotes included. A backslash takes
/// the next letter for itself; no address has one.
fn quoted(text: &str) -> Result<usize, Mistake> {
    let mut escaped = true;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'\'' && !escaped {
            return Ok(at + 1);
        }
        escaped = byte == b'\\' && !escaped;
    }
    Err(Mistake::Pattern)
}

/// The length of a word; operators need no blanks around them, and paths may have quotes inside.
fn word(text: &str) -> usize {
    let operator = |byte: u8| b"=!<>".contains(&byte);
    let begins = text.bytes().next().is_some_and(operator);
    let ends = |byte: u8| {
        byte.is_ascii_whitespace() || b"[](),'".contains(&byte) || operator(byte) != begins
    };
    let end = text.bytes().position(ends).unwrap_or(text.len());
    // At least one whole letter, so that there is an end.
    end.max(text.chars().next().map_or(1, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pattern: &str) -> Result<Vec<&str>, Mistake> {
        Pattern::read(pattern).map(|pattern| pattern.values)
    }

    #[test]
    fn one_address_or_any_of_several_is_taken() {
        for (pattern, expected) in [
            ("[ipv4-addr:value = '1.2.3.4']", &["1.2.3.4"][..]),
            ("[ipv4-addr:value='1.2.3.4']", &["1.2.3.4"]),
            ("[ipv4-addr:value = '1.2.3.0/24']", &["1.2.3.0/24"]),
            ("[ipv4-addr:value ISSUBSET '1.2.3.0/24']", &["1.2.3.0/24"]),
            (
                "[ipv4-addr:value IN ('1.2.3.4', '1.2.3.5')]",
                &["1.2.3.4", "1.2.3.5"],
            ),
            (
                "[ipv4-addr:value = '1.2.3.4' OR ipv6-addr:value = '::9']",
                &["1.2.3.4", "::9"],
            ),
            (
                "[ipv4-addr:value = '1.2.3.4'] OR [ipv4-addr:value = '1.2.3.5']",
                &["1.2.3.4", "1.2.3.5"],
            ),
            (
                "[ipv4-addr:value = '1.2.3.4' OR domain-name:value = 'it\\'s']",
                &["1.2.3.4"],
            ),
            ("[domain-name:value = 'example.org']", &[]),
            ("[file:size > 5]", &[]),
            ("[file:hashes.MD5 = h'00ff']", &[]),
        ] {
            assert_eq!(values(pattern).as_deref(), Ok(expected), "{pattern}");
        }
    }

    #[test]
    fn what_asks_for_more_than_an_address_is_refused() {
        for pattern in [
            "",
            "ipv4-addr:value = '1.2.3.4'",
            "[ipv4-addr:value = '1.2.3.4'",
            "[ipv4-addr:value = '1.2.3.4",
            "[ipv4-addr:value = 5]",
            "[ipv4-addr:value != '1.2.3.4']",
            "[ipv4-addr:value NOT = '1.2.3.4']",
            "[ipv4-addr:value ISSUPERSET '1.2.3.4']",
            "[ipv4-addr:value LIKE '1.2.%']",
            "[ipv4-addr:value = '1.2.3.4' AND network-traffic:dst_port = 22]",
            "[ipv4-addr:value = '1.2.3.4'] AND [file:size = 5]",
            "[ipv4-addr:value = '1.2.3.4'] FOLLOWEDBY [ipv4-addr:value = '1.2.3.5']",
            "[ipv4-addr:value = '1.2.3.4'] REPEATS 5 TIMES",
            "[ipv4-addr:value = '1.2.3.4'] WITHIN 300 SECONDS",
            "[NOT ipv4-addr:value = '1.2.3.4']",
        ] {
            assert_eq!(values(pattern), Err(Mistake::Pattern), "{pattern}");
        }
    }
}
