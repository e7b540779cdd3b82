// SPDX-License-Identifier: MIT
//! What the daemon may do, as the kernel says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Read back from `/proc` for every thread of the daemon: the weakest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confinement {
    /// The key `confine`: `auto` or `off`.
    pub mode: String,
    /// Capabilities that any thread has, as capabilities(7) names them.
    pub capabilities: Vec<String>,
    /// Those that any thread, or a program that it executes, could get.
    pub bounding: Vec<String>,
    /// Executing a program gives no privileges.
    pub no_new_privs: bool,
    /// System calls are filtered.
    pub seccomp: bool,
    /// Landlock restricts the file system; found out by trying, as the kernel does not tell.
    pub landlock: bool,
    /// How login sessions are found, whose peers must not be banned.
    pub sessions: SessionSight,
    /// Who fetches lists.
    pub courier: CourierSight,
}

/// How login sessions are found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionSight {
    /// The process that looks, where the daemon may not itself.
    pub witness: Option<u32>,
    /// Why sessions could be overlooked.
    pub problem: Option<String>,
}

/// The process that talks to the Internet for the daemon, as it sees itself: the weakest of its threads
/// counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CourierSight {
    /// Its number; `null` where the daemon fetches by itself, or nobody does.
    pub process: Option<u32>,
    /// The number of the user that it runs as.
    pub user: Option<u32>,
    /// Capabilities that it has, or could get.
    pub capabilities: Vec<String>,
    /// Executing a program gives no privileges.
    pub no_new_privs: bool,
    /// System calls are filtered.
    pub seccomp: bool,
    /// Landlock restricts the file system.
    pub landlock: bool,
    /// Why nothing is fetched, or the process is not confined as it should be.
    pub problem: Option<String>,
}
