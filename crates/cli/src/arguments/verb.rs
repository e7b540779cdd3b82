// SPDX-License-Identifier: MIT
//! The verbs.

use super::{
    AllowVerb, Block, ConfigVerb, Daemon, Events, FeedsVerb, Flows, GeoVerb, Kill, List,
    ModuleVerb, Restore, Save, Stats, Tui, Unblock,
};
use aegis_tui::Does;
use clap::Subcommand;
use clap_complete::Shell;
use std::path::PathBuf;

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

impl Verb {
    /// What obeying it does to what the daemon enforces, or to this host.
    pub fn does(&self) -> Does {
        let looks = match self {
            Self::Status { .. } | Self::List(_) | Self::Flows(_) | Self::Why { .. } => true,
            Self::Doctor | Self::Check { .. } | Self::Config { .. } => true,
            Self::Stats(_) | Self::Events(_) | Self::Completions { .. } => true,
            Self::Geo { action } => action.looks(),
            Self::Feeds { action } => action.looks(),
            Self::Allow { action } => matches!(action, AllowVerb::List),
            Self::Module { action } => matches!(action, ModuleVerb::List),
            Self::Man { dir } => dir.is_none(),
            Self::Detach => return Does::Ends,
            Self::Block(_) | Self::Unblock(_) | Self::Kill(_) => false,
            Self::Save(_) | Self::Restore(_) | Self::Reload | Self::Upgrade => false,
            Self::Daemon(_) | Self::Load | Self::Tui(_) => false,
        };
        if looks { Does::Looks } else { Does::Changes }
    }
}
