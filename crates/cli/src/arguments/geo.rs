// SPDX-License-Identifier: MIT
//! Arguments about places.

use aegis_api::Direction;
use clap::{Args, Subcommand};

/// Actions of `geo`.
#[derive(Clone, Debug, Subcommand)]
pub enum GeoVerb {
    /// Tell where addresses are; needs no daemon.
    Lookup {
        /// Addresses.
        #[arg(value_name = "ADDR", required = true)]
        addresses: Vec<String>,
    },
    /// Fetch the free databases of DB-IP, of countries and of autonomous systems.
    Update {
        /// That of cities, too, which is large.
        #[arg(long)]
        city: bool,
        /// Even those of which there is one of this month.
        #[arg(long)]
        force: bool,
    },
    /// Tell which databases there are, how old they are, and which places are let through.
    Status,
    /// Tell what becomes of each country and autonomous system that is named, by whom, and what that
    /// came to.
    Policy,
    /// Block a country or an autonomous system, at the next packet; it stays so until you say otherwise.
    Block {
        /// Such as CN or AS4134.
        #[arg(value_name = "COUNTRY|ASN")]
        region: String,
        /// Which packets; without it, as geo.direction in the configuration says.
        #[command(flatten)]
        way: Way,
        /// Even where somebody administers this host from there.
        #[arg(long)]
        force: bool,
    },
    /// Let a country or an autonomous system through that is blocked, likewise.
    Unblock {
        /// Such as CN or AS4134.
        #[arg(value_name = "COUNTRY|ASN")]
        region: String,
        /// Which packets; without it, all.
        #[command(flatten)]
        way: Way,
    },
}

/// Which packets; both together are everything, connections that stand included.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Way {
    /// What peers there begin.
    #[arg(long)]
    pub ingress: bool,
    /// What this host begins with them.
    #[arg(long)]
    pub egress: bool,
}

impl Way {
    /// As it is asked for, where anything is said.
    pub fn direction(self) -> Option<Direction> {
        match (self.ingress, self.egress) {
            (true, true) => Some(Direction::Both),
            (true, false) => Some(Direction::In),
            (false, true) => Some(Direction::Out),
            (false, false) => None,
        }
    }
}

impl GeoVerb {
    /// Whether it changes nothing.
    pub const fn looks(&self) -> bool {
        matches!(self, Self::Lookup { .. } | Self::Status | Self::Policy)
    }
}
