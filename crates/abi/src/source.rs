// SPDX-License-Identifier: MIT
//! What is remembered of whoever sends unsolicited packets, and what user space is told of it.

use crate::{Family, Reason, UnknownCode, event::DecodeError};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// One source: an IPv4 address, or an IPv6 /64.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Source {
    /// The tag of whom this is about (see `Ways::tags`).
    pub tag: u64,
    /// Theoretical arrival time of the next SYN (see `aegis_core::bucket`).
    pub syn_ns: u64,
    /// Likewise of unsolicited UDP.
    pub udp_ns: u64,
    /// Likewise of unsolicited ICMP.
    pub icmp_ns: u64,
    /// When the window began in which ports and refusals are counted.
    pub window_ns: u64,
    /// Unsolicited packets are dropped before this time.
    pub cool_until_ns: u64,
    /// Unsolicited packets in the window.
    pub packets: u32,
    /// Of them, those over a rate.
    pub refused: u32,
    /// Bits of [`Source::ports`] that are set: distinct ports tried, less collisions.
    pub tried: u16,
    /// Offences so far.
    pub strikes: u8,
    /// The place in [`Source::recent`] that is written next.
    pub at: u8,
    /// Always zero.
    pub reserved: u32,
    /// The ports tried last.
    pub recent: [u16; Self::RECENT],
    /// One bit for each hash of a port tried in the window.
    pub ports: [u64; Self::WORDS],
    /// The address; IPv4 in the first four bytes, an IPv6 /64 with zeros after it.
    pub address: [u8; 16],
    /// [`Family`] code.
    pub family: u8,
    /// Always zero.
    pub padding: [u8; 31],
}

const _: () = assert!(size_of::<Source>() == 192);

impl Source {
    /// Ports that are remembered one by one.
    pub const RECENT: usize = 8;
    /// Words of the sketch.
    pub const WORDS: usize = 8;
    /// Bits of the sketch, a power of two.
    pub const BITS: u32 = Self::WORDS as u32 * 64;
    /// Lines of the table, a power of two.
    pub const LINES: u32 = 1 << 13;
    /// Entries of the table.
    pub const ENTRIES: u32 = Self::LINES * crate::Ways::WAYS as u32;
}

/// A source has gone too far. It is told once for each cool-down.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Offence {
    /// `CLOCK_MONOTONIC`, nanoseconds.
    pub time_ns: u64,
    /// When the window of the counts began.
    pub window_ns: u64,
    /// The source cools down until then.
    pub until_ns: u64,
    /// As [`Source::address`].
    pub address: [u8; 16],
    /// As [`Source::packets`].
    pub packets: u32,
    /// As [`Source::refused`].
    pub refused: u32,
    /// As [`Source::recent`].
    pub recent: [u16; Source::RECENT],
    /// As [`Source::tried`].
    pub tried: u16,
    /// Destination port of the last packet, host order; 0 where it had none.
    pub port: u16,
    /// What it did: code of `PortScan`, `SynRate`, `UdpRate` or `IcmpRate`.
    pub reason: u8,
    /// [`Family`] code.
    pub family: u8,
    /// 1 where nobody else can have sent the packets in the source's name.
    pub proven: u8,
    /// Offences of this source, this one included.
    pub strikes: u8,
}

const _: () = assert!(size_of::<Offence>() == 72);

/// The codes of an [`Offence`], checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffenceCodes {
    /// What it did.
    pub reason: Reason,
    /// What kind of address it has.
    pub family: Family,
}

impl Offence {
    /// Reads a record: length first, then every code.
    ///
    /// # Errors
    /// [`DecodeError`] where the length or a code is not of this build.
    pub fn decode(bytes: &[u8]) -> Result<(Self, OffenceCodes), DecodeError> {
        let length = bytes.len();
        let offence =
            Self::read_from_bytes(bytes).map_err(|_| DecodeError::Length { got: length })?;
        let unknown = |error: UnknownCode| DecodeError::Code(error);
        let codes = OffenceCodes {
            reason: Reason::try_from(offence.reason).map_err(unknown)?,
            family: Family::try_from(offence.family).map_err(unknown)?,
        };
        Ok((offence, codes))
    }
}
