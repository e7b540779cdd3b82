// SPDX-License-Identifier: MIT
//! Which countries and autonomous systems are let through.

use crate::config::{Choice, Direction, Unknown};
use aegis_abi::SetAction;
use aegis_lists::geo::{Asn, Country, Location};
use std::collections::BTreeSet;
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
    /// Those that a location is in.
    fn around(location: Location) -> impl Iterator<Item = Self> {
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

/// What is let through, by where the peer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeoPolicy {
    /// Regions that are not.
    pub block: BTreeSet<Region>,
    /// The only ones that are; empty: no such bound.
    pub allow_only: BTreeSet<Region>,
    /// Which packets this is about.
    pub direction: Direction,
    /// Where only some are let through: what becomes of addresses of which it is not known whether
    /// they are among them.
    pub unknown: Unknown,
}

impl Default for GeoPolicy {
    fn default() -> Self {
        Self {
            block: BTreeSet::new(),
            allow_only: BTreeSet::new(),
            direction: Direction::In,
            unknown: Unknown::Pass,
        }
    }
}

/// Why a location is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeoRule {
    /// It is in a region that is blocked.
    Blocked(Region),
    /// It is in none of those that are allowed.
    NotAllowed,
}

impl fmt::Display for GeoRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocked(region) => region.fmt(f),
            Self::NotAllowed => f.write_str("not allowed"),
        }
    }
}

impl GeoPolicy {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.block.is_empty() && self.allow_only.is_empty()
    }

    /// Why a location is not let through, if it is not.
    #[must_use]
    pub fn rule(&self, location: Location) -> Option<GeoRule> {
        // It is asked for each of 262,144 classes: never look at every region.
        let blocked = Region::around(location).find(|region| self.block.contains(region));
        if let Some(region) = blocked {
            return Some(GeoRule::Blocked(region));
        }
        let is_allowed = |region| self.allow_only.contains(&region);
        if self.allow_only.is_empty() || Region::around(location).any(is_allowed) {
            return None;
        }
        let passes = self.is_doubtful(location) && self.unknown == Unknown::Pass;
        (!passes).then_some(GeoRule::NotAllowed)
    }

    /// Whether it cannot be told that a location is in none of those that are allowed.
    fn is_doubtful(&self, location: Location) -> bool {
        // Countries sort before systems.
        let (first, last) = (self.allow_only.first(), self.allow_only.last());
        let countries = matches!(first, Some(Region::Country(_)));
        let systems = matches!(last, Some(Region::System(_)));
        (countries && location.country.is_none()) || (systems && location.asn.is_none())
    }

    /// What the kernel does with packets of a location.
    #[must_use]
    pub fn action(&self, location: Location) -> SetAction {
        match (self.rule(location), self.direction) {
            (None, _) => SetAction::NONE,
            (Some(_), Direction::Both) => SetAction::ARRIVING.with(SetAction::DEPARTING),
            (Some(_), Direction::In) => SetAction::ARRIVING_NEW,
            (Some(_), Direction::Out) => SetAction::DEPARTING_NEW,
        }
    }

    /// Whether it ends a connection with a location that stands, begun by the peer or from here.
    #[must_use]
    pub fn ends(&self, location: Location, begun_by_peer: bool) -> bool {
        let about = match self.direction {
            Direction::Both => true,
            Direction::In => begun_by_peer,
            Direction::Out => !begun_by_peer,
        };
        about && self.rule(location).is_some()
    }

    /// Whether autonomous systems have to be told apart for it.
    #[must_use]
    pub fn asks_for_systems(&self) -> bool {
        let mut regions = self.block.iter().chain(&self.allow_only);
        regions.any(|region| matches!(region, Region::System(_)))
    }

    /// Whether countries have to be told apart for it.
    #[must_use]
    pub fn asks_for_countries(&self) -> bool {
        let mut regions = self.block.iter().chain(&self.allow_only);
        regions.any(|region| matches!(region, Region::Country(_)))
    }
}

impl fmt::Display for GeoPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |regions: &BTreeSet<Region>| {
            let regions: Vec<String> = regions.iter().map(Region::to_string).collect();
            regions.join(", ")
        };
        let direction = self.direction.label();
        let (block, only) = (&self.block, &self.allow_only);
        match (block.is_empty(), only.is_empty()) {
            (true, true) => f.write_str("every place is let through"),
            (false, true) => write!(f, "blocked ({direction}): {}", list(block)),
            (true, false) => write!(f, "allowed only ({direction}): {}", list(only)),
            (false, false) => write!(
                f,
                "allowed only ({direction}): {}; and of these blocked: {}",
                list(only),
                list(block)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(texts: &[&str]) -> BTreeSet<Region> {
        texts
            .iter()
            .map(|text| text.parse().expect("it is one"))
            .collect()
    }

    fn at(country: &str, asn: u32) -> Location {
        Location {
            country: Country::of_letters(country),
            asn: (asn != 0).then_some(Asn(asn)),
        }
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

    #[test]
    fn blocked_regions_go_by_country_or_system() {
        let policy = GeoPolicy {
            block: regions(&["CN", "AS4134"]),
            ..GeoPolicy::default()
        };
        let rule = |location| policy.rule(location).map(|rule| rule.to_string());
        assert_eq!(rule(at("CN", 1)).as_deref(), Some("CN"));
        assert_eq!(rule(at("DE", 4134)).as_deref(), Some("AS4134"));
        assert_eq!(rule(at("DE", 0)), None);
        assert_eq!(rule(Location::default()), None);
        assert_eq!(policy.action(at("CN", 1)), SetAction::ARRIVING_NEW);
        let both = GeoPolicy {
            direction: Direction::Both,
            ..policy.clone()
        };
        assert_eq!(
            both.action(at("CN", 1)),
            SetAction::ARRIVING.with(SetAction::DEPARTING)
        );
        assert_eq!(both.action(at("DE", 1)), SetAction::NONE);
        assert!(policy.ends(at("CN", 1), true) && !policy.ends(at("CN", 1), false));
        assert!(both.ends(at("CN", 1), false) && !both.ends(at("FR", 1), false));
    }

    #[test]
    fn where_only_some_are_allowed_the_unknown_are_what_the_operator_says() {
        let mut policy = GeoPolicy {
            allow_only: regions(&["DE", "AS3320"]),
            ..GeoPolicy::default()
        };
        for passes in [at("DE", 1), at("FR", 3320), at("", 3320), at("DE", 0)] {
            assert_eq!(policy.rule(passes), None, "{passes:?}");
        }
        assert_eq!(policy.rule(at("FR", 1)), Some(GeoRule::NotAllowed));
        for doubtful in [Location::default(), at("", 1), at("FR", 0)] {
            policy.unknown = Unknown::Pass;
            assert_eq!(policy.rule(doubtful), None, "{doubtful:?}");
            policy.unknown = Unknown::Block;
            assert_eq!(
                policy.rule(doubtful),
                Some(GeoRule::NotAllowed),
                "{doubtful:?}"
            );
        }
        policy.block = regions(&["AS3320"]);
        assert_eq!(
            policy
                .rule(at("DE", 3320))
                .map(|rule| rule.to_string())
                .as_deref(),
            Some("AS3320")
        );
    }
}
