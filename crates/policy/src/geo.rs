// SPDX-License-Identifier: MIT
//! Which countries and autonomous systems are let through.

mod region;
mod words;

pub use region::{NoRegion, Region};
pub use words::{RegionWord, RegionWords};

use crate::config::{Choice, Direction, Unknown};
use aegis_abi::SetAction;
use aegis_lists::geo::Location;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is let through, by where the peer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeoPolicy {
    /// Regions that are not, and which of their packets.
    pub block: BTreeMap<Region, Direction>,
    /// The only ones that are; empty: no such bound.
    pub allow_only: BTreeSet<Region>,
    /// Where only some are let through: which packets of all others are not.
    pub direction: Direction,
    /// Where only some are let through: what becomes of addresses of which it is not known whether
    /// they are among them.
    pub unknown: Unknown,
}

impl Default for GeoPolicy {
    fn default() -> Self {
        Self {
            block: BTreeMap::new(),
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
        self.rules(location).next().map(|(rule, _)| rule)
    }

    /// Everything that keeps a location out, and which of its packets.
    fn rules(&self, location: Location) -> impl Iterator<Item = (GeoRule, Direction)> + '_ {
        // It is asked for each of 262,144 classes: never look at every region.
        let blocked = Region::around(location).filter_map(|region| {
            let direction = self.block.get(&region)?;
            Some((GeoRule::Blocked(region), *direction))
        });
        let others = self.leaves_out(location);
        blocked.chain(others.then_some((GeoRule::NotAllowed, self.direction)))
    }

    /// Whether only some are let through, and a location is none of them.
    fn leaves_out(&self, location: Location) -> bool {
        let is_allowed = |region| self.allow_only.contains(&region);
        if self.allow_only.is_empty() || Region::around(location).any(is_allowed) {
            return false;
        }
        !(self.is_doubtful(location) && self.unknown == Unknown::Pass)
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
        let actions = self.rules(location).map(|(_, direction)| match direction {
            Direction::Both => SetAction::ARRIVING.with(SetAction::DEPARTING),
            Direction::In => SetAction::ARRIVING_NEW,
            Direction::Out => SetAction::DEPARTING_NEW,
        });
        actions.fold(SetAction::NONE, SetAction::with)
    }

    /// Whether it ends a connection with a location that stands, begun by the peer or from here.
    #[must_use]
    pub fn ends(&self, location: Location, begun_by_peer: bool) -> bool {
        let mut rules = self.rules(location);
        rules.any(|(_, direction)| match direction {
            Direction::Both => true,
            Direction::In => begun_by_peer,
            Direction::Out => !begun_by_peer,
        })
    }

    /// Whether autonomous systems have to be told apart for it.
    #[must_use]
    pub fn asks_for_systems(&self) -> bool {
        let mut regions = self.block.keys().chain(&self.allow_only);
        regions.any(|region| matches!(region, Region::System(_)))
    }

    /// Whether countries have to be told apart for it.
    #[must_use]
    pub fn asks_for_countries(&self) -> bool {
        let mut regions = self.block.keys().chain(&self.allow_only);
        regions.any(|region| matches!(region, Region::Country(_)))
    }
}

impl fmt::Display for GeoPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blocked = self.block.iter();
        let blocked =
            blocked.map(|(region, direction)| format!("{region} ({})", direction.label()));
        let blocked = blocked.collect::<Vec<_>>().join(", ");
        let only = self.allow_only.iter().map(Region::to_string);
        let only = only.collect::<Vec<_>>().join(", ");
        let direction = self.direction.label();
        match (blocked.is_empty(), only.is_empty()) {
            (true, true) => f.write_str("every place is let through"),
            (false, true) => write!(f, "blocked: {blocked}"),
            (true, false) => write!(f, "allowed only ({direction}): {only}"),
            (false, false) => write!(
                f,
                "allowed only ({direction}): {only}; and of these blocked: {blocked}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_lists::geo::{Asn, Country};

    fn blocked(texts: &[&str], direction: Direction) -> BTreeMap<Region, Direction> {
        let regions = regions(texts).into_iter();
        regions.map(|region| (region, direction)).collect()
    }

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
    fn blocked_regions_go_by_country_or_system() {
        let policy = GeoPolicy {
            block: blocked(&["CN", "AS4134"], Direction::In),
            ..GeoPolicy::default()
        };
        let rule = |location| policy.rule(location).map(|rule| rule.to_string());
        assert_eq!(rule(at("CN", 1)).as_deref(), Some("CN"));
        assert_eq!(rule(at("DE", 4134)).as_deref(), Some("AS4134"));
        assert_eq!(rule(at("DE", 0)), None);
        assert_eq!(rule(Location::default()), None);
        assert_eq!(policy.action(at("CN", 1)), SetAction::ARRIVING_NEW);
        let both = GeoPolicy {
            block: blocked(&["CN", "AS4134"], Direction::Both),
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
    fn what_is_in_two_regions_is_kept_from_what_either_of_them_is() {
        let mut policy = GeoPolicy {
            block: blocked(&["CN"], Direction::In),
            ..GeoPolicy::default()
        };
        policy.block.extend(blocked(&["AS4134"], Direction::Out));
        let neither = SetAction::ARRIVING_NEW.with(SetAction::DEPARTING_NEW);
        assert_eq!(policy.action(at("CN", 4134)), neither);
        assert_eq!(policy.action(at("CN", 1)), SetAction::ARRIVING_NEW);
        assert_eq!(policy.action(at("DE", 4134)), SetAction::DEPARTING_NEW);
        assert!(policy.ends(at("CN", 4134), true) && policy.ends(at("CN", 4134), false));
        assert_eq!(policy.to_string(), "blocked: CN (in), AS4134 (out)");
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
        policy.block = blocked(&["AS3320"], Direction::In);
        assert_eq!(
            policy
                .rule(at("DE", 3320))
                .map(|rule| rule.to_string())
                .as_deref(),
            Some("AS3320")
        );
    }
}
