// SPDX-License-Identifier: MIT
//! Run-time settings: one array entry, read once a packet.

use crate::ABI_VERSION;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

const SECOND_NS: u64 = 1_000_000_000;

/// A rate with a burst, in the form the kernel needs: no division per packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Rate {
    /// Nanoseconds in which one token is earned.
    pub interval_ns: u64,
    /// Nanoseconds worth of tokens that may be saved up, beyond the one in use.
    pub tolerance_ns: u64,
}

impl Rate {
    /// Never refuses.
    pub const UNLIMITED: Self = Self {
        interval_ns: 0,
        tolerance_ns: 0,
    };

    /// `per_second` tokens a second (at least one), at most `burst` (at least one) at once.
    pub const fn per_second(per_second: u32, burst: u32) -> Self {
        let per_second = if per_second == 0 {
            1
        } else {
            per_second as u64
        };
        let spare = if burst == 0 { 0 } else { burst as u64 - 1 };
        let interval_ns = SECOND_NS / per_second;
        Self {
            interval_ns,
            tolerance_ns: interval_ns * spare,
        }
    }
}

/// Switches of the packet path.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct Flags(pub u32);

impl Flags {
    /// Drop TCP segments that no stack sends.
    pub const TCP_ANOMALIES: Self = Self(1 << 0);
    /// Drop LAND packets and impossible source addresses.
    pub const SPOOFED_SOURCES: Self = Self(1 << 1);
    /// Drop later fragments instead of leaving them to reassembly.
    pub const DROP_LATER_FRAGMENTS: Self = Self(1 << 2);
    /// Report passed packets too, within the same budget.
    pub const VERBOSE: Self = Self(1 << 3);

    /// Whether every switch of `other` is on.
    #[inline(always)]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These switches and those.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What the operator can change while programs are attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Settings {
    /// [`ABI_VERSION`] of whoever wrote this.
    pub abi_version: u32,
    /// Switches.
    pub flags: Flags,
    /// Mixed into the choice of a source's bucket, so that strangers cannot aim at another's.
    pub seed: u32,
    /// Always zero.
    pub reserved: u32,
    /// Infrastructure packets, a source bucket, kind and CPU.
    pub infrastructure: Rate,
    /// Events, a source and reason.
    pub event_source: Rate,
    /// Events, a reason and CPU.
    pub event_reason: Rate,
}

const _: () = assert!(size_of::<Settings>() == 64);

impl Settings {
    /// What holds until somebody changes it.
    pub const DEFAULT: Self = Self {
        abi_version: ABI_VERSION,
        flags: Flags::TCP_ANOMALIES.with(Flags::SPOOFED_SOURCES),
        seed: 0,
        reserved: 0,
        infrastructure: Rate::per_second(50, 100),
        event_source: Rate::per_second(1, 5),
        event_reason: Rate::per_second(100, 200),
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How programs tell the time: `offset_ns + jiffies × tick_ns`, in nanoseconds of
/// `CLOCK_MONOTONIC`, wrapping. Reading the jiffies costs nothing, where reading the clock costs
/// as much as judging a packet. A tick is 1 to 10 ms, which is fine enough for expiries and rates.
///
/// With `tick_ns` 0 the clock stands still at `offset_ns`, which is what tests want.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Clock {
    /// The time at jiffy 0. Written by the program `aegis_clock`.
    pub offset_ns: u64,
    /// The resolution of `CLOCK_MONOTONIC_COARSE`, nanoseconds. Written by user space.
    pub tick_ns: u64,
}

const _: () = assert!(size_of::<Clock>() == 16);

impl Clock {
    /// The time at a jiffy, nanoseconds.
    #[inline(always)]
    pub const fn at(self, jiffies: u64) -> u64 {
        self.offset_ns
            .wrapping_add(jiffies.wrapping_mul(self.tick_ns))
    }

    /// This clock, set so that it shows `now_ns` at that jiffy.
    #[inline(always)]
    pub const fn set(self, jiffies: u64, now_ns: u64) -> Self {
        let offset_ns = now_ns.wrapping_sub(jiffies.wrapping_mul(self.tick_ns));
        Self { offset_ns, ..self }
    }
}
