// SPDX-License-Identifier: MIT
//! What is enforced, as read back from the kernel.

use crate::openapi::Rfc3339;
use crate::{Attack, Confinement, CrowdSecStatus, ListsAnswer, LoggingStatus, Module};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state of the daemon and of what it put into the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// [`crate::API_VERSION`] of the daemon.
    pub api_version: u32,
    /// Version of the daemon.
    pub version: String,
    /// Version of what crosses the kernel line.
    pub abi_version: u32,
    /// Name of the instance.
    pub instance: String,
    /// Process number of the daemon.
    pub pid: u32,
    /// When it started, or took its predecessor's place.
    #[serde(default)]
    #[schemars(with = "Rfc3339")]
    pub started: Timestamp,
    /// Since then.
    pub uptime_seconds: u64,
    /// Everything that should be enforced is.
    pub healthy: bool,
    /// Why it is not healthy, one line each.
    pub problems: Vec<String>,
    /// What will be a problem if it goes on, one line each.
    pub warnings: Vec<String>,
    /// Whether departing packets are judged too; false under `--no-tc`.
    pub egress: bool,
    /// Programs, read back from the kernel.
    pub attachments: Vec<AttachmentStatus>,
    /// Tables, read back from the kernel.
    pub tables: Vec<TableStatus>,
    /// Bans in force.
    pub bans: usize,
    /// Entries of the allowlist.
    pub allow: usize,
    /// Events that did not reach a reader.
    pub events: EventLoss,
    /// Connections, and what is done about attackers.
    #[serde(default)]
    pub state: StateStatus,
    /// Of the settings; it rises with each change of them, and known connections are judged anew.
    #[serde(default)]
    pub generation: u32,
    /// Since the last packet that was judged; null: none since the start.
    #[serde(default)]
    pub last_packet_seconds: Option<u64>,
    /// Lists of addresses.
    #[serde(default)]
    pub lists: ListsAnswer,
    /// Modules, on and off.
    #[serde(default)]
    pub modules: Vec<Module>,
    /// What the daemon writes down.
    #[serde(default)]
    pub logging: LoggingStatus,
    /// What the attached programs did with frames whose fate is known.
    #[serde(default)]
    pub canary: CanaryStatus,
    /// How it goes with CrowdSec; null where its decisions are not asked for.
    #[serde(default)]
    pub crowdsec: Option<CrowdSecStatus>,
    /// What the daemon may do.
    #[serde(default)]
    pub confinement: Confinement,
    /// Attacks that go on.
    #[serde(default)]
    pub attacks: Vec<Attack>,
}

/// What the attached programs did with frames whose fate is known. What did not come to what it must
/// is among the problems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CanaryStatus {
    /// How often; 0: not at all.
    pub every_seconds: u64,
    /// Since the last time; null before the first one.
    pub seconds_ago: Option<u64>,
    /// Frames of the last time.
    pub frames: usize,
    /// What went wrong that time.
    pub failures: usize,
}

/// Connections, and what is done about attackers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateStatus {
    /// `strict`: what belongs to no known connection is dropped. `loose`: it passes, because
    /// without an egress filter replies cannot be told. `off`: it passes, as `conn_track` is off.
    pub mode: String,
    /// So long, connections whose beginning was not seen are still picked up; 0: no longer.
    pub grace_seconds: u64,
    /// Connections that both sides have taken part in.
    pub flows: usize,
    /// Connections that only one side has taken part in.
    pub half_open: usize,
    /// How full the half-open gauge of the busiest processor is; beyond 100, attempts are answered
    /// with SYN cookies or refused.
    pub half_open_percent: u32,
    /// Sources that begin no connection for the moment.
    pub cooling: usize,
    /// SYN cookies.
    pub syn_cookies: CookieStatus,
    /// Bans by detectors.
    pub auto_bans: AutoBanStatus,
    /// What happened to state since the daemon started, by name; what never happened is left out.
    pub counters: BTreeMap<String, u64>,
}

/// Whether a SYN flood is answered with SYN cookies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CookieStatus {
    /// `ready`, `active` (an attack goes on), `off` (module `rate_limit` is) or `impossible`.
    pub mode: String,
    /// Why they are impossible.
    pub problem: Option<String>,
}

/// Bans by detectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AutoBanStatus {
    /// Whether there are any.
    pub enabled: bool,
    /// Sources that are banned for what detectors found.
    pub banned: usize,
    /// As many as there may be.
    pub max: u32,
}

/// One program at one hook of one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentStatus {
    /// Name of the interface.
    pub interface: String,
    /// Its index.
    pub index: u32,
    /// `xdp_ingress` or `tc_egress`.
    pub hook: String,
    /// `native`, `generic`, `tcx` or `clsact`.
    pub mode: String,
    /// The kernel's number for the program.
    pub program_id: u32,
    /// The kernel's hash of its instructions.
    pub program_tag: String,
    /// The kernel's number for the link, where there is a link.
    pub link_id: Option<u32>,
    /// Whether the kernel still runs it here.
    pub attached: bool,
    /// How often the kernel ran it while it was counting, with the programs of the second leg, which it
    /// counts as part of the one that calls them; null: it does not count, as
    /// `kernel.bpf_stats_enabled` is 0.
    #[serde(default)]
    pub run_count: Option<u64>,
    /// How long that took altogether; null likewise.
    #[serde(default)]
    pub run_nanoseconds: Option<u64>,
}

/// How full a table is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableStatus {
    /// Its name in the kernel.
    pub name: String,
    /// Entries in use.
    pub entries: u64,
    /// Entries it can hold.
    pub capacity: u64,
}

/// Where events were lost since the daemon started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventLoss {
    /// Handed to the daemon.
    pub sent: u64,
    /// Over budget, only counted.
    pub suppressed: u64,
    /// The kernel's buffer was full.
    pub lost: u64,
    /// Came from the kernel but could not be read.
    pub undecodable: u64,
    /// Over budget in the last second.
    #[serde(default)]
    pub suppressed_per_second: u64,
    /// Lost in the last second.
    #[serde(default)]
    pub lost_per_second: u64,
}
