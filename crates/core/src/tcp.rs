// SPDX-License-Identifier: MIT
//! TCP flags and sequence numbers.

/// The low 12 bits of bytes 12–13 of a TCP header: three reserved bits, AE (RFC 9768), CWR, ECE,
/// URG, ACK, PSH, RST, SYN, FIN (RFC 9293 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpFlags(pub u16);

impl TcpFlags {
    /// No more data from the sender.
    pub const FIN: Self = Self(1 << 0);
    /// Synchronise sequence numbers.
    pub const SYN: Self = Self(1 << 1);
    /// Reset the connection.
    pub const RST: Self = Self(1 << 2);
    /// Push.
    pub const PSH: Self = Self(1 << 3);
    /// The acknowledgement field is significant.
    pub const ACK: Self = Self(1 << 4);
    /// The urgent pointer is significant.
    pub const URG: Self = Self(1 << 5);
    /// The six flags of RFC 793.
    pub const CLASSIC: Self = Self(0x3f);
    /// The bits that are still reserved; AE, once one of them, is not.
    pub const RESERVED: Self = Self(0xe00);

    /// These flags and those.
    #[inline(always)]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every flag of `other` is set.
    #[inline(always)]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any flag of `other` is set.
    #[inline(always)]
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Where a segment lies in the sequence space (RFC 9293 section 3.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number; means nothing without the flag.
    pub acknowledgement: u32,
    /// Octets of payload.
    pub payload: u32,
}

impl Numbers {
    /// The sequence number after the segment: SYN and FIN take one each.
    #[inline(always)]
    pub const fn end(self, flags: TcpFlags) -> u32 {
        let control = flags.any(TcpFlags::SYN) as u32 + flags.any(TcpFlags::FIN) as u32;
        self.sequence
            .wrapping_add(self.payload)
            .wrapping_add(control)
    }
}

/// How far `later` is ahead of `earlier`, if it is; sequence numbers wrap.
#[inline(always)]
pub const fn ahead(later: u32, earlier: u32) -> u32 {
    later.wrapping_sub(earlier)
}
