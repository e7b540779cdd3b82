// SPDX-License-Identifier: MIT
//! One row of a kernel table.

use aegis_abi::{Allow, Ban, Family, Scope, ScopeKey, TouchedLine};
use ipnet::IpNet;
use std::net::IpAddr;

/// A row to write, or to remove where the value is `None`. The rows of one mutation are applied
/// in order; after each of them nothing passes that was banned before and is banned afterwards,
/// and nothing is dropped that was allowed before and is allowed afterwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// `BANS_V4`, `BANS_V6`.
    Ban {
        /// Key.
        address: IpAddr,
        /// Value.
        value: Option<Ban>,
    },
    /// `BAN_PREFIXES_V4`, `BAN_PREFIXES_V6`.
    BanPrefix {
        /// Key.
        prefix: IpNet,
        /// Value.
        value: Option<Ban>,
    },
    /// `SCOPES`.
    Scope {
        /// Key.
        key: ScopeKey,
        /// Value.
        value: Option<Scope>,
    },
    /// `ALLOW_V4`, `ALLOW_V6`.
    Allow {
        /// Key.
        prefix: IpNet,
        /// Value.
        value: Option<Allow>,
    },
    /// `TOUCHED_V4`, `TOUCHED_V6`.
    Touched {
        /// Which of the two.
        family: Family,
        /// Index of the line.
        line: u32,
        /// Value; an array has no rows to remove.
        value: TouchedLine,
    },
}
