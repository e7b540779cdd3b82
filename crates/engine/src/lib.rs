// SPDX-License-Identifier: MIT
//! Everything of Aegis that lives in the kernel: programs, links, tables, counters, events.
//!
//! This is the only crate that names aya. It loads the programs of `ebpf/` (embedded here at
//! build time), attaches them, writes the rows that `aegis_policy` compiles, and reads back what
//! the kernel says. It knows no policy.

mod attach;
mod attachment;
mod batch;
pub mod clock;
mod clock_program;
mod engine;
mod error;
mod events;
mod extack;
pub mod facts;
mod flows;
mod follow;
pub mod forwarded;
pub mod host;
mod interface;
mod link_state;
mod netlink;
mod object;
mod options;
mod pins;
pub mod probe;
pub mod rig;
mod runs;
mod second;
mod sets;
pub mod sockets;
mod standing;
mod syscall;
mod tables;
mod watch;

pub use attachment::{Attachment, Mode, Stranger};
pub use engine::{Engine, Rehearsed, Stage};
pub use error::EngineError;
pub use events::{EventStream, OffenceStream};
pub use flows::{Adopted, Census, FlowEntry, FlowFill, FlowState, Reclaimed};
pub use follow::Followed;
pub use options::{Missing, ModeChoice, Options, TcChoice};
pub use runs::Runs;
pub use second::SynCookies;
pub use sets::{Hits, SetKind};
pub use standing::{Standing, StandingLink, remove_filters};
pub use tables::TableFill;
pub use watch::LinkWatch;
