// SPDX-License-Identifier: MIT
//! Counters: what was judged, and what was reported.

use crate::{Family, Hook, Reason};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Packets and bytes of one [`CounterSlot`] on one CPU, since the table was made.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Bytes from the first header on, as the hook saw them.
    pub bytes: u64,
}

/// What became of the events of one reason on one CPU.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct EventCount {
    /// Handed to user space.
    pub sent: u64,
    /// Not made, because the source or the reason had used up its budget.
    pub suppressed: u64,
    /// Made, but the buffer was full.
    pub lost: u64,
}

/// One cell of the counter table: hook × family × reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterSlot {
    /// Where.
    pub hook: Hook,
    /// What.
    pub family: Family,
    /// Why.
    pub reason: Reason,
}

impl CounterSlot {
    /// Entries of the counter table.
    pub const SLOTS: usize = Hook::SLOTS * Family::SLOTS * Reason::SLOTS;

    /// Index into the counter table; always below [`Self::SLOTS`].
    #[inline(always)]
    pub const fn index(self) -> u32 {
        let row = self.hook as usize * Family::SLOTS + self.family as usize;
        (row * Reason::SLOTS + self.reason as usize) as u32
    }

    /// Every cell that this build can count into, in index order.
    pub fn all() -> impl Iterator<Item = Self> {
        Hook::ALL.iter().flat_map(|&hook| {
            Family::ALL.iter().flat_map(move |&family| {
                Reason::ALL.iter().map(move |&reason| Self {
                    hook,
                    family,
                    reason,
                })
            })
        })
    }
}
