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

crate::hook::codes! {
    /// What happened to state rather than to a packet; counted per CPU.
    StateCounter, "state counter" {
        /// A proven connection found no room; it is kept among the half-open ones.
        0 FlowsFull "flows_full",
        /// Connections that became proven.
        1 FlowsAdded "flows_added",
        /// A half-open connection gave way to another one before its time.
        2 HalfOpenEvicted "half_open_evicted",
        /// What was known of a source gave way to another source before its time.
        3 SourcesEvicted "sources_evicted",
        /// Offences told to user space.
        4 Offences "offences",
        /// Offences for which the buffer had no room.
        5 OffencesLost "offences_lost",
        /// Offences of the protected set, for which nothing cools down.
        6 OffencesProtected "offences_protected",
        /// SYN cookies sent.
        7 CookiesSent "cookies_sent",
        /// SYNs that should have had a cookie and went to the kernel instead: its queue had room,
        /// or nobody listens.
        8 CookiesPassed "cookies_passed",
        /// Acknowledgements that carried a valid SYN cookie.
        9 CookiesValid "cookies_valid",
        /// SYNs beyond the half-open gauge.
        10 GaugeExceeded "gauge_exceeded",
        /// Connections taken over from a socket of the host.
        11 SocketsAdopted "sockets_adopted",
    }
}

impl StateCounter {
    /// Room in the table.
    pub const SLOTS: u32 = 32;
}

crate::hook::codes! {
    /// A bucket that all sources share; one for each CPU.
    HostBucket, "host bucket" {
        /// Half-open connections: a SYN takes, a completed handshake gives back.
        0 HalfOpen "half_open",
        /// Unsolicited UDP.
        1 Udp "udp",
        /// Unsolicited ICMP.
        2 Icmp "icmp",
    }
}

impl HostBucket {
    /// Room in the table.
    pub const SLOTS: u32 = 8;
}
