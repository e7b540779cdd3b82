// SPDX-License-Identifier: MIT
//! Which ban comes first.

use aegis_api::{Ban, BanCause};
use jiff::Timestamp;
use std::cmp::Ordering;

/// By what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BanSort {
    /// The newest first.
    #[default]
    Since,
    /// What ends soonest first.
    Until,
    /// As the daemon lists them, by address.
    Target,
    /// By who wants it.
    Why,
    /// By country and network.
    Place,
}

impl BanSort {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Since,
        Self::Until,
        Self::Target,
        Self::Why,
        Self::Place,
    ];

    /// What it is called.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Since => "since",
            Self::Until => "until",
            Self::Target => "target",
            Self::Why => "why",
            Self::Place => "place",
        }
    }

    /// Which of two comes first; the same in both ways where they are equal.
    #[must_use]
    pub fn compare(self, one: &Ban, other: &Ban, is_reversed: bool) -> Ordering {
        let order = match self {
            Self::Since => since(other).cmp(&since(one)),
            Self::Until => end(one).cmp(&end(other)),
            Self::Target => Ordering::Equal,
            Self::Why => why(one).cmp(&why(other)),
            Self::Place => place(one).cmp(&place(other)),
        };
        match (self, is_reversed) {
            // The list is in the order of targets, and sorting keeps it.
            (Self::Target, true) => net(other).cmp(&net(one)),
            (_, true) => order.reverse(),
            (_, false) => order,
        }
    }
}

/// Since when a ban stands, by its newest cause.
#[must_use]
pub fn since(ban: &Ban) -> Option<Timestamp> {
    ban.causes.iter().map(|cause: &BanCause| cause.since).max()
}

fn end(ban: &Ban) -> Timestamp {
    ban.expires.unwrap_or(Timestamp::MAX)
}

fn why(ban: &Ban) -> Option<&str> {
    ban.causes.first().map(|cause| cause.origin.as_str())
}

fn net(ban: &Ban) -> Option<ipnet::IpNet> {
    crate::model::search::net_of(&ban.target)
}

/// Those of which the place is not known come last.
fn place(ban: &Ban) -> (bool, Option<&str>, Option<u32>) {
    let place = ban.place.as_ref();
    let country = place.and_then(|place| place.country.as_deref());
    let asn = place.and_then(|place| place.asn);
    (country.is_none() && asn.is_none(), country, asn)
}
