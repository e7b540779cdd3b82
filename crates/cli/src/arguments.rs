// SPDX-License-Identifier: MIT
//! What can be typed.

mod allow;
mod ban;
mod daemon;
mod events;
mod feeds;
mod flow;
mod geo;
mod options;
mod saved;
mod standing;
mod stats;
mod switches;
mod tui;
mod verb;

pub use allow::{AllowAdd, AllowVerb};
pub use ban::{Block, List, PartArguments, Unblock};
pub use daemon::Daemon;
pub use events::{EventFormat, Events};
pub use feeds::{FeedsLoad, FeedsTest, FeedsVerb};
pub use flow::{FilterArguments, Flows, Kill};
pub use geo::GeoVerb;
pub use options::GlobalOptions;
pub use saved::{Restore, Save};
pub use stats::Stats;
pub use switches::{ConfigVerb, ModuleVerb};
pub use tui::{Tui, TuiTheme};
pub use verb::Verb;

use clap::{CommandFactory, FromArgMatches, Parser};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit ",
    env!("AEGIS_COMMIT"),
    "\nprofile ",
    env!("AEGIS_PROFILE"),
    "\nkernel interface (ABI) ",
    "8",
    "\ndaemon interface (API) ",
    "1",
);
// The two literals above; `concat!` takes no constants.
const _: () = assert!(aegis_abi::ABI_VERSION == 8 && aegis_api::API_VERSION == 1);

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

#[cfg(test)]
mod tests;
