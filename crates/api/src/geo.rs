// SPDX-License-Identifier: MIT
//! Databases of places, and which places are let through.

use crate::openapi::Rfc3339;
use crate::{Direction, RegionAction};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A database that is in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GeoDatabase {
    /// The file.
    pub path: String,
    /// What it calls itself, such as `DBIP-Country-Lite`.
    pub kind: String,
    /// When it was made.
    #[schemars(with = "Rfc3339")]
    pub built: Timestamp,
    /// What it is asked for: `country`, `city`, `asn`, `provider`, `anonymity`.
    pub answers: Vec<String>,
    /// What is to be said wherever it is used.
    pub attribution: Option<String>,
}

/// What is known of places, and what is done about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GeoStatus {
    /// Databases in use.
    pub databases: Vec<GeoDatabase>,
    /// What is enforced; null: nothing.
    pub policy: Option<GeoPolicy>,
    /// What is amiss, one line each.
    pub warnings: Vec<String>,
}

/// Which places are not let through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GeoPolicy {
    /// Countries and autonomous systems that are not.
    pub block: Vec<String>,
    /// The only ones that are, where there are any here.
    pub allow_only: Vec<String>,
    /// What the configuration says which packets of theirs are not; [`GeoRule::direction`] has what
    /// holds.
    pub direction: Direction,
    /// What becomes of each country and autonomous system that is named.
    pub rules: Vec<GeoRule>,
    /// What becomes of addresses of which the place is not known, where only some are let through:
    /// `pass` or `block`.
    pub unknown: String,
    /// Pieces of IPv4 that the kernel has been given.
    pub pieces_v4: usize,
    /// Pieces of IPv6.
    pub pieces_v6: usize,
    /// How long it took to read databases and to load the pieces, milliseconds.
    pub loaded_in_ms: u64,
    /// Countries and autonomous systems whose packets were dropped.
    pub hits: Vec<GeoHits>,
}

/// What becomes of a country or an autonomous system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GeoRule {
    /// Such as `CN` or `AS4134`.
    pub region: String,
    /// Its English name, where it is a country.
    pub name: Option<String>,
    /// What becomes of it.
    pub action: RegionAction,
    /// Which packets that is about.
    pub direction: Direction,
    /// Who says so: `configuration`, `operator`, or others, such as `crowdsec`.
    pub origin: String,
    /// Until when; null: until somebody says otherwise.
    #[schemars(with = "Option<Rfc3339>")]
    pub until: Option<Timestamp>,
    /// Ranges of IPv4 that the kernel knows to be there.
    pub ranges_v4: u64,
    /// Ranges of IPv6.
    pub ranges_v6: u64,
    /// Packets of peers there that were dropped for where they are, whatever the rule was then.
    pub packets: u64,
    /// Bytes of these.
    pub bytes: u64,
}

/// Blocks a country or an autonomous system, beyond what is blocked of it already. It stays so until
/// somebody says otherwise, or the configuration has it otherwise than now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeoBlockRequest {
    /// Such as `CN` or `AS4134`.
    pub region: String,
    /// Which packets; null: as the configuration says of those that it blocks.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// Even where somebody administers this host from there.
    #[serde(default)]
    pub force: bool,
    /// The peer of the session that asks, which is not to be cut off.
    #[serde(default)]
    pub session_peer: Option<IpAddr>,
}

/// Lets a country or an autonomous system through that is blocked. It stays so, likewise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeoUnblockRequest {
    /// Such as `CN` or `AS4134`.
    pub region: String,
    /// Which packets; null: all.
    #[serde(default)]
    pub direction: Option<Direction>,
}

/// What a [`GeoBlockRequest`] or a [`GeoUnblockRequest`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GeoAnswer {
    /// Such as `CN` or `AS4134`.
    pub region: String,
    /// Its English name, where it is a country.
    pub name: Option<String>,
    /// Which of its packets are not let through now; null: all are.
    pub blocked: Option<Direction>,
    /// Whether that was otherwise before.
    pub changed: bool,
    /// Whether the kernel goes by it already; else it does in a second or two.
    pub enforced: bool,
    /// What else there is to say, one line each.
    pub notes: Vec<String>,
    /// Why it will not outlive the daemon, if it will not.
    pub state_problem: Option<String>,
}

/// Packets that were dropped for where their peer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GeoHits {
    /// The country; null: unknown.
    pub country: Option<String>,
    /// The autonomous system; null: unknown.
    pub asn: Option<u32>,
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}
