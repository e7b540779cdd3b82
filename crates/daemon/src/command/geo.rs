// SPDX-License-Identifier: MIT
//! Changes of what becomes of countries and autonomous systems.

use aegis_api::{ApiError, GeoBlockRequest, GeoUnblockRequest};
use aegis_policy::ProtectedSet;

/// What can be changed of a country or an autonomous system.
#[derive(Debug)]
pub enum RegionChange {
    /// Blocks it. Refused, unless forced, where somebody administers the host from there; with what the
    /// host needs, as far as that is known. Refused where no database tells where peers are.
    Block(GeoBlockRequest, Result<ProtectedSet, ApiError>),
    /// Lets it through; fails where it is not blocked.
    Unblock(GeoUnblockRequest),
}

impl RegionChange {
    /// In a word, for the log.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Block(..) => "block region",
            Self::Unblock(_) => "unblock region",
        }
    }

    /// About what.
    pub fn region(&self) -> &str {
        match self {
            Self::Block(request, _) => &request.region,
            Self::Unblock(request) => &request.region,
        }
    }
}
