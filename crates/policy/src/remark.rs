// SPDX-License-Identifier: MIT
//! Why the operator made a rule, in their own words.

use crate::ParseError;
use std::fmt;
use std::str::FromStr;

/// One line of text. It ends up in terminals and logs, so that it has no control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Remark(Box<str>);

impl Remark {
    /// Characters at most.
    pub const LONGEST: usize = 200;

    /// The text; empty where there is none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Remark {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        if text.chars().any(|c| c.is_control() || is_direction_mark(c)) {
            return Err(ParseError::RemarkControl);
        }
        match text.chars().count() {
            characters if characters > Self::LONGEST => {
                Err(ParseError::RemarkLength { characters })
            }
            _ => Ok(Self(text.into())),
        }
    }
}

/// Characters that reorder what a terminal shows around them (Unicode TR 36, section 2.3).
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_one_line_of_plain_text() {
        assert_eq!(
            "  brute force, ssh ".parse::<Remark>().unwrap().as_str(),
            "brute force, ssh"
        );
        assert!("a\nb".parse::<Remark>().is_err());
        assert!("\u{1b}[31mred".parse::<Remark>().is_err());
        assert!("\u{202e}txet".parse::<Remark>().is_err());
        assert!("ü".repeat(200).parse::<Remark>().is_ok());
        assert!("ü".repeat(201).parse::<Remark>().is_err());
    }
}
