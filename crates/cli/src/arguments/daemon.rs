// SPDX-License-Identifier: MIT
//! Arguments of `daemon`.

use clap::{Args, ValueEnum};

/// What the daemon is started with; `config show` tells what holds without them.
#[derive(Clone, Debug, Default, Args)]
pub struct Daemon {
    /// Room for so many connections of each family, 1 to 16,777,216; 65,536 unless set otherwise.
    #[arg(long, value_name = "N")]
    pub max_flows: Option<u32>,
    /// So long after the start, connections are picked up whose beginning was not seen: 10s, or 0.
    #[arg(long, value_name = "TIME")]
    pub grace: Option<String>,
    /// Sources that may be banned automatically at once; 512 unless set otherwise.
    #[arg(long, value_name = "N")]
    pub autoban_max: Option<u32>,
    /// Ban nobody automatically; scanners and flooders still cool down.
    #[arg(long, conflicts_with = "autoban_max")]
    pub no_autoban: bool,
    /// Say whether this program could take over from the daemon that runs, and touch nothing.
    #[arg(long, hide = true)]
    pub rehearse: bool,
    /// How the log is written; text unless set otherwise.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// As `logging.json` has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "false",
            Self::Json => "true",
        }
    }
}
