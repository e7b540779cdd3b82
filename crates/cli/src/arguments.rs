// SPDX-License-Identifier: MIT
//! What can be typed.

mod daemon;
mod events;
mod feeds;
mod flow;
mod geo;
mod saved;
mod standing;
mod stats;
mod tui;

pub use daemon::Daemon;
pub use events::{EventFormat, Events};
pub use feeds::{FeedsLoad, FeedsTest, FeedsVerb};
pub use flow::{FilterArguments, Flows, Kill};
pub use geo::GeoVerb;
pub use saved::{Restore, Save};
pub use stats::Stats;
pub use tui::{Tui, TuiTheme};

use aegis_api::{Client, Instance, InstanceError};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit ",
    env!("AEGIS_COMMIT"),
    "\nprofile ",
    env!("AEGIS_PROFILE"),
    "\nkernel interface (ABI) ",
    "7",
    "\ndaemon interface (API) ",
    "1",
);
// The two literals above; `concat!` takes no constants.
const _: () = assert!(aegis_abi::ABI_VERSION == 7 && aegis_api::API_VERSION == 1);

const EXIT_CODES: &str = "\
Exit codes:
  0  done; status: everything is enforced; doctor: no problem
  1  failed; status: something is not enforced; doctor: a problem; feeds test: not to be taken
  2  usage: an unknown option, a bad address, port, protocol or duration, a wrong configuration
  3  no daemon answers
  4  refused: protected, on the allowlist, another program's interface, already running
  5  not found: nothing to unblock, to kill or to remove
  6  not permitted: run as root

Environment:
  AEGIS_RUN_DIR    folder of sockets and locks (/run/aegis)
  AEGIS_STATE_DIR  folder of what outlives daemons (/var/lib/aegis)
  AEGIS_BPFFS      folder of pins on a bpf file system (/sys/fs/bpf/aegis)
  AEGIS_CONFIG     configuration file (/etc/aegis/config.toml)
  AEGIS_*          a key of the configuration: AEGIS_PORT_SCAN_PORTS is ports in [port_scan]
  RUST_LOG         what the daemon logs, in place of logging.level (info)";

const EXAMPLES: &str = "\
Start: sudo aegis-cli -i eth0 daemon
Then:  sudo aegis-cli block 192.0.2.1 --for 1h";

/// Reads the command line.
///
/// # Errors
/// What clap says about it, help and version included.
pub fn read() -> Result<Arguments, clap::Error> {
    let mut command = Arguments::command();
    // Asking the kernel takes a while; only who wants to know waits.
    if std::env::args_os().any(|argument| argument == "--version") {
        command = command.long_version(long_version());
    }
    Arguments::from_arg_matches(&command.try_get_matches()?)
}

/// The build, and what the kernel it runs on can do.
fn long_version() -> String {
    let mut text = format!("{LONG_VERSION}\nkernel");
    for feature in aegis_daemon::kernel_features() {
        text.push_str(&format!("\n  {} {}", feature.name, feature.support.label()));
    }
    text
}

/// Drops attackers in the kernel, before the network stack sees them.
#[derive(Debug, Parser)]
#[command(name = "aegis-cli", version = VERSION, long_version = LONG_VERSION)]
#[command(before_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Options of all verbs.
    #[command(flatten)]
    pub options: GlobalOptions,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options that may stand before or after the verb.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalOptions {
    /// Interface to guard, or whose daemon to ask; may repeat.
    #[arg(short, long = "iface", value_name = "IF", global = true)]
    pub interfaces: Vec<String>,
    /// Name of the daemon; without it, its interfaces joined by '+'.
    #[arg(long, value_name = "NAME", global = true)]
    pub instance: Option<String>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Do not judge departing packets.
    #[arg(long, global = true)]
    pub no_tc: bool,
    /// How departing packets are met; auto unless set otherwise.
    #[arg(long, value_enum, value_name = "MODE", global = true)]
    pub tc_mode: Option<TcMode>,
    /// How arriving packets are met: by the driver or by the stack; auto unless set otherwise.
    #[arg(long, value_enum, value_name = "MODE", global = true)]
    pub xdp_mode: Option<XdpMode>,
    /// Configuration file; without it, /etc/aegis/config.toml where that is there.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Set a key of the configuration, such as port_scan.ports=100; may repeat.
    #[arg(long, value_name = "KEY=VALUE", global = true)]
    pub set: Vec<String>,
    /// Load lists and drop who is on them, even where the configuration has them off.
    #[arg(long, global = true)]
    pub load_feeds: bool,
    /// Take the XDP program from this object instead of the embedded one.
    #[arg(long, value_name = "FILE", global = true)]
    pub ebpf_path: Option<PathBuf>,
    /// Take the TC program from this object instead of the embedded one.
    #[arg(long, value_name = "FILE", global = true)]
    pub tc_path: Option<PathBuf>,
}

/// How XDP is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum XdpMode {
    /// By the driver if it can, else by the stack.
    Auto,
    /// By the driver, or not at all.
    Native,
    /// By the stack.
    Generic,
}

/// How TC egress is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TcMode {
    /// TCX if the kernel has it, else clsact.
    Auto,
    /// A filter of a clsact qdisc.
    Clsact,
}

impl XdpMode {
    /// As a configuration names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Native => "native",
            Self::Generic => "generic",
        }
    }
}

impl TcMode {
    /// As a configuration names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Clsact => "clsact",
        }
    }
}

impl GlobalOptions {
    /// The daemon that is meant; one that is named need not run.
    ///
    /// # Errors
    /// [`InstanceError`] where there is none, or several could be meant.
    pub fn instance(&self) -> Result<Instance, InstanceError> {
        let run_dir = Instance::run_dir_from_environment();
        match &self.instance {
            Some(name) => Instance::named(name, &run_dir),
            None => Instance::find(&self.interfaces, &run_dir),
        }
    }

    /// A client of the daemon that is meant.
    ///
    /// # Errors
    /// As [`GlobalOptions::instance`].
    pub fn client(&self) -> Result<Client, InstanceError> {
        Ok(Client::new(&self.instance()?))
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Guard the interfaces until SIGINT or SIGTERM.
    Daemon(Daemon),
    /// Type verbs at a prompt; where no daemon guards the interfaces, the prompt itself does until it ends.
    Load,
    /// See what goes on and act on it, in the whole terminal; where no daemon guards the interfaces, this does until it ends.
    Tui(Tui),
    /// Show what is enforced, as the kernel tells it.
    Status {
        /// One line and an exit code for monitoring: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
        #[arg(long)]
        check: bool,
    },
    /// Ban an address or a prefix, or part of its traffic.
    Block(Block),
    /// End bans.
    Unblock(Unblock),
    /// List bans.
    List(List),
    /// Change or list what is never banned.
    Allow {
        /// What to do.
        #[command(subcommand)]
        action: AllowVerb,
    },
    /// List connections.
    Flows(Flows),
    /// End connections: no further packet of them passes, and their sockets here end.
    Kill(Kill),
    /// Tell why an address is treated as it is: bans, evidence, cool-down.
    Why {
        /// The address.
        #[arg(value_name = "ADDR")]
        address: String,
    },
    /// Tell where addresses are, and keep databases of that up to date.
    Geo {
        /// What to do.
        #[command(subcommand)]
        action: GeoVerb,
    },
    /// Switch detectors on and off, or list them.
    Module {
        /// What to do.
        #[command(subcommand)]
        action: ModuleVerb,
    },
    /// Lists that others keep.
    Feeds {
        /// What to do.
        #[command(subcommand)]
        action: FeedsVerb,
    },
    /// Tell what on this host keeps Aegis from working as well as it could, and touch nothing.
    Doctor,
    /// Tell whether a configuration file is right, and touch nothing.
    Check {
        /// The file; without it, that of --config, or /etc/aegis/config.toml.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show which values hold, and where each comes from.
    Config {
        /// What to do.
        #[command(subcommand)]
        action: ConfigVerb,
    },
    /// Write bans and the allowlist to a file, one a line.
    Save(Save),
    /// Restore what was saved: all of it, or nothing.
    Restore(Restore),
    /// Have the daemon read its configuration again; connections and counters stay.
    Reload,
    /// Put the program that is installed now in the daemon's place; packets are judged all the while.
    Upgrade,
    /// End the filter, with or without a daemon: every program and every pin goes.
    Detach,
    /// Show packets and bytes by reason.
    Stats(Stats),
    /// Show recent security events.
    Events(Events),
    /// Print what a shell needs to complete verbs and options.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man {
        /// Write it, and one page for each verb, into this folder instead.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

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
}

/// Arguments of `list`.
#[derive(Clone, Debug, Default, Args)]
pub struct List {
    /// Only bans of this origin: operator, crowdsec, or a detector such as port_scan; or `all`. Without it,
    /// those of crowdsec are only counted.
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,
}

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

/// Actions of `module`.
#[derive(Clone, Debug, Subcommand)]
pub enum ModuleVerb {
    /// List modules, and whether they are on.
    List,
    /// Switch a module on, for every connection at its next packet.
    On {
        /// port_scan, rate_limit, threat_feeds, conn_track, scan_detect, verbose, or all but the last.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Switch a module off, likewise.
    Off {
        /// As for `on`.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// Actions of `config`.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigVerb {
    /// Every key with its value and its source: option, environment, file or default.
    Show,
    /// A file with every key, what it is for, and its default.
    Sample,
}

#[cfg(test)]
mod tests;
