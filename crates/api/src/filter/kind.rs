// SPDX-License-Identifier: MIT
//! Keys of filters, and what their values may be.

use super::word::is_net;
use std::str::FromStr;

/// Every key of something that is filtered.
pub type Keys = &'static [Key];

/// What may stand before a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// What it may be called, the usual name first.
    pub names: &'static [&'static str],
    /// What follows.
    pub kind: Kind,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Two letters.
    Country,
    /// The number of an autonomous system, with or without `AS`.
    System,
    /// A port, or the first and the last of some.
    Port,
    /// An address or prefix.
    Net,
    /// A word without blanks, of which only whoever filters knows what it means.
    Name,
    /// The beginning of one of these words.
    OneOf(&'static [&'static str]),
    /// Anything.
    Any,
    /// Anything, and it is no value: it is a text that is looked for, as if it stood in quotes.
    Text,
}

/// Ports from the first to the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl Key {
    /// Of whatever kind.
    #[must_use]
    pub const fn new(names: &'static [&'static str], kind: Kind) -> Self {
        Self { names, kind }
    }

    /// Country of the peer.
    pub const COUNTRY: Self = Self::new(&["country", "cc"], Kind::Country);
    /// Its autonomous system.
    pub const SYSTEM: Self = Self::new(&["asn", "as"], Kind::System);
    /// A port.
    pub const PORT: Self = Self::new(&["port"], Kind::Port);
    /// A protocol.
    pub const PROTOCOL: Self = Self::new(&["proto", "protocol"], Kind::Name);
    /// Who it is about; what an address without a key stands for.
    pub const PEER: Self = Self::new(&[super::PEER], Kind::Net);
    /// Why it is there.
    pub const REASON: Self = Self::new(&["reason", "why"], Kind::Any);

    /// Its usual name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.names[0]
    }
}

impl Kind {
    /// What would have been right, of a value that cannot be.
    pub(super) fn check(self, value: &str) -> Result<(), String> {
        let is_right = match self {
            Self::Country => value.len() == 2 && value.bytes().all(|it| it.is_ascii_alphabetic()),
            Self::System => is_system(value),
            Self::Port => value.parse::<PortRange>().is_ok(),
            Self::Net => is_net(value),
            Self::Name => value.bytes().all(is_of_name),
            Self::OneOf(words) => words.iter().any(|word| word.starts_with(&lower(value))),
            Self::Any | Self::Text => true,
        };
        if is_right { Ok(()) } else { Err(self.wanted()) }
    }

    fn wanted(self) -> String {
        let wanted = match self {
            Self::Country => "a country is two letters, such as country:ru or country:ru,cn",
            Self::System => "an autonomous system is a number, such as as:4134 or as:AS4134",
            Self::Port => "a port is a number from 1 to 65535, and several are port:22,80-89",
            Self::Net => "an address or prefix, such as 192.0.2.0/24 or 2001:db8::1, follows",
            Self::Name => "letters, digits, - and _ follow",
            Self::OneOf(words) => {
                return format!(
                    "one of these, or its beginning, follows: {}",
                    words.join(", ")
                );
            }
            Self::Any | Self::Text => "",
        };
        wanted.to_owned()
    }
}

fn lower(value: &str) -> String {
    value.to_ascii_lowercase()
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_system(text: &str) -> bool {
    let letters = text.get(..2);
    let has_letters = letters.is_some_and(|letters| letters.eq_ignore_ascii_case("as"));
    let digits = if has_letters { &text[2..] } else { text };
    is_number(digits) && digits.parse::<u32>().is_ok()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl PortRange {
    /// Whether it is one of them.
    #[must_use]
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

/// `22`, or `1-1024`.
impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = |text: &str| {
            let port = text.parse().ok().filter(|_| is_number(text));
            port.filter(|&port: &u16| port > 0)
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (port(first), port(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(Kind::Port.wanted()),
        }
    }
}
