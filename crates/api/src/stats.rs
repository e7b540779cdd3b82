// SPDX-License-Identifier: MIT
//! What was judged, and what was reported.

mod follow;

pub use follow::{
    DEFAULT_EVERY, LONGEST_EVERY, Rate, RateRow, Rates, SHORTEST_EVERY, Snapshot, StatsStreamQuery,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Packets and bytes of one hook, family and reason since the daemon started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CounterRow {
    /// `xdp_ingress` or `tc_egress`.
    pub hook: String,
    /// `ipv4`, `ipv6` or `other`.
    pub family: String,
    /// Such as `ban_address`.
    pub reason: String,
    /// Its class, such as `MANUAL_BLOCK`.
    pub class: String,
    /// `pass`, `drop` or `answer`.
    pub action: String,
    /// Packets.
    pub packets: u64,
    /// Bytes as the hook saw them.
    pub bytes: u64,
}

/// What became of the events of one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventRow {
    /// Such as `ban_address`.
    pub reason: String,
    /// Handed to the daemon.
    pub sent: u64,
    /// Not made: the source or the reason had used up its budget.
    pub suppressed: u64,
    /// Made, but the buffer was full.
    pub lost: u64,
}

/// A sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Total {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Every counter that is not 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// By hook, family and reason.
    pub counters: Vec<CounterRow>,
    /// By reason.
    pub events: Vec<EventRow>,
    /// All packets that went on.
    pub passed: Total,
    /// All packets that ended here.
    pub dropped: Total,
    /// SYNs beyond the gauge, of which those that can be are answered with cookies: none of them is
    /// dropped.
    #[serde(default)]
    pub answered: Total,
    /// Connections that found no room in their table.
    #[serde(default)]
    pub without_room: u64,
}
