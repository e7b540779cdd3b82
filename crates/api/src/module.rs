// SPDX-License-Identifier: MIT
//! Detectors that can be switched on the fly.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name that means every module but `verbose`.
pub const ALL_MODULES: &str = "all";

/// One module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Module {
    /// Such as `port_scan`.
    pub name: String,
    /// Whether it is on.
    pub on: bool,
    /// What it does, one line.
    pub summary: String,
}

/// Every module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModuleList {
    /// In the order of their keys in the terminal interface.
    pub modules: Vec<Module>,
}

/// Switches modules together, for every connection at its next packet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModuleRequest {
    /// Their names; [`ALL_MODULES`] is every one but `verbose`.
    pub names: Vec<String>,
    /// On or off.
    pub on: bool,
}

/// What a [`ModuleRequest`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModuleAnswer {
    /// Names of those that were not so before.
    pub changed: Vec<String>,
    /// Every module, as it is now.
    pub modules: Vec<Module>,
}
