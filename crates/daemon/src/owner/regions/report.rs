// SPDX-License-Identifier: MIT
//! Which places are let through, and what that came to.

use super::super::Owner;
use crate::error::from_engine;
use crate::{geo, word};
use aegis_abi::Count;
use aegis_api as api;
use aegis_api::{ApiError, GeoHits, GeoRule, GeoStatus, RegionAction};
use aegis_lists::ClassId;
use aegis_lists::geo::Location;
use aegis_policy::config::{Choice, Direction};
use aegis_policy::{GeoPolicy, Origin, Region};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Whoever wrote it says so.
const CONFIGURATION: &str = "configuration";

impl Owner {
    pub(in crate::owner) fn geo_status(&self) -> Result<GeoStatus, ApiError> {
        let atlas = self.places.atlas();
        let warnings = self.places.problem().into_iter();
        let warnings = warnings.chain(self.idle_regions());
        Ok(GeoStatus {
            databases: geo::databases(atlas),
            policy: Some(self.geo_policy()?),
            warnings: warnings.chain(atlas.warnings(Timestamp::now())).collect(),
        })
    }

    /// What of the policy does nothing, as what departs is not judged.
    pub(in crate::owner) fn idle_regions(&self) -> Option<String> {
        let policy = self.places.policy();
        let blocked = policy.block.iter();
        let blocked = blocked.filter(|(_, way)| **way == Direction::Out);
        let mut idle: Vec<String> = blocked.map(|(region, _)| region.to_string()).collect();
        if !policy.allow_only.is_empty() && policy.direction == Direction::Out {
            idle.push("all but geo.allow_only".to_owned());
        }
        let judged = self.expected.egress || idle.is_empty();
        (!judged).then(|| {
            let idle = idle.join(", ");
            format!(
                "blocked in vain: {idle}: it is about what departs, which is not judged (--no-tc)"
            )
        })
    }

    fn geo_policy(&self) -> Result<api::GeoPolicy, ApiError> {
        let policy = self.places.policy();
        let hits = self.place_hits()?;
        let loaded = self.places.loaded().cloned().unwrap_or_default();
        Ok(api::GeoPolicy {
            block: policy.block.keys().map(Region::to_string).collect(),
            allow_only: policy.allow_only.iter().map(Region::to_string).collect(),
            direction: word::told(self.places.config().direction),
            rules: self.geo_rules(&policy, &hits),
            unknown: policy.unknown.label().to_owned(),
            pieces_v4: loaded.extent.pieces.0,
            pieces_v6: loaded.extent.pieces.1,
            loaded_in_ms: u64::try_from(loaded.took.as_millis()).unwrap_or(u64::MAX),
            hits: told(hits),
        })
    }

    /// Packets that were dropped, by where their peer is.
    fn place_hits(&self) -> Result<Vec<(Location, Count)>, ApiError> {
        let hits = self.engine.place_hits();
        let hits = hits.map_err(|error| from_engine(&error))?;
        let located =
            |(class, count): (ClassId, Count)| Some((self.places.location(class.0)?, count));
        Ok(hits.into_iter().filter_map(located).collect())
    }

    /// Every region that somebody has named, with what becomes of it.
    fn geo_rules(&self, policy: &GeoPolicy, hits: &[(Location, Count)]) -> Vec<GeoRule> {
        let blocked = policy.block.iter();
        let blocked = blocked.map(|(region, way)| (*region, RegionAction::Block, *way));
        let allowed = policy.allow_only.iter();
        let allowed = allowed.map(|region| (*region, RegionAction::Allow, policy.direction));
        let passing = self
            .places
            .words()
            .iter()
            .filter(|(_, word)| word.blocked.is_none());
        let passing = passing.map(|(region, word)| {
            let way = word.configured.unwrap_or(self.places.config().direction);
            (region, RegionAction::Pass, way)
        });
        let named: Vec<_> = blocked.chain(allowed).chain(passing).collect();
        let tallies = self.tallies(named.iter().map(|(region, ..)| *region), hits);
        let rule = |(region, action, way): (Region, RegionAction, Direction)| {
            let (origin, until) = self.origin_of(region, action);
            let tally = tallies.get(&region).copied().unwrap_or_default();
            GeoRule {
                region: region.to_string(),
                name: region.name().map(str::to_owned),
                action,
                direction: word::told(way),
                origin,
                until,
                ranges_v4: tally.v4,
                ranges_v6: tally.v6,
                packets: tally.packets,
                bytes: tally.bytes,
            }
        };
        named.into_iter().map(rule).collect()
    }

    /// Who says what becomes of a region, and until when.
    fn origin_of(&self, region: Region, action: RegionAction) -> (String, Option<Timestamp>) {
        let said = self.places.words().of(region).is_some() && action != RegionAction::Allow;
        if said {
            return (Origin::Operator.label().to_owned(), None);
        }
        match self.places.decided(region) {
            Some((origin, decision)) if self.places.config().blocked(region).is_none() => {
                (origin.to_owned(), decision.until)
            }
            _ => (CONFIGURATION.to_owned(), None),
        }
    }

    /// What there is of regions, and what was dropped of them. Every class is looked at once.
    fn tallies(
        &self,
        regions: impl Iterator<Item = Region>,
        hits: &[(Location, Count)],
    ) -> BTreeMap<Region, Tally> {
        let mut tallies: BTreeMap<Region, Tally> =
            regions.map(|region| (region, Tally::default())).collect();
        let mut add = |location, add: &dyn Fn(&mut Tally)| {
            for region in Region::around(location) {
                tallies.entry(region).and_modify(add);
            }
        };
        for (location, ranges) in self.places.ranges() {
            add(location, &|tally| {
                tally.v4 += u64::from(ranges.v4);
                tally.v6 += u64::from(ranges.v6);
            });
        }
        for (location, count) in hits {
            add(*location, &|tally| {
                tally.packets += count.packets;
                tally.bytes += count.bytes;
            });
        }
        tallies
    }
}

/// What there is of a region.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    v4: u64,
    v6: u64,
    packets: u64,
    bytes: u64,
}

/// The most first.
fn told(hits: Vec<(Location, Count)>) -> Vec<GeoHits> {
    let told = |(location, count): (Location, Count)| GeoHits {
        country: location.country.map(|country| country.to_string()),
        asn: location.asn.map(|asn| asn.0),
        packets: count.packets,
        bytes: count.bytes,
    };
    let mut hits: Vec<GeoHits> = hits.into_iter().map(told).collect();
    hits.sort_by_key(|hits| std::cmp::Reverse(hits.packets));
    hits
}
