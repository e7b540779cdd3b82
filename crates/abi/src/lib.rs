// SPDX-License-Identifier: MIT
//! Every byte that crosses the line between Aegis in user space and Aegis in the kernel.
//!
//! The kernel's half is compiled from this same crate, so a layout exists once. Each type is
//! `repr(C)` with explicit padding and a size assertion; a code that leaves the kernel is a plain
//! integer with a `TryFrom`, never a Rust enum read from memory. Integers are in host order,
//! addresses are big-endian byte arrays. `tests/layout.golden` holds the whole layout: a change
//! there needs a new [`ABI_VERSION`].
#![no_std]
#![forbid(unsafe_code)]

pub mod counter;
pub mod event;
pub mod flow;
pub mod header;
pub mod hook;
pub mod infrastructure;
pub mod names;
pub mod reason;
mod rehearsal;
pub mod set;
pub mod settings;
pub mod source;
pub mod tables;

pub use counter::{Count, CounterSlot, EventCount, HostBucket, StateCounter, Tally};
pub use event::Event;
pub use flow::{Flow, FlowKeyV4, FlowKeyV6, HalfOpen, Origin, Side, Tuple, Ways};
pub use header::Header;
pub use hook::{Action, Family, Hook, Link};
pub use infrastructure::Infrastructure;
pub use reason::{Class, Reason};
pub use rehearsal::Rehearsal;
pub use set::{ClassActions, HitBlock, SetAction, SetChunk, SetHead, SetLine, SetRoot, SetSlot};
pub use settings::{Clock, Flags, Rate, Settings, SettingsSlots, Timeouts};
pub use source::{Offence, OffenceCodes, Source};
pub use tables::{Allow, Ban, BanLineV4, BanLineV6, BudgetSlot, Scope, ScopeKey, TouchedLine};

/// Version of everything in this crate. Pinned state of another version is refused, never read.
pub const ABI_VERSION: u32 = 8;

/// A code read from the kernel that this build does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCode {
    /// What the code should have named, such as `reason`.
    pub kind: &'static str,
    /// The value that was read.
    pub code: u8,
}

impl core::fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "unknown {} code {} from the kernel",
            self.kind, self.code
        )
    }
}

impl core::error::Error for UnknownCode {}
