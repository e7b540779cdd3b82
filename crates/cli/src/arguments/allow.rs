// SPDX-License-Identifier: MIT
//! Arguments of `allow`.

use clap::Subcommand;

/// Actions of `allow`.
#[derive(Clone, Debug, Subcommand)]
pub enum AllowVerb {
    /// Put an address or a prefix on the allowlist.
    Add {
        /// Address or prefix.
        #[arg(value_name = "ADDR[/LEN]")]
        target: String,
        /// A note for people.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Allow even everybody, which turns the filter off.
        #[arg(long)]
        force: bool,
    },
    /// Take an address or a prefix off the allowlist.
    Remove {
        /// Address or prefix, as `allow list` shows it.
        #[arg(value_name = "ADDR[/LEN]")]
        target: String,
    },
    /// List the allowlist.
    List,
}
