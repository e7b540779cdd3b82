// SPDX-License-Identifier: MIT
//! Arguments of `allow`.

use clap::{Args, Subcommand};

/// Actions of `allow`.
#[derive(Clone, Debug, Subcommand)]
pub enum AllowVerb {
    /// Put an address or a prefix on the allowlist.
    Add(AllowAdd),
    /// Take an address or a prefix off the allowlist.
    Remove {
        /// Address or prefix, as `allow list` shows it.
        #[arg(value_name = "ADDR[/LEN]")]
        target: String,
    },
    /// List the allowlist.
    List,
}

/// Arguments of `allow add`.
#[derive(Args, Clone, Debug)]
pub struct AllowAdd {
    /// Address or prefix.
    #[arg(value_name = "ADDR[/LEN]")]
    pub target: String,
    /// A note for people.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Allow even everybody, which turns the filter off.
    #[arg(long)]
    pub force: bool,
}
