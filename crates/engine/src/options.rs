// SPDX-License-Identifier: MIT
//! What the engine is asked to guard, and how.

use crate::Adopted;
use aegis_abi::Settings;
use aegis_policy::Change;
use std::path::PathBuf;
use std::time::Duration;

/// How XDP is attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModeChoice {
    /// By the driver if it can, else by the stack.
    #[default]
    Auto,
    /// By the driver, or not at all.
    Native,
    /// By the stack.
    Generic,
}

/// How TC egress is attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TcChoice {
    /// TCX (Linux 6.6) if the kernel has it, else clsact.
    #[default]
    Auto,
    /// A filter of a clsact qdisc.
    Clsact,
    /// Not at all: nothing that departs is judged.
    Off,
}

/// What is done about an interface that is not there at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// The start is refused: the name may be a mistake.
    #[default]
    Refuse,
    /// It is guarded as soon as it is there.
    Wait,
}

/// What to guard, and with which programs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names of interfaces, at least one. They share all tables.
    pub interfaces: Vec<String>,
    /// What is done about those that are not there.
    pub missing: Missing,
    /// XDP.
    pub mode: ModeChoice,
    /// TC egress.
    pub tc: TcChoice,
    /// An object file to take the XDP program from instead of the embedded one.
    pub xdp_object: Option<PathBuf>,
    /// An object file to take the TC program from instead of the embedded one.
    pub tc_object: Option<PathBuf>,
    /// The folder for this instance's pins on a bpf file system, which the engine makes. What is
    /// pinned there already is gone on with.
    pub pin_dir: PathBuf,
    /// Settings to start with.
    pub settings: Settings,
    /// Policy to start with, whole.
    pub rows: Vec<Change>,
    /// How long connections are picked up that began unseen.
    pub grace: Duration,
    /// Connections that stand already; where programs filter already, they are known.
    pub adopt: Vec<Adopted>,
    /// Room for so many proven connections of a family.
    pub flow_room: u32,
}
