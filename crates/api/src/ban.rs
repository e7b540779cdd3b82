// SPDX-License-Identifier: MIT
//! Bans.

use crate::openapi::Rfc3339;
use crate::{EndedSockets, Place};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Bans an address or a prefix, or part of its traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BanRequest {
    /// `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`; a prefix has no host bits set.
    pub target: String,
    /// Only packets to this port, counted from 1.
    #[serde(default)]
    pub port: Option<u16>,
    /// Only this protocol, by name or number.
    #[serde(default)]
    pub protocol: Option<String>,
    /// How long, between a second and a century; for good where absent.
    #[serde(default)]
    pub for_seconds: Option<u64>,
    /// A note for people.
    #[serde(default)]
    pub reason: Option<String>,
    /// Ban even what the host needs, such as its gateway.
    #[serde(default)]
    pub force: bool,
    /// The address from which the person who asks is logged in: protected like the gateway.
    #[serde(default)]
    pub session_peer: Option<IpAddr>,
}

/// Ends bans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnbanRequest {
    /// As [`BanRequest::target`]; only bans of exactly this target end.
    pub target: String,
    /// With a port or a protocol only that part is unbanned, without both every part is.
    #[serde(default)]
    pub port: Option<u16>,
    /// As `port`.
    #[serde(default)]
    pub protocol: Option<String>,
    /// Only the ban on this part, in the words of [`Ban::part`], such as `new connections`; instead of
    /// `port` and `protocol`.
    #[serde(default)]
    pub part: Option<String>,
    /// Only the cause of this origin, as [`BanCause::origin`] has it, ends: a ban stands by its others.
    #[serde(default)]
    pub origin: Option<String>,
}

/// One ban in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ban {
    /// An address, or a prefix with its length.
    pub target: String,
    /// Only packets to this port.
    pub port: Option<u16>,
    /// Only this protocol.
    pub protocol: Option<String>,
    /// What of it is banned, in words: `everything`, `new connections`, `tcp port 22`.
    #[serde(default)]
    pub part: String,
    /// Why it holds, one cause for each origin; it ends with the last of them.
    #[serde(default)]
    pub causes: Vec<BanCause>,
    /// A note for people.
    pub reason: Option<String>,
    /// The number by which events name it.
    pub rule: u32,
    /// When it ends; null: never.
    #[schemars(with = "Option<Rfc3339>")]
    pub expires: Option<Timestamp>,
    /// The same from now, rounded up; null: never.
    pub expires_in_seconds: Option<u64>,
    /// Where the target is, all of it; left out where no database is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Why a ban holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BanCause {
    /// `operator`, or what a detector found, such as `port_scan`, or `crowdsec`.
    pub origin: String,
    /// A note for people; the figures, where a detector wants the ban; CrowdSec's scenario.
    pub reason: Option<String>,
    /// Since when.
    #[schemars(with = "Rfc3339")]
    pub since: Timestamp,
    /// When it ends; null: never.
    #[schemars(with = "Option<Rfc3339>")]
    pub expires: Option<Timestamp>,
    /// The same from now, rounded up; null: never.
    pub expires_in_seconds: Option<u64>,
}

/// Which bans; all of them unless it says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BanQuery {
    /// Only those that have a cause of this origin, such as `operator` or `crowdsec`.
    #[serde(default)]
    pub origin: Option<String>,
    /// Only those that somebody on this host wants, the operator or a detector: what others decide,
    /// very many perhaps, is counted.
    #[serde(default)]
    pub own: bool,
}

/// Bans in force, by target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BanList {
    /// The bans.
    pub bans: Vec<Ban>,
    /// By origin, how many more there are that only others want; empty unless [`BanQuery::own`].
    #[serde(default)]
    pub others: BTreeMap<String, usize>,
}

/// What a [`BanRequest`] did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BanAnswer {
    /// The ban now in force.
    pub ban: Ban,
    /// Whether it renewed a ban that was there.
    pub renewed: bool,
    /// That ban as it was, where it did.
    #[serde(default)]
    pub before: Option<Box<Ban>>,
    /// An allowlist entry because of which packets of the target pass nevertheless; only where forced.
    pub overruled_by: Option<String>,
    /// Sockets of this host that were ended; none for a ban of only a part.
    #[serde(default)]
    pub sockets: EndedSockets,
    /// Why this would be lost with the daemon; null: it would not.
    #[serde(default)]
    pub state_problem: Option<String>,
}

/// What an [`UnbanRequest`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnbanAnswer {
    /// The bans that ended, by the causes that did.
    pub removed: Vec<Ban>,
    /// The bans on the same parts that stand by other causes.
    #[serde(default)]
    pub still_banned: Vec<Ban>,
    /// A banned prefix that still covers the target, if any.
    pub still_covered_by: Option<String>,
    /// Whether it was cooling down after a scan or flood, and no longer is.
    #[serde(default)]
    pub pardoned: bool,
    /// Why this would be lost with the daemon; null: it would not.
    #[serde(default)]
    pub state_problem: Option<String>,
}
