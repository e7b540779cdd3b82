// SPDX-License-Identifier: MIT
//! Arguments of `module` and `config`.

use aegis_api::ModuleRequest;
use clap::Subcommand;

/// Actions of `module`.
#[derive(Clone, Debug, Subcommand)]
pub enum ModuleVerb {
    /// List modules, and whether they are on.
    List,
    /// Switch modules on, together, for every connection at its next packet.
    On {
        /// port_scan, rate_limit, threat_feeds, conn_track, scan_detect, verbose, or all but the last.
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
    /// Switch modules off, likewise.
    Off {
        /// As for `on`.
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
}

impl ModuleVerb {
    /// What is asked for, where something is.
    pub fn request(&self) -> Option<ModuleRequest> {
        let (names, on) = match self {
            Self::List => return None,
            Self::On { names } => (names, true),
            Self::Off { names } => (names, false),
        };
        let names = names.clone();
        Some(ModuleRequest { names, on })
    }
}

/// Actions of `config`.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigVerb {
    /// Every key with its value and its source: option, environment, file or default.
    Show,
    /// A file with every key, what it is for, and its default.
    Sample,
}
