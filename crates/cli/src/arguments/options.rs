// SPDX-License-Identifier: MIT
//! Options of all verbs.

use aegis_api::{Client, Instance, InstanceError};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

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
