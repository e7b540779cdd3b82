// SPDX-License-Identifier: MIT
//! Keys and values of the policy and state tables.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A ban on an address or a prefix.
///
/// For a prefix, `expires_ns` and `scopes` already include what every wider banned prefix around
/// it says: a longest-prefix match shows only one entry.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Ban {
    /// The whole peer is banned before this time (`CLOCK_MONOTONIC`); 0: it is not,
    /// [`Ban::NEVER`]: for good.
    pub expires_ns: u64,
    /// The rule to name for a ban of the whole peer.
    pub rule: u32,
    /// Group of [`ScopeKey`]s that apply to the peer, 0 where there is none.
    pub scopes: u32,
}

impl Ban {
    /// Expiry of a ban that does not end.
    pub const NEVER: u64 = u64::MAX;
    /// No ban. It is not an `Option`: a ban that ended long ago says the same, and the verifier
    /// does not have to follow a payload that is not there.
    pub const NONE: Self = Self {
        expires_ns: 0,
        rule: 0,
        scopes: 0,
    };
}

const _: () = assert!(size_of::<Ban>() == 16);

/// Banned IPv4 addresses that hash alike, one cache line of them (see `aegis_core::exact`).
///
/// Keys are addresses as on the wire; 0, an address on no wire, is a free place.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BanLineV4 {
    /// Addresses.
    pub keys: [u32; 15],
    /// How many addresses of this line are in their second line.
    pub spilled: u32,
}

const _: () = assert!(size_of::<BanLineV4>() == 64);

impl BanLineV4 {
    /// Lines, a power of two: about eight keys a line when full.
    pub const LINES: u32 = 1 << 14;
    /// Places a line takes up in the table of bans.
    pub const PLACES: u32 = 16;
}

/// Banned IPv6 addresses that hash alike, two cache lines of them; as [`BanLineV4`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BanLineV6 {
    /// Addresses, each as two words in memory order.
    pub keys: [[u64; 2]; 7],
    /// How many addresses of this line are in their second line.
    pub spilled: u32,
    /// Always zero.
    pub reserved: [u32; 3],
}

const _: () = assert!(size_of::<BanLineV6>() == 128);

impl BanLineV6 {
    /// Lines, a power of two: about four keys a line when full.
    pub const LINES: u32 = 1 << 15;
    /// Places a line takes up in the table of bans.
    pub const PLACES: u32 = 8;
}

/// Part of a peer's traffic: a protocol, a destination port, or both; or what begins connections.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(C)]
pub struct ScopeKey {
    /// [`Ban::scopes`].
    pub group: u32,
    /// Destination port, host order; 0: any.
    pub port: u16,
    /// IP protocol number; [`ScopeKey::ANY_PROTOCOL`]: any that has ports.
    pub protocol: u8,
    /// [`ScopeKey::ALL`] or [`ScopeKey::UNSOLICITED`].
    pub kind: u8,
}

impl ScopeKey {
    /// Stands for every protocol; 255 is reserved by IANA and is on no wire.
    pub const ANY_PROTOCOL: u8 = 255;
    /// Every packet of the port and protocol.
    pub const ALL: u8 = 0;
    /// Every packet outside a known connection; port 0, protocol [`ScopeKey::ANY_PROTOCOL`].
    pub const UNSOLICITED: u8 = 1;

    /// What keeps the peers of a group from beginning connections.
    #[inline(always)]
    pub const fn unsolicited(group: u32) -> Self {
        Self {
            group,
            port: 0,
            protocol: Self::ANY_PROTOCOL,
            kind: Self::UNSOLICITED,
        }
    }
}

const _: () = assert!(size_of::<ScopeKey>() == 8);

/// A ban on part of a peer's traffic.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Scope {
    /// As [`Ban::expires_ns`].
    pub expires_ns: u64,
    /// The rule to name.
    pub rule: u32,
    /// Always zero.
    pub reserved: u32,
}

impl Scope {
    /// No ban, as [`Ban::NONE`].
    pub const NONE: Self = Self {
        expires_ns: 0,
        rule: 0,
        reserved: 0,
    };
}

const _: () = assert!(size_of::<Scope>() == 16);

/// What the allowlist says of a prefix, before and after a switch of generations. A longest-prefix
/// match shows only one entry, so while a switch is prepared an entry says what is true of that very
/// prefix, whichever entry makes it so.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Allow {
    /// The rule to name under earlier generations; 0: the prefix is not allowed.
    pub before: u32,
    /// The same from `since` on.
    pub after: u32,
    /// The first generation ([`crate::Settings::generation`]) under which `after` holds.
    pub since: u32,
}

const _: () = assert!(size_of::<Allow>() == 12);

impl Allow {
    /// Allowed under every generation.
    pub const fn always(rule: u32) -> Self {
        Self {
            before: rule,
            after: rule,
            since: 0,
        }
    }

    /// The rule to name under a generation, 0 for none. Generations wrap around: half of them are
    /// earlier than any other.
    #[inline(always)]
    pub const fn rule(self, generation: u32) -> u32 {
        if generation.wrapping_sub(self.since) <= u32::MAX / 2 {
            self.after
        } else {
            self.before
        }
    }

    /// Whether it says the same under every generation.
    pub const fn is_settled(self) -> bool {
        self.before == self.after
    }
}

/// One cache line of the table that says where looking further is worth it: four bits for each of
/// 128 address groups, see [`touched`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct TouchedLine(pub [u64; 8]);

const _: () = assert!(size_of::<TouchedLine>() == 64);

/// Arithmetic of the touched table: a group is 24 bits (an IPv4 /24, a hashed IPv6 /32).
pub mod touched {
    /// Some allowlist entry lies in, or covers, this group.
    pub const ALLOW: u64 = 1;
    /// Some ban lies in, or covers, this group.
    pub const BAN: u64 = 2;
    /// A list names single addresses of this group (`aegis_core::set`).
    pub const LIST_HOSTS: u64 = 4;
    /// A list names a range that lies in, or covers, this group.
    pub const LIST_NETS: u64 = 8;
    /// Either: what belongs to the sets, while the rest belongs to the policy.
    pub const LISTS: u64 = LIST_HOSTS | LIST_NETS;
    /// Every bit of a group.
    pub const ALL: u64 = ALLOW | BAN | LISTS;
    /// The lowest bit of every group of a word.
    pub const EVERY: u64 = 0x1111_1111_1111_1111;
    /// Groups, all told.
    pub const GROUPS: u32 = 1 << 24;
    /// Groups that one line covers.
    pub const GROUPS_PER_LINE: u32 = 128;
    /// Entries of the table.
    pub const LINES: u32 = GROUPS / GROUPS_PER_LINE;

    /// Entry of the table, word of the entry and shift in the word of a group's four bits.
    #[inline(always)]
    pub const fn place(group: u32) -> (u32, usize, u32) {
        (
            (group >> 7) & (LINES - 1),
            ((group >> 4) & 7) as usize,
            (group & 15) * 4,
        )
    }
}

/// The event budget of one source and reason, on one CPU.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BudgetSlot {
    /// Theoretical arrival time of the next conforming event (see `aegis_core::bucket`).
    pub arrival_ns: u64,
    /// Fingerprint of the source and reason that use the slot.
    pub owner: u32,
    /// Events not made for the owner since its last one.
    pub suppressed: u32,
}

impl BudgetSlot {
    /// Entries of the table, a power of two.
    pub const SLOTS: u32 = 4096;
    /// Nobody's, with a full budget.
    pub const EMPTY: Self = Self {
        arrival_ns: 0,
        owner: 0,
        suppressed: 0,
    };
}

const _: () = assert!(size_of::<BudgetSlot>() == 16);
