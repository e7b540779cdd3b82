// SPDX-License-Identifier: MIT
//! Arguments about connections.

use aegis_api::FlowSort;
use clap::Args;

/// Which connections; every part that is given must agree.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterArguments {
    /// Such as established, half_closed, time_wait, syn_received.
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// Protocol, by name or number.
    #[arg(long, value_name = "PROTO")]
    pub proto: Option<String>,
    /// Who began it: an address or a prefix.
    #[arg(long, value_name = "NET")]
    pub src: Option<String>,
    /// To whom: an address or a prefix.
    #[arg(long, value_name = "NET")]
    pub dst: Option<String>,
    /// The other end than this host, whoever began it: an address or a prefix.
    #[arg(long, value_name = "NET")]
    pub peer: Option<String>,
    /// The port of either end.
    #[arg(long, value_name = "N")]
    pub port: Option<String>,
}

/// Arguments of `flows`.
#[derive(Clone, Debug, Args)]
pub struct Flows {
    /// Which.
    #[command(flatten)]
    pub filter: FilterArguments,
    /// What comes first: bytes, packets, age, last, peer or rate.
    #[arg(long, value_name = "ORDER", default_value_t)]
    pub sort: FlowSort,
    /// What would come first comes last.
    #[arg(short, long)]
    pub reverse: bool,
    /// How many to show; all of them, or as many as fit a screen with --follow.
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
    /// Show them again and again; with --json one document a line.
    #[arg(short, long)]
    pub follow: bool,
    /// How often with --follow, such as 500ms, 1s or 1m.
    #[arg(long, value_name = "TIME", default_value = "1s", requires = "follow")]
    pub interval: String,
}

/// Arguments of `kill`.
#[derive(Clone, Debug, Args)]
pub struct Kill {
    /// One connection, as `flows` names it: tcp/PEER:PORT/LOCAL:PORT, IPv6 in brackets.
    #[arg(value_name = "FLOW")]
    pub flow: Option<String>,
    /// Which.
    #[command(flatten)]
    pub filter: FilterArguments,
    /// Those of your own session too.
    #[arg(long)]
    pub force: bool,
}
