// SPDX-License-Identifier: MIT
//! Connections counted together.

use super::FlowRate;
use crate::{Place, Total};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Connections that have something in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowGroup {
    /// What they have in common, as a filter or a ban takes it: `192.0.2.1`, `192.0.2.0/24`, `CN`,
    /// `AS4134`, `22`, `established`, `tcp`; empty: it is not known of any of them.
    pub key: String,
    /// The same for people, such as `China` and `CHINANET-BACKBONE`; empty where the key says it all.
    pub label: String,
    /// Where they are, of addresses and prefixes that are in one place as far as their ends tell; left
    /// out where no database is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// How many there are.
    pub connections: usize,
    /// From the peers.
    pub received: Total,
    /// To the peers.
    pub sent: Total,
    /// What moves at the moment.
    pub now: FlowRate,
}

/// Groups, in the order that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowGroupList {
    /// Those that have a connection that the filter lets through, up to the limit.
    pub groups: Vec<FlowGroup>,
    /// How many groups there are.
    pub found: usize,
    /// How many connections the filter lets through.
    pub matched: usize,
    /// How many connections there are.
    pub total: usize,
}
