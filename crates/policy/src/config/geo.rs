// SPDX-License-Identifier: MIT
//! `[geo]`: where addresses are, and which places are let through.

use super::choice::choice;
use super::kind::Wrong;
use super::value::Slot;
use super::{Choice, Direction, Effect, Form, Key, Kind, Mistake, Origin, Value};
use crate::{GeoPolicy, Region};
use std::collections::BTreeSet;

choice! {
    /// What becomes of addresses of unknown places where only some places are let through.
    Unknown {
        /// They pass.
        #[default]
        Pass = "pass",
        /// They do not.
        Block = "block",
    }
}

/// Where addresses are, and which places are let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geo {
    /// The database of countries; empty: the newest that is found.
    pub country: String,
    /// The database of cities, likewise.
    pub city: String,
    /// The database of autonomous systems, likewise.
    pub asn: String,
    /// Whether databases are fetched every month.
    pub update: bool,
    /// Where from: `{what}`, `{year}` and `{month}` are put in.
    pub url: String,
    /// Whether that of cities is fetched too.
    pub update_city: bool,
    /// Whether the kernel is given every place although nothing is blocked.
    pub preload: bool,
    /// Regions that are not let through.
    pub block: BTreeSet<Region>,
    /// The only ones that are; empty: no such bound.
    pub allow_only: BTreeSet<Region>,
    /// Which packets either is about.
    pub direction: Direction,
    /// Under `allow_only`: what becomes of addresses of unknown places.
    pub unknown: Unknown,
}

impl Default for Geo {
    fn default() -> Self {
        let url = "https://download.db-ip.com/free/dbip-{what}-lite-{year}-{month}.mmdb.gz";
        Self {
            country: String::new(),
            city: String::new(),
            asn: String::new(),
            update: false,
            url: url.to_owned(),
            update_city: false,
            preload: false,
            block: BTreeSet::new(),
            allow_only: BTreeSet::new(),
            direction: Direction::In,
            unknown: Unknown::default(),
        }
    }
}

impl Geo {
    /// What it comes to.
    #[must_use]
    pub fn policy(&self) -> GeoPolicy {
        let blocked = self.block.iter().map(|region| (*region, self.direction));
        GeoPolicy {
            block: blocked.collect(),
            allow_only: self.allow_only.clone(),
            direction: self.direction,
            unknown: self.unknown,
        }
    }

    /// Which packets of a region are not let through because `block` names it; `None`: it does not.
    #[must_use]
    pub fn blocked(&self, region: Region) -> Option<Direction> {
        self.block.contains(&region).then_some(self.direction)
    }

    /// What is wrong where both kinds of lists are set.
    pub(super) fn contradiction(&self, block: &Origin, allow_only: &Origin) -> Option<Mistake> {
        let both = !self.block.is_empty() && !self.allow_only.is_empty();
        let place = match allow_only {
            Origin::Default => block.place(),
            set => set.place(),
        };
        let message = "geo.block and geo.allow_only are both set: where only some places are let \
                       through, all others are blocked as it is";
        both.then(|| Mistake::new(place, message, "keep one of them"))
    }
}

/// Reads a list of regions.
pub(super) fn regions(items: &[String]) -> Result<Value, Wrong> {
    let mut regions = BTreeSet::new();
    for item in items {
        let region = item.parse::<Region>();
        let region = region.map_err(|error| Wrong::new(error.message, error.next))?;
        regions.insert(region);
    }
    Ok(Value::Regions(regions))
}

macro_rules! file {
    ($name:literal, $field:ident, $about:literal) => {
        Key::new(
            concat!("geo.", $name),
            Kind::Text(Form::File),
            |config| Slot::Text(&mut config.geo.$field),
            $about,
        )
        .effect(Effect::Restart)
    };
}

pub(super) const COUNTRY: Key = file!(
    "country",
    country,
    "The database of countries: an MMDB file, or the `geoip` of tor. Without one, the newest that \
     is found in /var/lib/aegis and /usr/share/GeoIP."
);

pub(super) const CITY: Key = file!("city", city, "The database of cities, likewise.");

pub(super) const ASN: Key = file!("asn", asn, "The database of autonomous systems, likewise.");

pub(super) const BLOCK: Key = Key::new(
    "geo.block",
    Kind::Regions,
    |config| Slot::Regions(&mut config.geo.block),
    "Countries and autonomous systems that are not let through, such as [\"CN\", \"AS4134\"]. \
     Private and other special addresses always are, and so is what the host needs: its \
     gateways, resolvers, and those who are logged in.",
);

pub(super) const ALLOW_ONLY: Key = Key::new(
    "geo.allow_only",
    Kind::Regions,
    |config| Slot::Regions(&mut config.geo.allow_only),
    "The only countries and autonomous systems that are let through; not together with `block`.",
);

pub(super) const DIRECTION: Key = Key::new(
    "geo.direction",
    Kind::Word(Direction::WORDS),
    |config| Slot::Word(&mut config.geo.direction),
    "What this is about: connections that such peers begin (in), that are begun with them from \
     here (out), or everything (both).",
);

pub(super) const UNKNOWN: Key = Key::new(
    "geo.unknown",
    Kind::Word(Unknown::WORDS),
    |config| Slot::Word(&mut config.geo.unknown),
    "Under `allow_only`: what becomes of addresses that no database knows.",
);

pub(super) const PRELOAD: Key = Key::new(
    "geo.preload",
    Kind::Bool,
    |config| Slot::Bool(&mut config.geo.preload),
    "Give the kernel every place although nothing is blocked yet, so that blocking some is a \
     matter of a moment. It takes some tens of megabytes.",
);

pub(super) const UPDATE: Key = Key::new(
    "geo.update",
    Kind::Bool,
    |config| Slot::Bool(&mut config.geo.update),
    "Fetch the free databases of DB-IP every month, as `aegis-cli geo update` does. They are \
     licensed under CC BY 4.0; `geo` and `status` name their maker.",
);

pub(super) const UPDATE_CITY: Key = Key::new(
    "geo.update_city",
    Kind::Bool,
    |config| Slot::Bool(&mut config.geo.update_city),
    "Fetch that of cities, too, which is more than 100 MB large.",
);

pub(super) const URL: Key = Key::new(
    "geo.url",
    Kind::Text(Form::Url),
    |config| Slot::Text(&mut config.geo.url),
    "Where from. `{what}` is country, asn or city, `{year}` and `{month}` are those of now.",
);
