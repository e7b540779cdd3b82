// SPDX-License-Identifier: MIT
//! What can go wrong between Aegis and the kernel, in words that name the next step.

use crate::pins::Pins;
use aegis_abi::{ABI_VERSION, Header};
use std::io;
use std::path::PathBuf;

/// A failure to load, attach, write or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The process lacks the rights.
    #[error(
        "not permitted to load eBPF programs; run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"
    )]
    NotPermitted,
    /// The kernel lacks something Aegis cannot do without.
    #[error(
        "this kernel lacks {feature}; boot Linux 5.10 or later, `uname -r` tells which this is"
    )]
    Kernel {
        /// What, and since when it exists.
        feature: &'static str,
    },
    /// There is no such interface.
    #[error("no interface named {name:?}; `ip link` lists those of this network namespace")]
    NoInterface {
        /// As asked for.
        name: String,
    },
    /// The interface's frames begin with something the parser does not know.
    #[error(
        "{interface} has link type {arphrd} (ARPHRD), which is neither Ethernet nor raw IP; choose the interface that carries IP"
    )]
    LinkType {
        /// Its name.
        interface: String,
        /// What the kernel says it is.
        arphrd: u16,
    },
    /// Somebody else's XDP program is there.
    #[error(
        "{interface} already has the XDP program {program:?} (id {id}); detach it first: ip link set dev {interface} xdp off"
    )]
    ForeignProgram {
        /// Where.
        interface: String,
        /// Its name.
        program: String,
        /// Its id.
        id: u32,
    },
    /// Another Aegis guards the interface.
    #[error(
        "{interface} is already guarded by aegis (program id {id}); stop that daemon first, or ask it: aegis-cli -i {interface} status; where none answers, programs were left behind: aegis-cli detach"
    )]
    AlreadyGuarded {
        /// Where.
        interface: String,
        /// Its program's id.
        id: u32,
    },
    /// The kernel refuses to attach.
    #[error("cannot attach {hook} to {interface}: {reason}{remedy}")]
    Attach {
        /// What.
        hook: &'static str,
        /// Where.
        interface: String,
        /// The kernel's own words where it has any.
        reason: String,
        /// A command that would help, introduced by "; ", or nothing.
        remedy: String,
    },
    /// The kernel refuses a program.
    #[error(
        "the kernel refuses the program {program}: {reason}; Linux 5.10 or later is needed, `uname -r` tells which this is"
    )]
    Load {
        /// Its name.
        program: String,
        /// The kernel's reason, one line.
        reason: String,
    },
    /// The object file cannot be used.
    #[error("cannot use the object {}: {reason}", path.display())]
    Object {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The embedded object cannot be used; a build error of ours.
    #[error(
        "the embedded eBPF object is unusable: {reason}; please report this with the output of `aegis-cli --version`"
    )]
    Embedded {
        /// Why.
        reason: String,
    },
    /// Programs of another version filter, and cannot be gone on with.
    #[error(
        "programs of kernel ABI {found} filter already, pinned at {}, and this program speaks {wanted}: they filter on; to change over, with a moment unfiltered, run `aegis-cli detach` and start again, or go back to the version before", path.display()
    )]
    OtherVersion {
        /// The folder of pins.
        path: PathBuf,
        /// Theirs.
        found: u32,
        /// Ours.
        wanted: u32,
    },
    /// There is nothing to go on from.
    #[error("nothing is pinned at {}: no program filters; start a daemon", path.display())]
    NothingStands {
        /// The folder of pins.
        path: PathBuf,
    },
    /// There is no bpf file system.
    #[error("cannot use {} for pins: {reason}; mount one: mount -t bpf bpf /sys/fs/bpf", path.display())]
    BpfFs {
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A table has no room left.
    #[error(
        "the table {table} is full ({capacity} entries); remove entries that are no longer needed"
    )]
    TableFull {
        /// Which.
        table: &'static str,
        /// How many it holds.
        capacity: u64,
    },
    /// A table cannot be read or written.
    #[error("cannot access the table {table}: {reason}")]
    Table {
        /// Which.
        table: &'static str,
        /// Why.
        reason: String,
    },
    /// The kernel does not answer a question about interfaces.
    #[error("cannot ask the kernel about {subject}: {reason}")]
    Netlink {
        /// About what.
        subject: String,
        /// Why.
        reason: String,
    },
    /// The kernel does not end connections.
    #[error("cannot end connections: {reason}")]
    Destroy {
        /// Why not, and what to do.
        reason: String,
    },
    /// The event buffer cannot be read.
    #[error("cannot read events: {0}")]
    Events(#[source] io::Error),
}

impl EngineError {
    /// What stands there is not of this version.
    pub(crate) fn other_version(pins: &Pins, header: Header) -> Self {
        Self::OtherVersion {
            path: pins.path().to_path_buf(),
            found: header.abi_version,
            wanted: ABI_VERSION,
        }
    }
}

/// A chain of errors on one line.
pub(crate) fn one_line(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}
