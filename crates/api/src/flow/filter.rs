// SPDX-License-Identifier: MIT
//! Filters as people type them: `country:ru port:22 state:syn 192.0.2.0/24`.

use super::FlowFilter;
use crate::filter::{FilterError, Keys, Word, is_net, settled};
use std::str::FromStr;

const KEYS: Keys = &[
    &["country", "cc"],
    &["asn", "as"],
    &["port"],
    &["state"],
    &["proto", "protocol"],
    &["dir", "direction"],
    &["peer"],
    &["src", "source"],
    &["dst", "destination"],
    &["text"],
];

/// As [`FlowFilter::of_words`], of one line.
impl FromStr for FlowFilter {
    type Err = FilterError;

    fn from_str(line: &str) -> Result<Self, FilterError> {
        Self::of_words(line.split_whitespace())
    }
}

impl FlowFilter {
    /// The filter that words make: `KEY:VALUE`, an address or prefix, which is the peer's, or anything
    /// else, which is part of what is shown. What a value means is not looked into where only the daemon
    /// knows.
    ///
    /// # Errors
    /// The first word that makes no sense, and why.
    pub fn of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, FilterError> {
        Self::default().with_words(words)
    }

    /// The same, with what is there already.
    ///
    /// # Errors
    /// Likewise; a key that is there already is wrong, too.
    pub fn with_words<'a>(
        mut self,
        words: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, FilterError> {
        for word in words {
            self.add(word)?;
        }
        Ok(self)
    }

    /// What of a line that is being typed counts: not a last word that may become one of the keys.
    #[must_use]
    pub fn settled(line: &str) -> &str {
        settled(KEYS, line)
    }

    fn add(&mut self, word: &str) -> Result<(), FilterError> {
        match Word::read(KEYS, word)? {
            Word::Net(net) => set(&mut self.peer, ("an address", word), net),
            Word::Key(key, value) => self.set(key, value, word),
            Word::Text(text) => {
                self.add_text(text);
                Ok(())
            }
        }
    }

    fn set(&mut self, key: &'static str, value: &str, word: &str) -> Result<(), FilterError> {
        check(key, value).map_err(|wanted| FilterError::value(word, wanted))?;
        let field = match key {
            "country" => &mut self.country,
            "asn" => &mut self.asn,
            "state" => &mut self.state,
            "proto" => &mut self.proto,
            "dir" => &mut self.direction,
            "peer" => &mut self.peer,
            "src" => &mut self.src,
            "dst" => &mut self.dst,
            "port" => return self.set_port(value, word),
            _ => {
                self.add_text(value);
                return Ok(());
            }
        };
        set(field, (key, word), value)
    }

    fn set_port(&mut self, value: &str, word: &str) -> Result<(), FilterError> {
        match self.port {
            Some(_) => Err(FilterError::twice(word, "port")),
            None => {
                self.port = value.parse().ok();
                Ok(())
            }
        }
    }

    fn add_text(&mut self, word: &str) {
        match &mut self.text {
            Some(text) => {
                text.push(' ');
                text.push_str(word);
            }
            None => self.text = Some(word.to_owned()),
        }
    }
}

fn set(
    field: &mut Option<String>,
    (key, word): (&'static str, &str),
    value: &str,
) -> Result<(), FilterError> {
    match field {
        Some(_) => Err(FilterError::twice(word, key)),
        None => {
            *field = Some(value.to_owned());
            Ok(())
        }
    }
}

/// What would have been right, of a value that cannot be.
fn check(key: &str, value: &str) -> Result<(), &'static str> {
    let all = |right: fn(&str) -> bool| value.split(',').all(right);
    let (right, wanted) = match key {
        "country" => (
            all(|code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic())),
            "a country is two letters, such as country:ru or country:ru,cn",
        ),
        "asn" => (
            all(is_system),
            "an autonomous system is a number, such as as:4134 or as:AS4134",
        ),
        "port" => (
            value.parse::<u16>().is_ok_and(|port| port > 0),
            "a port is a number from 1 to 65535",
        ),
        "dir" => (
            ["in", "out", "unknown"].contains(&value),
            "a direction is in, out or unknown",
        ),
        "peer" | "src" | "dst" => (
            is_net(value),
            "an address or prefix, such as 192.0.2.0/24 or 2001:db8::1, follows",
        ),
        _ => (true, ""),
    };
    if right { Ok(()) } else { Err(wanted) }
}

fn is_system(text: &str) -> bool {
    let digits = text
        .get(..2)
        .filter(|letters| letters.eq_ignore_ascii_case("as"));
    let digits = digits.map_or(text, |_| &text[2..]);
    digits.parse::<u32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(line: &str) -> FlowFilter {
        line.parse().expect(line)
    }

    fn refused(line: &str) -> String {
        line.parse::<FlowFilter>().expect_err(line).to_string()
    }

    #[test]
    fn a_line_is_the_filter_that_its_words_say() {
        let line = "country:ru port:22 state:syn 192.0.2.0/24 as:4134 proto:tcp dir:in";
        let text = |text: &str| Some(text.to_owned());
        let expected = FlowFilter {
            country: text("ru"),
            port: Some(22),
            state: text("syn"),
            peer: text("192.0.2.0/24"),
            asn: text("4134"),
            proto: text("tcp"),
            direction: text("in"),
            ..FlowFilter::default()
        };
        assert_eq!(filter(line), expected);
        assert_eq!(filter("  "), FlowFilter::default());
        assert_eq!(filter("CC:de,fr AS:as1,AS2").country, text("de,fr"));
    }

    #[test]
    fn what_may_become_a_key_does_not_count_yet() {
        let settled = FlowFilter::settled;
        for begun in ["x c", "x CoUn", "x country", "x as"] {
            assert_eq!(settled(begun), "x", "{begun}");
        }
        for line in ["", "country:", "countries", "x 192", "c "] {
            assert_eq!(settled(line), line);
        }
    }

    #[test]
    fn what_is_no_key_is_looked_for_in_what_is_shown() {
        let of = |line| filter(line).text.expect("a text");
        assert_eq!(of("telekom 192.0.2"), "telekom 192.0.2");
        for typed in [
            "2001:db8:",
            "fe80::",
            "dead:beef",
            "192.0.2.1:44",
            "[2001:db8::1]:443",
            "tcp/192.0.2.1:",
            ":22",
            "text:port",
        ] {
            let text = filter(typed).text;
            let peer = filter(typed).peer;
            assert!(text.is_some() || peer.is_some(), "{typed}");
        }
        assert_eq!(filter("2001:db8::1").peer.as_deref(), Some("2001:db8::1"));
    }

    #[test]
    fn a_word_that_makes_no_sense_is_named_with_what_would() {
        let unknown = refused("port:22 colour:red");
        assert!(unknown.starts_with("\"colour:red\": \"colour\" is no key; country, asn, port"));
        for (line, part) in [
            ("port:", "nothing follows"),
            ("port:0", "from 1 to 65535"),
            ("port:22 port:23", "port is there already"),
            ("country:rus", "two letters"),
            ("as:x", "is a number"),
            ("dir:up", "in, out or unknown"),
            ("src:here", "an address or prefix"),
            ("192.0.2.1 192.0.2.2", "an address is there already"),
        ] {
            let words = refused(line);
            let last = line.split(' ').next_back().expect("a word");
            assert!(words.contains(part) && words.contains(last), "{words}");
        }
    }
}
