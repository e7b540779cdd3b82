// SPDX-License-Identifier: MIT
//! Arguments about connections.

use aegis_api::{FlowGroupBy, FlowGroupSort, FlowSort};
use clap::Args;

/// Which connections; every part that is given must agree. Several values have commas between them, and what
/// has a ! before it is kept out.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterArguments {
    /// Such as established, half_closed, time_wait, syn_received, or the beginning of it, such as syn.
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// Protocol, by name or number, such as tcp or tcp,17.
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
    /// The port of either end, or several, such as 22,8000-8999.
    #[arg(long, value_name = "N")]
    pub port: Option<String>,
    /// Country of the peer, two letters.
    #[arg(long, value_name = "CC")]
    pub country: Option<String>,
    /// Autonomous system of the peer, such as AS4134.
    #[arg(long, value_name = "ASN")]
    pub asn: Option<String>,
    /// What becomes of it, pass or drop, or how the peer stands, such as banned or listed; the beginning will do.
    #[arg(long, value_name = "WORD")]
    pub verdict: Option<String>,
}

/// Arguments of `flows`.
#[derive(Clone, Debug, Args)]
pub struct Flows {
    /// Which, as one types it: country:ru,cn port:22,8000-8999 state:syn 192.0.2.0/24 as:4134 proto:tcp
    /// dir:in verdict:drop, and any part of what is shown.
    ///
    /// All words must agree, and of several values one. '!port:22' or '!telekom' keeps out what is like
    /// that (in quotes, for the shell's sake; after -- a dash will do, too: -- -port:22). Words are
    /// country, asn, port, state, proto, dir, verdict, peer, src, dst; what has a colon and is none of
    /// them is a text in double quotes of its own: '"x:y"'. The program that has a connection is not
    /// filtered by.
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
    /// Which.
    #[command(flatten)]
    pub filter: FilterArguments,
    /// Count them together by source, prefix, country, asn, port, state or proto.
    #[arg(long, value_name = "WHAT")]
    pub group_by: Option<FlowGroupBy>,
    /// What comes first: bytes, packets, age, last, peer, rate, live, received, sent, verdict and others; of
    /// groups connections, bytes, packets, received, sent, live, live_packets, key and others.
    #[arg(long, value_name = "ORDER", value_parser = order)]
    pub sort: Option<String>,
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

/// Either order; which of them it has to be depends on what is listed.
fn order(text: &str) -> Result<String, String> {
    let of_flows = text.parse::<FlowSort>().map(drop);
    let known =
        of_flows.or_else(|wrong| text.parse::<FlowGroupSort>().map(drop).map_err(|_| wrong));
    known.map(|()| text.to_owned())
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
