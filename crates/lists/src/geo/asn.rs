// SPDX-License-Identifier: MIT
//! Numbers of autonomous systems.

use std::fmt;
use std::str::FromStr;

/// The number of an autonomous system (RFC 6793): a network with a routing policy of its own, such as
/// a provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asn(pub u32);

/// `AS3320`, in any case, or the number alone.
impl FromStr for Asn {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = match text.get(..2) {
            Some(prefix) if prefix.eq_ignore_ascii_case("as") => &text[2..],
            _ => text,
        };
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // 0 is nobody's (RFC 7607).
        let number = digits.parse().ok().filter(|&number| plain && number != 0);
        number.map(Self).ok_or(())
    }
}

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AS{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_with_its_prefix_or_without() {
        for text in ["AS3320", "as3320", "3320"] {
            assert_eq!(text.parse(), Ok(Asn(3320)), "{text}");
        }
        for wrong in [
            "",
            "AS",
            "AS0",
            "0",
            "AS-1",
            "+1",
            "AS4294967296",
            "ASX",
            "\u{e9}1",
        ] {
            assert_eq!(wrong.parse::<Asn>(), Err(()), "{wrong}");
        }
        assert_eq!(Asn(3320).to_string(), "AS3320");
    }
}
