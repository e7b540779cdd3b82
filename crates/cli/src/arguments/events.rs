// SPDX-License-Identifier: MIT
//! Arguments of `events`.

use clap::{Args, ValueEnum};

/// Arguments of `events`.
#[derive(Clone, Debug, Args)]
pub struct Events {
    /// Go on with events as they happen, one a line.
    #[arg(short, long)]
    pub follow: bool,
    /// How many recent ones to show; 20, or none with --follow.
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
    /// One JSON object a line, with these names of fields.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<EventFormat>,
}

/// Names of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EventFormat {
    /// As --json has them.
    Aegis,
    /// As the Elastic Common Schema has them.
    Ecs,
}
