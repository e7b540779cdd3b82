// SPDX-License-Identifier: MIT
//! The allowlist: peers that bypass bans and checks.

use crate::Place;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Puts a prefix on the allowlist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowRequest {
    /// An address, or a prefix without host bits.
    pub target: String,
    /// A note for people; without one, an entry that is there keeps its own.
    #[serde(default)]
    pub reason: Option<String>,
    /// Allow even everybody, which turns the filter off.
    #[serde(default)]
    pub force: bool,
}

/// Takes a prefix off the allowlist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisallowRequest {
    /// Exactly as it is listed.
    pub target: String,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Allow {
    /// An address, or a prefix with its length.
    pub target: String,
    /// A note for people.
    pub reason: Option<String>,
    /// The number by which events name it.
    pub rule: u32,
    /// Where the target is, all of it; left out where no database is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// The allowlist, by target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AllowList {
    /// The entries.
    pub allow: Vec<Allow>,
}

/// What an [`AllowRequest`] or a [`DisallowRequest`] did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AllowAnswer {
    /// The entry that was added or removed.
    pub entry: Allow,
    /// Whether anything changed: adding what is there with no other reason does not.
    pub changed: bool,
    /// Bans that do nothing while the entry is there.
    pub overruled_bans: Vec<String>,
    /// A banned prefix around the entry, which goes on holding for everybody else.
    #[serde(default)]
    pub exempt_from: Option<String>,
    /// The configuration file that says so too.
    #[serde(default)]
    pub file: Option<String>,
    /// Why it does not: then an entry that was added is kept by the daemon alone, and one that was
    /// removed is back when it starts again.
    #[serde(default)]
    pub file_problem: Option<String>,
    /// Why the daemon does not keep it either; null: it does.
    #[serde(default)]
    pub state_problem: Option<String>,
}
