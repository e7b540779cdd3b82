// SPDX-License-Identifier: MIT
//! What the packet path knows of a packet once it is parsed. Nobody downstream touches bytes.

use crate::address::Address;
use crate::malformed::Malformed;
use crate::tcp::{Numbers, TcpFlags};
use aegis_abi::Hook;

/// IP protocol numbers (IANA) that the packet path tells apart.
pub mod protocol {
    /// ICMP.
    pub const ICMP: u8 = 1;
    /// IGMP.
    pub const IGMP: u8 = 2;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// DCCP.
    pub const DCCP: u8 = 33;
    /// ICMPv6.
    pub const ICMPV6: u8 = 58;
    /// SCTP.
    pub const SCTP: u8 = 132;
    /// UDP-Lite.
    pub const UDP_LITE: u8 = 136;
}

/// Whether a packet is whole, and if not, which part it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// All of it; an IPv6 atomic fragment (RFC 6946) counts as whole.
    Whole,
    /// The first part, with the whole transport header.
    First,
    /// A later part: it has addresses and a protocol, and no transport header.
    Later,
}

/// The transport header, as far as a firewall cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp {
        /// Source and destination.
        ports: Ports,
        /// Flags and reserved bits.
        flags: TcpFlags,
        /// Sequence and acknowledgement.
        numbers: Numbers,
    },
    /// UDP, UDP-Lite, SCTP or DCCP.
    Ports(Ports),
    /// ICMP or ICMPv6.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// What echo messages carry to tell one exchange from another.
        identifier: u16,
    },
    /// Anything else, or a later fragment.
    Opaque,
    /// What should be a chain of extension headers, a fragment or a transport header is none.
    Malformed(Malformed),
}

/// Transport ports, host order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// Whence.
    pub source: u16,
    /// Whither.
    pub destination: u16,
}

/// A parsed IP packet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Packet<A> {
    /// Source address.
    pub source: A,
    /// Destination address.
    pub destination: A,
    /// Protocol number, after any extension headers.
    pub protocol: u8,
    /// TTL or hop limit.
    pub hop_limit: u8,
    /// Which part of a datagram.
    pub fragment: Fragment,
    /// Transport header.
    pub header: Header,
    /// Where headers begin.
    pub at: Offsets,
}

/// A [`Transport`] of which every byte is defined. The payload of an enum is not, in the variants
/// that have none, and the verifier does not let a program keep what it never wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    kind: Kind,
    malformed: Malformed,
    icmp: [u8; 2],
    identifier: u16,
    flags: TcpFlags,
    ports: Ports,
    numbers: Numbers,
}

/// Which variant of [`Transport`] a header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Tcp,
    Ports,
    Icmp,
    Opaque,
    Malformed,
}

impl Header {
    const OPAQUE: Self = Self {
        kind: Kind::Opaque,
        malformed: Malformed::EthernetTruncated,
        icmp: [0; 2],
        identifier: 0,
        flags: TcpFlags(0),
        ports: Ports {
            source: 0,
            destination: 0,
        },
        numbers: Numbers {
            sequence: 0,
            acknowledgement: 0,
            payload: 0,
        },
    };

    /// The same with every byte defined.
    #[inline(always)]
    pub const fn of(transport: Transport) -> Self {
        match transport {
            Transport::Tcp {
                ports,
                flags,
                numbers,
            } => Self {
                kind: Kind::Tcp,
                flags,
                ports,
                numbers,
                ..Self::OPAQUE
            },
            Transport::Ports(ports) => Self {
                kind: Kind::Ports,
                ports,
                ..Self::OPAQUE
            },
            Transport::Icmp {
                kind,
                code,
                identifier,
            } => Self {
                kind: Kind::Icmp,
                icmp: [kind, code],
                identifier,
                ..Self::OPAQUE
            },
            Transport::Opaque => Self::OPAQUE,
            Transport::Malformed(malformed) => Self {
                kind: Kind::Malformed,
                malformed,
                ..Self::OPAQUE
            },
        }
    }
}

/// Offsets in the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offsets {
    /// Of the IP header.
    pub network: u16,
    /// Of what follows it and its extension headers.
    pub transport: u16,
}

impl<A> Packet<A> {
    /// The transport header.
    #[inline(always)]
    pub const fn transport(&self) -> Transport {
        let header = self.header;
        match header.kind {
            Kind::Tcp => Transport::Tcp {
                ports: header.ports,
                flags: header.flags,
                numbers: header.numbers,
            },
            Kind::Ports => Transport::Ports(header.ports),
            Kind::Icmp => Transport::Icmp {
                kind: header.icmp[0],
                code: header.icmp[1],
                identifier: header.identifier,
            },
            Kind::Opaque => Transport::Opaque,
            Kind::Malformed => Transport::Malformed(header.malformed),
        }
    }
}

impl<A: Address> Packet<A> {
    /// The other side: the source of what arrives, the destination of what departs.
    #[inline(always)]
    pub fn peer(&self, hook: Hook) -> A {
        if hook.is_ingress() {
            self.source
        } else {
            self.destination
        }
    }

    /// This side: the destination of what arrives, the source of what departs.
    #[inline(always)]
    pub fn local(&self, hook: Hook) -> A {
        if hook.is_ingress() {
            self.destination
        } else {
            self.source
        }
    }

    /// Ports, of packets that have them.
    #[inline(always)]
    pub fn ports(&self) -> Option<Ports> {
        match self.transport() {
            Transport::Tcp { ports, .. } | Transport::Ports(ports) => Some(ports),
            Transport::Icmp { .. } | Transport::Opaque | Transport::Malformed(_) => None,
        }
    }
}
