// SPDX-License-Identifier: MIT
//! Arguments about places.

use clap::Subcommand;

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
}
