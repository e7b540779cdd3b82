// SPDX-License-Identifier: MIT
//! The record that the kernel sends for a packet worth telling about.

use crate::{Action, Family, Hook, Reason, UnknownCode};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// One reported packet. Fields that a packet does not have are zero.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Event {
    /// `CLOCK_MONOTONIC`, nanoseconds.
    pub time_ns: u64,
    /// Source address; IPv4 in the first four bytes.
    pub source: [u8; 16],
    /// Destination address; IPv4 in the first four bytes.
    pub destination: [u8; 16],
    /// Bytes from the first header on.
    pub length: u32,
    /// Index of the interface.
    pub interface: u32,
    /// The rule that decided, 0 where none did.
    pub rule: u32,
    /// Packets of this source and reason that went unreported since its last event on this CPU.
    pub suppressed: u32,
    /// Transport source port, host order.
    pub source_port: u16,
    /// Transport destination port, host order.
    pub destination_port: u16,
    /// TCP flags, the low 12 bits: reserved bits, AE, CWR … FIN (RFC 9293 section 3.1, RFC 9768).
    pub tcp_flags: u16,
    /// IP protocol number, after any extension headers.
    pub protocol: u8,
    /// [`Reason`] code.
    pub reason: u8,
    /// [`Action`] code.
    pub action: u8,
    /// [`Hook`] code.
    pub hook: u8,
    /// [`Family`] code.
    pub family: u8,
    /// TTL or hop limit.
    pub hop_limit: u8,
    /// ICMP or ICMPv6 type.
    pub icmp_type: u8,
    /// ICMP or ICMPv6 code.
    pub icmp_code: u8,
    /// Always zero.
    pub reserved: [u8; 2],
}

const _: () = assert!(size_of::<Event>() == 72);

/// Why bytes from the event buffer are not an [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The record has another length than this build's events.
    Length {
        /// Bytes that came.
        got: usize,
    },
    /// A code that this build does not know.
    Code(UnknownCode),
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Length { got } => {
                write!(f, "event of {got} bytes, expected {}", size_of::<Event>())
            }
            Self::Code(code) => code.fmt(f),
        }
    }
}

impl core::error::Error for DecodeError {}

impl From<UnknownCode> for DecodeError {
    fn from(code: UnknownCode) -> Self {
        Self::Code(code)
    }
}

/// The codes of an [`Event`], checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCodes {
    /// Why.
    pub reason: Reason,
    /// What became of the packet.
    pub action: Action,
    /// Where.
    pub hook: Hook,
    /// What.
    pub family: Family,
}

impl Event {
    /// Nothing known.
    pub const EMPTY: Self = Self {
        time_ns: 0,
        source: [0; 16],
        destination: [0; 16],
        length: 0,
        interface: 0,
        rule: 0,
        suppressed: 0,
        source_port: 0,
        destination_port: 0,
        tcp_flags: 0,
        protocol: 0,
        reason: 0,
        action: 0,
        hook: 0,
        family: 0,
        hop_limit: 0,
        icmp_type: 0,
        icmp_code: 0,
        reserved: [0; 2],
    };

    /// Reads a record: length first, then every code.
    ///
    /// # Errors
    /// [`DecodeError`] where the length or a code is not of this build.
    pub fn decode(bytes: &[u8]) -> Result<(Self, EventCodes), DecodeError> {
        let event =
            Self::read_from_bytes(bytes).map_err(|_| DecodeError::Length { got: bytes.len() })?;
        let codes = EventCodes {
            reason: Reason::try_from(event.reason)?,
            action: Action::try_from(event.action)?,
            hook: Hook::try_from(event.hook)?,
            family: Family::try_from(event.family)?,
        };
        Ok((event, codes))
    }
}
