// SPDX-License-Identifier: MIT
//! What a daemon is started with.

use crate::{Configuration, Fallback, Logs, Successor, pin_folder};
use aegis_abi::{Flags, Settings};
use aegis_api::Instance;
use aegis_engine::{Adopted, Missing, ModeChoice, TcChoice};
use aegis_policy::config::{self, Config, Mode, Tc};
use aegis_policy::{Change, RegionWords};
use std::net::IpAddr;
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
    /// What it is configured by, for when that is read again.
    pub configuration: Configuration,
    /// What that came to, with at least one interface.
    pub config: Config,
    /// What it writes down.
    pub logs: Logs,
    /// An object to take the XDP program from.
    pub xdp_object: Option<PathBuf>,
    /// An object to take the TC program from.
    pub tc_object: Option<PathBuf>,
    /// The address from which whoever starts the daemon is logged in; detectors do not ban it.
    pub session_peer: Option<IpAddr>,
    /// What may take this process's place.
    pub successor: Option<Successor>,
    /// Pins go into a folder of the instance's name in here.
    pub bpffs: PathBuf,
    /// What outlives the daemon goes into a folder of the instance's name in here.
    pub state: PathBuf,
    /// Where the configuration is wrong: what holds instead.
    pub fallback: Option<Fallback>,
}

impl Options {
    /// The folder of pins: `AEGIS_BPFFS`, else [`BPFFS`].
    #[must_use]
    pub fn bpffs_from_environment() -> PathBuf {
        let set = std::env::var_os(BPFFS_VARIABLE).filter(|value| !value.is_empty());
        set.map_or_else(|| PathBuf::from(BPFFS), PathBuf::from)
    }

    /// The folder of what outlives the daemon.
    pub(crate) fn state(&self) -> PathBuf {
        self.state.join(self.instance.name())
    }

    /// The folder of this instance's pins.
    #[must_use]
    pub fn pin_dir(&self) -> PathBuf {
        pin_folder(&self.bpffs, self.instance.name())
    }

    /// For an engine that begins with this policy and takes over these connections; `regions` is what
    /// was said of places.
    pub(crate) fn engine(
        &self,
        (rows, regions): (Vec<Change>, &RegionWords),
        adopt: Vec<Adopted>,
    ) -> aegis_engine::Options {
        aegis_engine::Options {
            interfaces: self.config.interfaces.clone(),
            missing: match self.config.attach.missing {
                config::Missing::Refuse => Missing::Refuse,
                config::Missing::Wait => Missing::Wait,
            },
            mode: self.mode(),
            tc: self.tc(),
            xdp_object: self.xdp_object.clone(),
            tc_object: self.tc_object.clone(),
            pin_dir: self.pin_dir(),
            settings: self.settings(regions),
            rows,
            grace: self.config.attach.grace,
            adopt,
            flow_room: self.config.attach.max_flows,
        }
    }

    /// What is enforced from the first packet on. Places are looked up from then on too: where the
    /// kernel has those of an earlier daemon, they go on.
    fn settings(&self, regions: &RegionWords) -> Settings {
        let settings = self.config.settings(&Settings::DEFAULT);
        let mut places = self.config.geo.policy();
        regions.apply(&mut places, &self.config.geo);
        match places.is_empty() {
            true => settings,
            false => Settings {
                flags: settings.flags.with(Flags::PLACES),
                ..settings
            },
        }
    }

    fn mode(&self) -> ModeChoice {
        match self.config.attach.mode {
            Mode::Auto => ModeChoice::Auto,
            Mode::Native => ModeChoice::Native,
            Mode::Generic => ModeChoice::Generic,
        }
    }

    pub(crate) fn tc(&self) -> TcChoice {
        match self.config.attach.tc {
            Tc::Auto => TcChoice::Auto,
            Tc::Clsact => TcChoice::Clsact,
            Tc::Off => TcChoice::Off,
        }
    }
}
