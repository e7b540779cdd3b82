// SPDX-License-Identifier: MIT
//! Arguments of `block`, `unblock` and `list`.

use clap::Args;

/// Part of a peer's traffic.
#[derive(Clone, Debug, Default, Args)]
pub struct PartArguments {
    /// Only packets to this port.
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
    /// Only this protocol, by name or number.
    #[arg(value_name = "PROTO")]
    pub protocol: Option<String>,
    /// The same as PORT.
    #[arg(long = "port", value_name = "PORT", conflicts_with = "port")]
    pub port_option: Option<String>,
    /// The same as PROTO.
    #[arg(long = "proto", value_name = "PROTO", conflicts_with = "protocol")]
    pub protocol_option: Option<String>,
}

/// Arguments of `block`.
#[derive(Clone, Debug, Args)]
pub struct Block {
    /// Address or prefix.
    #[arg(value_name = "ADDR[/LEN]")]
    pub target: String,
    /// Part of its traffic.
    #[command(flatten)]
    pub part: PartArguments,
    /// How long, such as 90s, 45m, 1h30m, 2d; without it, for good.
    #[arg(long = "for", value_name = "TIME")]
    pub duration: Option<String>,
    /// A note for people.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Ban even what this host needs, or what is on the allowlist; or let a ban that is there end sooner.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `unblock`.
#[derive(Clone, Debug, Args)]
pub struct Unblock {
    /// Address or prefix, as `list` shows it.
    #[arg(value_name = "ADDR[/LEN]")]
    pub target: String,
    /// Part of its traffic; without it, every ban on the target ends.
    #[command(flatten)]
    pub part: PartArguments,
    /// Only the ban on this part, in the words of `list`: everything, "new connections", "tcp port 22".
    #[arg(long = "part", value_name = "PART", conflicts_with_all = ["port", "protocol", "port_option", "protocol_option"])]
    pub listed_part: Option<String>,
    /// Only the cause of this origin ends: operator, crowdsec, or a detector such as port_scan; a ban stands
    /// by its others.
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,
}

/// Arguments of `list`.
#[derive(Clone, Debug, Default, Args)]
pub struct List {
    /// Only bans of this origin: operator, crowdsec, or a detector such as port_scan; or `all`. Without it,
    /// those of crowdsec are only counted.
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,
}
