// SPDX-License-Identifier: MIT
//! Why an address is treated as it is.

use crate::openapi::Rfc3339;
use crate::{Allow, Ban, CrowdSecDecision, Listed, Place, SecurityEvent};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

macro_rules! verdicts {
    ($($(#[$doc:meta])* $variant:ident $label:literal,)+) => {
        /// What becomes of the packets of an address, in one word.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Standing { $($(#[$doc])* $variant,)+ }

        impl Standing {
            /// The name in JSON.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }
    };
}

verdicts! {
    /// Nothing is held against it.
    #[default]
    Free "free",
    /// Everything of it passes, whatever else holds.
    Allowlisted "allowlisted",
    /// Nothing of it passes.
    Banned "banned",
    /// Nothing of it passes, or nothing that it or the host begins: a list names it.
    Listed "listed",
    /// Part of what it sends does not pass.
    BannedInPart "banned_in_part",
    /// It begins no connection for the moment.
    CoolingDown "cooling_down",
}

/// About whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhyQuery {
    /// One address, not a prefix.
    pub address: IpAddr,
}

/// Everything that is known about an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// The address.
    pub address: IpAddr,
    /// Where it is; left out where no database is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The entry of `[geo]` that does not let it through: `CN`, `AS4134`, or `not allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo_rule: Option<String>,
    /// In one word.
    pub standing: Standing,
    /// Bans of it and of prefixes around it, with their causes.
    pub bans: Vec<Ban>,
    /// The allowlist entry that lets it through.
    pub allowlisted: Option<Allow>,
    /// Lists that name it, whether or not anything comes of it.
    #[serde(default)]
    pub lists: Vec<Listed>,
    /// What the host needs it for, such as `a gateway of this host`; then no detector bans it.
    pub protected: Vec<String>,
    /// Until when it begins no connection.
    pub cooling_down: Option<CoolDown>,
    /// What is being counted of it, whether it went too far or not.
    pub counted: Option<Counted>,
    /// What detectors found.
    pub evidence: Option<Evidence>,
    /// What CrowdSec decides.
    #[serde(default)]
    pub decisions: Vec<CrowdSecDecision>,
    /// Sample packets: events of the time when it offended, then recent ones; the newest last.
    pub events: Vec<SecurityEvent>,
    /// Its connections at the moment.
    pub flows: usize,
}

/// A source that begins no connection for the moment; those that it has go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoolDown {
    /// The address, or the IPv6 network, that cools down as a whole.
    pub source: String,
    /// Until when.
    #[schemars(with = "Rfc3339")]
    pub until: Timestamp,
    /// The same from now, rounded up.
    pub seconds_left: u64,
    /// How often it went too far since it is known.
    pub strikes: u32,
    /// What it did last, such as `port_scan`, where that is remembered.
    pub cause: Option<String>,
}

/// Unsolicited packets of a source in the window that is being counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// As [`CoolDown::source`].
    pub source: String,
    /// The beginning of the window.
    #[schemars(with = "Rfc3339")]
    pub since: Timestamp,
    /// Packets.
    pub packets: u32,
    /// Of them, those over a rate.
    pub refused: u32,
    /// Distinct ports tried.
    pub ports: u16,
    /// The ports tried last.
    pub recent_ports: Vec<u16>,
}

/// What detectors found about a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The address, or the IPv6 network, about which it was found.
    pub source: String,
    /// By kind.
    pub charges: Vec<Charge>,
    /// Bans of everything that it was given for what nobody else can have sent in its name.
    pub bans_proven: u32,
    /// Bans of new connections that it was given for what others may have sent in its name.
    pub bans_unproven: u32,
}

/// Everything of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Charge {
    /// Such as `port_scan`.
    pub kind: String,
    /// What that is, in words.
    pub summary: String,
    /// How often it was told.
    pub offences: u64,
    /// Of these, how often nobody else can have sent the packets.
    pub proven: u64,
    /// Unsolicited packets.
    pub packets: u64,
    /// Of these, those over a rate.
    pub refused: u64,
    /// Distinct ports, at most at once.
    pub ports: u32,
    /// Ports of the last time.
    pub recent_ports: Vec<u16>,
    /// The first packet.
    #[schemars(with = "Rfc3339")]
    pub first: Timestamp,
    /// The last time.
    #[schemars(with = "Rfc3339")]
    pub last: Timestamp,
}
