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

/// What became of the events of one [`CounterSlot`] on one CPU.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct EventCount {
    /// Not made, because the source or the reason had used up its budget.
    pub suppressed: u64,
    /// Handed to user space.
    pub sent: u64,
    /// Made, but the buffer was full.
    pub lost: u64,
}

/// All that is counted of one [`CounterSlot`] on one CPU: a dropped packet finds it by one look-up.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Tally {
    /// What was judged.
    pub count: Count,
    /// What was reported of it.
    pub events: EventCount,
}

const _: () = assert!(size_of::<Tally>() == 40);

impl Count {
    /// Both, wrapping.
    #[must_use]
    #[inline(always)]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            packets: self.packets.wrapping_add(other.packets),
            bytes: self.bytes.wrapping_add(other.bytes),
        }
    }
}

impl EventCount {
    /// Both, wrapping.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            suppressed: self.suppressed.wrapping_add(other.suppressed),
            sent: self.sent.wrapping_add(other.sent),
            lost: self.lost.wrapping_add(other.lost),
        }
    }
}

impl Tally {
    /// Both, wrapping.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            count: self.count.plus(other.count),
            events: self.events.plus(other.events),
        }
    }

    /// The events of a reason, wherever that is counted.
    #[must_use]
    pub fn events_of(reason: Reason, tallies: &[(CounterSlot, Self)]) -> EventCount {
        let of_reason = tallies.iter().filter(|(slot, _)| slot.reason == reason);
        of_reason.fold(EventCount::default(), |sum, (_, tally)| {
            sum.plus(tally.events)
        })
    }
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
        Self::index_of(self.hook, self.family, self.reason as u8)
    }

    /// The same by the code of a reason.
    #[inline(always)]
    pub const fn index_of(hook: Hook, family: Family, reason: u8) -> u32 {
        let row = hook as usize * Family::SLOTS + family as usize;
        (row * Reason::SLOTS + reason as usize % Reason::SLOTS) as u32
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
