// SPDX-License-Identifier: MIT
//! Tables that may be full.

use std::fmt;

/// A table of bounded size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Banned addresses of a family.
    Addresses,
    /// Banned prefixes of a family.
    Prefixes,
    /// Bans on ports and protocols.
    Scopes,
    /// Allowlist entries of a family.
    Allow,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Addresses => "banned addresses",
            Self::Prefixes => "banned prefixes",
            Self::Scopes => "bans on ports and protocols",
            Self::Allow => "entries of the allowlist",
        })
    }
}
