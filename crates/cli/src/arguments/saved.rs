// SPDX-License-Identifier: MIT
//! Arguments of `save` and `restore`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `save`.
#[derive(Clone, Debug, Args)]
pub struct Save {
    /// The file, which only its owner may read; without it, or as -, standard output.
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Arguments of `restore`.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// The file; without it, or as -, standard input.
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Ban even what this host needs, and let bans that are there end sooner.
    #[arg(long)]
    pub force: bool,
}
