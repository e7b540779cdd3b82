// SPDX-License-Identifier: MIT
//! What there is to know about this host before anything is attached. Reading it changes nothing.
//! What it means, others decide; what cannot be read is `None`.

mod device;
mod generic;
mod host;

use crate::probe::Feature;

pub use device::read as device;
pub use host::read as host;

/// The kernel, the host around it, and who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// As `uname -r` says.
    pub release: String,
    /// What Aegis makes use of.
    pub features: Vec<Feature>,
    /// Whether the kernel describes its types (`/sys/kernel/btf/vmlinux`).
    pub btf: bool,
    /// `net.core.bpf_jit_enable`: 0 off, 1 on, 2 on and traced.
    pub jit: Option<u32>,
    /// `kernel.unprivileged_bpf_disabled`: 0 lets everybody load some programs.
    pub unprivileged_disabled: Option<u32>,
    /// Whether a bpf file system is mounted where pins go.
    pub bpf_file_system: bool,
    /// Bytes that may be locked, before Linux 5.11 the bound on tables; `None` without a bound.
    pub locked_memory: Option<u64>,
    /// What time is told by, such as `tsc`.
    pub clock_source: Option<String>,
    /// `net.ipv4.tcp_syncookies`.
    pub syn_cookies: Option<u32>,
    /// `net.ipv4.conf.all.rp_filter`.
    pub reverse_path: Option<u32>,
    /// Whether the kernel follows connections itself.
    pub conntrack: bool,
    /// Other firewalls that have a foothold in this network namespace, such as `nf_tables`.
    pub firewalls: Vec<String>,
    /// Processors.
    pub processors: usize,
    /// Capabilities in effect, by bit.
    pub capabilities: u64,
    /// What the process is shut in, such as `docker`, as far as it can tell.
    pub container: Option<String>,
    /// Whether user ids are those of the host.
    pub own_users: bool,
}

/// An interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Its driver, or what kind of virtual interface it is.
    pub driver: Option<String>,
    /// What the kernel says of its link header (ARPHRD).
    pub arphrd: u16,
    /// Whether frames begin with something that Aegis knows.
    pub known_link: bool,
    /// Bytes.
    pub mtu: u32,
    /// Bits of `enum netdev_xdp_act`; `None` before Linux 6.3.
    pub xdp_features: Option<u64>,
    /// The XDP program that is attached: its number, and its name where that can be read.
    pub xdp_program: Option<(u32, Option<String>)>,
    /// Names of programs at TCX egress.
    pub tcx_programs: Vec<String>,
    /// Names of offloads that are on, as `ethtool -k` calls them in the kernel.
    pub offloads: Option<Vec<String>>,
    /// Receive queues in use.
    pub queues: Option<u32>,
}

/// Bits of [`Device::xdp_features`] (`include/uapi/linux/netdev.h`).
pub mod xdp {
    /// Drop, pass and send back.
    pub const BASIC: u64 = 1;
    /// Packets in several buffers.
    pub const SEVERAL_BUFFERS: u64 = 32;
}
