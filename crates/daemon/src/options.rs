// SPDX-License-Identifier: MIT
//! What a daemon is started with.

use aegis_abi::Settings;
use aegis_api::Instance;
use aegis_engine::{Adopted, ModeChoice, TcChoice};
use aegis_policy::AutoBan;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Overrides the folder of pins.
pub const BPFFS_VARIABLE: &str = "AEGIS_BPFFS";
/// Room for connections of each family, unless told otherwise.
pub const MAX_FLOWS: u32 = aegis_abi::names::capacity::FLOWS;
/// How long connections are picked up whose beginning was not seen, unless told otherwise.
pub const GRACE: Duration = Duration::from_secs(10);
/// The folder of pins, on a bpf file system.
pub const BPFFS: &str = "/sys/fs/bpf/aegis";

/// What to guard, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name, socket and lock.
    pub instance: Instance,
    /// Names of interfaces, at least one.
    pub interfaces: Vec<String>,
    /// How XDP is attached.
    pub mode: ModeChoice,
    /// Whether and how TC egress is attached.
    pub tc: TcChoice,
    /// An object to take the XDP program from.
    pub xdp_object: Option<PathBuf>,
    /// An object to take the TC program from.
    pub tc_object: Option<PathBuf>,
    /// Room for so many connections of each family.
    pub max_flows: u32,
    /// So long after the start, connections are picked up whose beginning was not seen.
    pub grace: Duration,
    /// What is done about offences.
    pub auto_ban: AutoBan,
    /// The address from which whoever starts the daemon is logged in; detectors do not ban it.
    pub session_peer: Option<IpAddr>,
    /// Pins go into a folder of the instance's name in here.
    pub bpffs: PathBuf,
}

impl Options {
    /// The folder of pins: `AEGIS_BPFFS`, else [`BPFFS`].
    #[must_use]
    pub fn bpffs_from_environment() -> PathBuf {
        let set = std::env::var_os(BPFFS_VARIABLE).filter(|value| !value.is_empty());
        set.map_or_else(|| PathBuf::from(BPFFS), PathBuf::from)
    }

    /// For an engine that takes over these connections.
    pub(crate) fn engine(&self, adopt: Vec<Adopted>) -> aegis_engine::Options {
        aegis_engine::Options {
            interfaces: self.interfaces.clone(),
            mode: self.mode,
            tc: self.tc,
            xdp_object: self.xdp_object.clone(),
            tc_object: self.tc_object.clone(),
            pin_dir: self.bpffs.join(self.instance.name()),
            settings: Settings::DEFAULT,
            grace: self.grace,
            adopt,
            flow_room: self.max_flows,
        }
    }
}
