// SPDX-License-Identifier: MIT
//! Everything of Aegis that lives in the kernel: programs, links, tables, counters, events.
//!
//! This is the only crate that names aya. It loads the programs of `ebpf/` (embedded here at
//! build time), attaches them, writes the rows that `aegis_policy` compiles, and reads back what
//! the kernel says. It knows no policy.

mod attach;
mod attachment;
mod batch;
mod bpffs;
pub mod clock;
mod engine;
mod error;
mod events;
mod extack;
mod flows;
pub mod forwarded;
pub mod host;
mod interface;
mod netlink;
mod object;
mod options;
pub mod probe;
pub mod rig;
mod second;
pub mod sockets;
mod tables;

pub use attachment::{Attachment, Mode};
pub use engine::Engine;
pub use error::EngineError;
pub use events::{EventStream, OffenceStream};
pub use flows::{Adopted, FlowEntry, FlowState, Reclaimed};
pub use options::{ModeChoice, Options, TcChoice};
pub use second::SynCookies;
pub use tables::TableFill;
