// SPDX-License-Identifier: MIT
//! Reading the configuration again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Reads the configuration again. One that is wrong changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReloadRequest {
    /// The address from which the person who asks is logged in: no policy of places cuts it off.
    #[serde(default)]
    pub session_peer: Option<IpAddr>,
}

/// A key whose value is another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedKey {
    /// Its full name, such as `port_scan.ports`.
    pub key: String,
    /// The value that held, as a file has it.
    pub before: String,
    /// The value that is set now, likewise.
    pub after: String,
}

/// What a [`ReloadRequest`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReloadAnswer {
    /// The file that was read, where there is one.
    pub file: Option<String>,
    /// What holds from now on.
    pub changed: Vec<ChangedKey>,
    /// What holds once the daemon is started again.
    pub at_restart: Vec<ChangedKey>,
    /// What is to be known besides, one line each.
    #[serde(default)]
    pub notes: Vec<String>,
}
