// SPDX-License-Identifier: MIT
//! What a daemon is started with.

use aegis_abi::Settings;
use aegis_api::Instance;
use aegis_engine::{ModeChoice, TcChoice};
use std::path::PathBuf;

/// Overrides the folder of pins.
pub const BPFFS_VARIABLE: &str = "AEGIS_BPFFS";
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

    pub(crate) fn engine(&self) -> aegis_engine::Options {
        aegis_engine::Options {
            interfaces: self.interfaces.clone(),
            mode: self.mode,
            tc: self.tc,
            xdp_object: self.xdp_object.clone(),
            tc_object: self.tc_object.clone(),
            pin_dir: self.bpffs.join(self.instance.name()),
            settings: Settings::DEFAULT,
        }
    }
}
