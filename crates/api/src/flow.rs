// SPDX-License-Identifier: MIT
//! Connections: listed, counted together, and killed.

mod filter;
mod group;
mod order;
mod query;

pub use group::{FlowGroup, FlowGroupList};
pub use order::{FlowGroupBy, FlowGroupSort, FlowSort};
pub use query::{FlowFilter, FlowGroupParameters, FlowGroupQuery, FlowParameters, FlowQuery};

use crate::openapi::Rfc3339;
use crate::{Place, Standing, Total};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flow {
    /// `tcp/PEER:PORT/LOCAL:PORT`, IPv6 in brackets; names it for as long as it lives.
    pub id: String,
    /// Who began it: `in`, `out` or `unknown`.
    pub direction: String,
    /// Such as `established`.
    pub state: String,
    /// In lower case, such as `tcp`; its number where it has no name here.
    pub proto: String,
    /// The other end.
    pub peer: IpAddr,
    /// Its port; the identifier of an ICMP echo, for who asks.
    pub peer_port: u16,
    /// This end: this host, or whom it forwards for.
    pub local: IpAddr,
    /// Its port, likewise.
    pub local_port: u16,
    /// The first packet.
    #[schemars(with = "Rfc3339")]
    pub first_seen: Timestamp,
    /// The last packet.
    #[schemars(with = "Rfc3339")]
    pub last_seen: Timestamp,
    /// Since the first packet.
    pub age_seconds: u64,
    /// Since the last packet.
    pub idle_seconds: u64,
    /// From the peer.
    pub received: Total,
    /// To the peer.
    pub sent: Total,
    /// Bytes both ways from the first packet to the last, a second.
    pub bytes_per_second: u64,
    /// What moves at the moment.
    #[serde(default)]
    pub now: FlowRate,
    /// What becomes of its packets: `pass` or `drop`.
    #[serde(default)]
    pub verdict: String,
    /// How the peer stands.
    #[serde(default)]
    pub standing: Standing,
    /// Why the verdict is `drop`, or what else `standing` is about, in a few words: `ban_address`, the
    /// name of a list, `CN`; null: nothing is held against it.
    #[serde(default)]
    pub reason: Option<String>,
    /// Where the peer is; left out where no database is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What moves at the moment, a second: since the question before, if that was asked half a second to
/// ten seconds ago, else on average from the first packet to the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowRate {
    /// Bytes from the peer.
    pub received_bytes_per_second: u64,
    /// Bytes to the peer.
    pub sent_bytes_per_second: u64,
    /// Packets, both ways.
    pub packets_per_second: u64,
}

impl FlowRate {
    /// Bytes, both ways.
    #[must_use]
    pub const fn bytes_per_second(&self) -> u64 {
        self.received_bytes_per_second
            .saturating_add(self.sent_bytes_per_second)
    }
}

/// Connections, in the order that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowList {
    /// Those that the filter lets through, up to the limit.
    pub flows: Vec<Flow>,
    /// How many the filter lets through.
    pub matched: usize,
    /// How many there are.
    pub total: usize,
}

/// Ends connections: one by its id, or all that a filter lets through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KillRequest {
    /// [`Flow::id`]; then the filter is empty.
    #[serde(default)]
    pub id: Option<String>,
    /// At least one part of it, where there is no id.
    #[serde(default)]
    pub filter: FlowFilter,
    /// The address from which the person who asks is logged in: a filter spares its connections.
    #[serde(default)]
    pub session_peer: Option<IpAddr>,
    /// Do not spare them.
    #[serde(default)]
    pub force: bool,
}

/// What a [`KillRequest`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KillAnswer {
    /// Connections of which no further packet passes.
    pub killed: usize,
    /// Connections that were spared because they are those of the session that asks.
    pub spared: usize,
    /// Sockets of this host that were ended with them.
    pub sockets: EndedSockets,
}

/// Sockets of the host that were ended, so that programs notice at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndedSockets {
    /// How many.
    pub ended: usize,
    /// Why not, where the kernel cannot or Aegis would not.
    pub problem: Option<String>,
}
