// SPDX-License-Identifier: MIT
//! Run-time settings: one array entry, whose slot in force is looked up once a packet.

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
    pub const SCAN_DETECT: Self = Self(1 << 0);
    /// Drop LAND packets, impossible source addresses and unsolicited answers of amplifiers.
    pub const THREATS: Self = Self(1 << 1);
    /// Drop later fragments instead of leaving them to reassembly.
    pub const DROP_LATER_FRAGMENTS: Self = Self(1 << 2);
    /// Report passed packets too, within the same budget.
    pub const VERBOSE: Self = Self(1 << 3);
    /// Count the ports that a source tries, and let sources that went too far cool down.
    pub const PORT_SCAN: Self = Self(1 << 4);
    /// Bound what one source, and all of them together, may begin.
    pub const RATE_LIMIT: Self = Self(1 << 5);
    /// Drop what belongs to no known connection. Without it connections are known all the same.
    pub const CONN_TRACK: Self = Self(1 << 6);
    /// Departing packets are not seen, so that replies cannot be told from what is unsolicited.
    pub const LOOSE: Self = Self(1 << 7);
    /// A program that answers with SYN cookies is loaded.
    pub const SYN_COOKIES: Self = Self(1 << 8);
    /// Judge what belongs to no known connection by the peer's country and autonomous system.
    pub const PLACES: Self = Self(1 << 9);

    /// Whether every switch of `other` is on.
    #[inline(always)]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any switch of `other` is on.
    #[inline(always)]
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// These switches and those.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These switches without those.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// How long a connection is known after its last packet, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Timeouts {
    /// TCP, established.
    pub tcp_established: u64,
    /// TCP, while it ends or after it has ended.
    pub tcp_closing: u64,
    /// UDP and other protocols with ports, once both sides have sent.
    pub udp: u64,
    /// ICMP echo, once both sides have sent.
    pub icmp: u64,
    /// What only one side has taken part in.
    pub half_open: u64,
}

const _: () = assert!(size_of::<Timeouts>() == 40);

impl Timeouts {
    /// What holds until somebody changes it.
    pub const DEFAULT: Self = Self {
        tcp_established: 300 * SECOND_NS,
        tcp_closing: 30 * SECOND_NS,
        udp: 120 * SECOND_NS,
        icmp: 30 * SECOND_NS,
        half_open: 30 * SECOND_NS,
    };
}

/// What the operator can change while programs are attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Settings {
    /// [`ABI_VERSION`] of whoever wrote this.
    pub abi_version: u32,
    /// Switches.
    pub flags: Flags,
    /// Mixed into every hash of what strangers choose, so that they cannot aim at another's place.
    pub seed: u32,
    /// Of the policy: connections are judged anew under another one, and rows of the allowlist can
    /// wait for it ([`crate::Allow::since`]). Never 0; [`Settings::next_generation`] follows it.
    pub generation: u32,
    /// Infrastructure packets, a source bucket, kind and CPU.
    pub infrastructure: Rate,
    /// Events, a source and reason.
    pub event_source: Rate,
    /// Events, a reason and CPU.
    pub event_reason: Rate,
    /// SYNs, a source.
    pub syn_source: Rate,
    /// SYNs that did not become connections, a CPU: the half-open gauge.
    pub syn_host: Rate,
    /// Unsolicited UDP, a source.
    pub udp_source: Rate,
    /// Unsolicited UDP, a CPU.
    pub udp_host: Rate,
    /// Unsolicited ICMP, a source.
    pub icmp_source: Rate,
    /// Unsolicited ICMP, a CPU.
    pub icmp_host: Rate,
    /// When connections are forgotten.
    pub timeouts: Timeouts,
    /// Until then connections that began unseen are picked up, `CLOCK_MONOTONIC` nanoseconds.
    pub grace_until_ns: u64,
    /// In which ports and refusals of a source are counted, nanoseconds.
    pub scan_window_ns: u64,
    /// How long a source cools down the first time, nanoseconds.
    pub cool_down_ns: u64,
    /// A source may try so many ports in the window.
    pub scan_ports: u32,
    /// So many packets over a rate in the window are a flood.
    pub flood_refusals: u32,
    /// The first port that this side uses for connections it begins: from there on, what comes out
    /// of state is late rather than a scan.
    pub ephemeral_from: u32,
    /// Which slot this is in; whoever writes the table sets it. The first program leaves the number
    /// to the second one, so that both judge a packet by the same settings.
    pub slot: u32,
    /// Which of the actions of classes hold under these settings ([`crate::ClassActions`]): 0 or 1.
    /// Whoever writes the table changes it where actions were staged, and at no other time: what
    /// somebody has staged who died before the switch never comes into force.
    pub actions: u32,
    /// Always zero: it makes a slot four cache lines.
    pub reserved: [u32; 3],
}

const _: () = assert!(size_of::<Settings>() == 256);

impl Settings {
    /// What holds until somebody changes it.
    pub const DEFAULT: Self = Self {
        abi_version: ABI_VERSION,
        flags: Flags::SCAN_DETECT
            .with(Flags::THREATS)
            .with(Flags::PORT_SCAN)
            .with(Flags::RATE_LIMIT)
            .with(Flags::CONN_TRACK),
        seed: 0,
        generation: 1,
        infrastructure: Rate::per_second(50, 100),
        event_source: Rate::per_second(1, 5),
        event_reason: Rate::per_second(100, 200),
        syn_source: Rate::per_second(100, 200),
        syn_host: Rate::per_second(200, 1_024),
        udp_source: Rate::per_second(2_000, 4_000),
        udp_host: Rate::per_second(50_000, 50_000),
        icmp_source: Rate::per_second(50, 100),
        icmp_host: Rate::per_second(1_000, 1_000),
        timeouts: Timeouts::DEFAULT,
        grace_until_ns: 0,
        scan_window_ns: 300 * SECOND_NS,
        cool_down_ns: 60 * SECOND_NS,
        scan_ports: 50,
        flood_refusals: 200,
        ephemeral_from: 32_768,
        slot: 0,
        actions: 0,
        reserved: [0; 3],
    };

    /// The generation after this one.
    pub const fn next_generation(&self) -> u32 {
        match self.generation.wrapping_add(1) {
            0 => 1,
            next => next,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The one entry of the table of settings: those in force, room for the next ones, and the clock, so
/// that a packet finds all of it by one look-up. Who changes
/// them fills the other slot and then stores [`SettingsSlots::active`], one aligned word; a slot is
/// filled only once no program can be reading it (`docs/adr/0012-generations.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SettingsSlots {
    /// One in force, the other nobody's.
    pub slots: [Settings; 2],
    /// Which one is in force; the lowest bit counts.
    pub active: u32,
    /// Always zero.
    pub reserved: u32,
    /// How programs tell the time.
    pub clock: Clock,
    /// Always zero: it makes the entry whole cache lines.
    pub rest: [u32; 10],
}

const _: () = assert!(size_of::<SettingsSlots>() == 576);

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
