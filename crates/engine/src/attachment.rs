// SPDX-License-Identifier: MIT
//! What is attached where, as the kernel tells it.

use crate::Runs;
use aegis_abi::Hook;

/// How a program is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// XDP in the driver.
    Native,
    /// XDP in the stack, after the driver has made a socket buffer.
    Generic,
    /// TC by bpf_link (Linux 6.6).
    Tcx,
    /// TC by a filter of a clsact qdisc.
    Clsact,
}

impl Mode {
    /// The name in output and JSON.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Generic => "generic",
            Self::Tcx => "tcx",
            Self::Clsact => "clsact",
        }
    }
}

/// One program on one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The interface's name now; the last known where it is gone.
    pub interface: String,
    /// The name it was asked to be guarded by.
    pub asked: String,
    /// The index it had when the program was attached.
    pub index: u32,
    /// Where packets are judged.
    pub hook: Hook,
    /// How; the last known where nothing is attached any more.
    pub mode: Mode,
    /// The program's id.
    pub program_id: u32,
    /// The kernel's hash of the program, hexadecimal.
    pub program_tag: String,
    /// The link's id, where attaching made one.
    pub link_id: Option<u32>,
    /// Whether the kernel still runs this program there.
    pub attached: bool,
    /// How often the kernel ran it, with the programs of the second leg; `None` while it does not
    /// count.
    pub runs: Option<Runs>,
    /// Somebody else's program that it runs there instead.
    pub instead: Option<Stranger>,
}

/// A program of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its id.
    pub id: u32,
    /// Its name; `unnamed` where it has none, or that cannot be read.
    pub name: String,
}
