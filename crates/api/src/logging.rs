// SPDX-License-Identifier: MIT
//! What the daemon writes down, and what of it was lost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Both of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoggingStatus {
    /// The log.
    pub log: StreamStatus,
    /// Security events, where they have a file of their own.
    pub events: Option<StreamStatus>,
}

/// One stream of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamStatus {
    /// `standard error`, `journal`, or the path of a file.
    pub target: String,
    /// Lines that were written since the daemon started.
    pub written: u64,
    /// Lines that wait to be written.
    pub waiting: u64,
    /// Lines that were not written: the target took them too slowly, or not at all.
    pub lost: u64,
    /// Of those, the ones that the log does not tell of yet.
    pub untold: u64,
    /// What is amiss with the target at the moment.
    pub problem: Option<String>,
}
