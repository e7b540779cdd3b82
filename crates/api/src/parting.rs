// SPDX-License-Identifier: MIT
//! How a daemon goes: for good, or for another program in its place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ends the daemon and takes everything of it out of the kernel, whatever its configuration says
/// about stopping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetachRequest {}

/// Puts the program that is installed now in the daemon's place. Packets are judged all the while;
/// connections, bans and counters stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpgradeRequest {}

/// What a daemon says that is about to go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartingAnswer {
    /// Its process number; after an upgrade, that of its successor too.
    pub pid: u32,
    /// The program that takes its place, where one does.
    pub program: Option<String>,
}
