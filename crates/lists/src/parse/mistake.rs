// SPDX-License-Identifier: MIT
//! Why one entry of a list cannot be read.

use crate::refusals::Reason;

/// What is wrong with the text of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mistake {
    /// No address: a name, too few or too many numbers, hexadecimal, digits of another script.
    NotAddress,
    /// Octal to some, decimal to others.
    LeadingZero,
    /// An address of one interface.
    Zone,
    /// Longer than the address, or no number.
    Length,
    /// Ones that are not together, or not at the front.
    Netmask,
    /// From high to low.
    Backwards,
    /// From one family to the other.
    Families,
    /// First, last and mask do not fit each other.
    Disagreement,
    /// A value that its format needs.
    Missing,
    /// No JSON.
    Json,
    /// A pattern of more than addresses.
    Pattern,
}

impl Reason for Mistake {
    fn label(&self) -> &'static str {
        match self {
            Self::NotAddress => "not_an_address",
            Self::LeadingZero => "leading_zero",
            Self::Zone => "zone",
            Self::Length => "prefix_length",
            Self::Netmask => "netmask",
            Self::Backwards => "backwards",
            Self::Families => "two_families",
            Self::Disagreement => "disagreement",
            Self::Missing => "missing",
            Self::Json => "json",
            Self::Pattern => "pattern",
        }
    }

    fn sentence(&self) -> String {
        let text = match self {
            Self::NotAddress => "it does not begin with an address, a prefix or a range",
            Self::LeadingZero => {
                "its numbers have leading zeros, which some programs read as octal"
            }
            Self::Zone => "it has a zone, which means one interface of one host",
            Self::Length => "its prefix length is not one of its family",
            Self::Netmask => "its netmask is not a row of ones from the left",
            Self::Backwards => "the range ends before it begins",
            Self::Families => "the range is from one family to the other",
            Self::Disagreement => "first address, last address and mask do not fit each other",
            Self::Missing => "a column is missing that its format has",
            Self::Json => "the line is not a JSON object",
            Self::Pattern => {
                "the pattern says more than which addresses, so that they alone would be too much"
            }
        };
        text.to_owned()
    }
}
