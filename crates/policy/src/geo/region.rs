// SPDX-License-Identifier: MIT
//! What a policy of places is about: countries and autonomous systems.

use aegis_lists::geo::{Asn, Country, Location};
use std::fmt;
use std::str::FromStr;

/// A country, or an autonomous system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// A country.
    Country(Country),
    /// An autonomous system.
    System(Asn),
}

impl Region {
    /// Its usual English name, where it is a country that has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Country(country) => country.name(),
            Self::System(_) => None,
        }
    }

    /// Those that a location is in.
    pub fn around(location: Location) -> impl Iterator<Item = Self> {
        let country = location.country.map(Self::Country);
        let system = location.asn.map(Self::System);
        country.into_iter().chain(system)
    }
}

/// `DE` or `AS3320`.
impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Country(country) => country.fmt(f),
            Self::System(asn) => asn.fmt(f),
        }
    }
}

/// Why a text names no region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRegion {
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub next: String,
}

impl fmt::Display for NoRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.next)
    }
}

impl std::error::Error for NoRegion {}

impl FromStr for Region {
    type Err = NoRegion;

    fn from_str(text: &str) -> Result<Self, NoRegion> {
        if let Ok(country) = text.parse() {
            return Ok(Self::Country(country));
        }
        let system = text
            .get(..2)
            .is_some_and(|head| head.eq_ignore_ascii_case("as"));
        if let Ok(asn) = text.parse()
            && system
        {
            return Ok(Self::System(asn));
        }
        let shown: String = text.chars().take(40).collect();
        Err(NoRegion {
            message: format!(
                "{shown:?} is neither the code of a country nor a number such as AS3320"
            ),
            next: match Country::nearest(text) {
                Some((country, name)) => format!("did you mean {country} ({name})?"),
                None if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() => {
                    format!("write AS{text}")
                }
                None => "countries have two letters, as in ISO 3166".to_owned(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn regions(texts: &[&str]) -> BTreeSet<Region> {
        texts
            .iter()
            .map(|text| text.parse().expect("it is one"))
            .collect()
    }

    #[test]
    fn a_region_is_a_country_or_a_system_and_what_is_neither_is_told_what_was_meant() {
        assert_eq!(
            regions(&["de", "as3320"]),
            BTreeSet::from([
                Region::Country(Country::of_letters("DE").expect("two letters")),
                Region::System(Asn(3320)),
            ])
        );
        // American Samoa, not a system.
        let samoa: Region = "AS".parse().expect("it is one");
        assert_eq!(samoa.to_string(), "AS");
        let next = |text: &str| text.parse::<Region>().expect_err(text).next;
        assert_eq!(next("UK"), "did you mean GB (United Kingdom)?");
        assert_eq!(next("germany"), "did you mean DE (Germany)?");
        assert_eq!(next("3320"), "write AS3320");
        assert!(next("ZZ").contains("two letters"));
        assert!(next("").contains("two letters"));
    }
}
