// SPDX-License-Identifier: MIT
//! Bans and the allowlist, saved and restored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Everything that stands, to be restored another time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SaveAnswer {
    /// Bans.
    pub bans: usize,
    /// Entries of the allowlist.
    pub allow: usize,
    /// One line for each of them, as [`RestoreRequest::text`].
    pub text: String,
}

/// Makes everything stand that a text says, or, where anything is wrong with it, nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreRequest {
    /// What mistakes name the text by, such as the name of its file.
    #[serde(default)]
    pub name: String,
    /// The lines; `docs/state.md` has their grammar.
    pub text: String,
    /// Ban even what the host needs, and let bans that stand end sooner.
    #[serde(default)]
    pub force: bool,
    /// The address from which the person who asks is logged in: protected like the gateway.
    #[serde(default)]
    pub session_peer: Option<IpAddr>,
}

/// What a [`RestoreRequest`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestoreAnswer {
    /// Bans that did not stand before.
    pub added: usize,
    /// Bans that did, and have the reason and, if it is later, the end of the text.
    pub renewed: usize,
    /// Bans whose time has come, which were left out.
    pub over: usize,
    /// Bans, among those added and renewed, that do nothing while an allowlist entry stands.
    pub overruled: usize,
    /// Allowlist entries that did not stand before.
    pub allowed: usize,
    /// Why all of it would be lost with the daemon; null: it would not.
    #[serde(default)]
    pub state_problem: Option<String>,
}
