// SPDX-License-Identifier: MIT
//! Arguments of `stats`.

use clap::Args;

/// Arguments of `stats`.
#[derive(Clone, Debug, Args)]
pub struct Stats {
    /// Go on, with what each counter moves by a second.
    #[arg(short, long)]
    pub follow: bool,
    /// How often, from 200ms to 60s.
    #[arg(long, value_name = "TIME", default_value = "1s", requires = "follow")]
    pub every: String,
}
