// SPDX-License-Identifier: MIT
//! What the packet path knows of a packet once it is parsed. Nobody downstream touches bytes.

use crate::address::Address;
use crate::frame::Frame;
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

/// What the network header says by itself, which is enough to ask whose packet it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head<A> {
    /// Source address.
    pub source: A,
    /// Destination address.
    pub destination: A,
    /// TTL or hop limit.
    pub hop_limit: u8,
    /// What follows, for [`crate::parse::Network::packet`] to go on with.
    pub rest: Rest,
}

/// What follows a network header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Protocol number of what comes next.
    pub next: u8,
    /// Fragment flags and offset as IPv4 has them (RFC 791 section 3.1); 0 for IPv6.
    pub fragment: u16,
    /// Where the network header begins.
    pub network: usize,
    /// Where what comes next begins.
    pub at: usize,
    /// End of the packet as the network header told it.
    pub end: usize,
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

/// A [`Transport`] as it is carried: a few words, in which what is asked for is looked up only then.
/// All are defined whatever the variant is, unlike the payload of an enum: the verifier lets no
/// program keep what it never wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    class: Class,
    /// The first eight bytes on the wire, as far as anybody cares.
    first: u64,
    /// The next eight of TCP, likewise.
    second: u64,
    /// Bytes after the TCP header.
    payload: u32,
}

/// Which variant of [`Transport`] a header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
struct Class {
    kind: Kind,
    /// Of what is malformed.
    malformed: Malformed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Tcp,
    Ports,
    Icmp,
    Opaque,
    Malformed,
}

/// The bytes of a word that are looked at, as a mask in memory order.
const fn only(wire: [u8; 8]) -> u64 {
    u64::from_ne_bytes(wire)
}

impl Header {
    const PORTS: u64 = only([255, 255, 255, 255, 0, 0, 0, 0]);
    const ICMP: u64 = only([255, 255, 0, 0, 255, 255, 0, 0]);
    const TCP: u64 = only([255, 255, 255, 255, 0x0f, 255, 0, 0]);

    const fn class(kind: Kind) -> Class {
        Class {
            kind,
            malformed: Malformed::EthernetTruncated,
        }
    }

    /// See [`Transport::Opaque`].
    pub const OPAQUE: Self = Self {
        class: Self::class(Kind::Opaque),
        first: 0,
        second: 0,
        payload: 0,
    };

    /// TCP, of its first 16 bytes and the number of those behind it.
    #[inline(always)]
    pub const fn tcp(first: [u8; 8], second: [u8; 8], payload: u32) -> Self {
        Self {
            class: Self::class(Kind::Tcp),
            first: u64::from_ne_bytes(first),
            second: u64::from_ne_bytes(second) & Self::TCP,
            payload,
        }
    }

    /// A protocol with ports, of its first eight bytes.
    #[inline(always)]
    pub const fn ports(first: [u8; 8]) -> Self {
        Self {
            class: Self::class(Kind::Ports),
            first: u64::from_ne_bytes(first) & Self::PORTS,
            ..Self::OPAQUE
        }
    }

    /// ICMP or ICMPv6, of its first eight bytes.
    #[inline(always)]
    pub const fn icmp(first: [u8; 8]) -> Self {
        Self {
            class: Self::class(Kind::Icmp),
            first: u64::from_ne_bytes(first) & Self::ICMP,
            ..Self::OPAQUE
        }
    }

    /// See [`Transport::Malformed`].
    #[inline(always)]
    pub const fn malformed(malformed: Malformed) -> Self {
        Self {
            class: Class {
                kind: Kind::Malformed,
                malformed,
            },
            ..Self::OPAQUE
        }
    }

    /// What is carried of a header.
    #[must_use]
    pub fn of(transport: Transport) -> Self {
        let first = |ports: Ports, rest: [u8; 4]| {
            let ([a, b], [c, d]) = (ports.source.to_be_bytes(), ports.destination.to_be_bytes());
            let [e, f, g, h] = rest;
            [a, b, c, d, e, f, g, h]
        };
        match transport {
            Transport::Tcp {
                ports,
                flags,
                numbers,
            } => {
                let [a, b, c, d] = numbers.acknowledgement.to_be_bytes();
                let [e, f] = flags.0.to_be_bytes();
                let first = first(ports, numbers.sequence.to_be_bytes());
                Self::tcp(first, [a, b, c, d, e, f, 0, 0], numbers.payload)
            }
            Transport::Ports(ports) => Self::ports(first(ports, [0; 4])),
            Transport::Icmp {
                kind,
                code,
                identifier,
            } => {
                let [high, low] = identifier.to_be_bytes();
                Self::icmp([kind, code, 0, 0, high, low, 0, 0])
            }
            Transport::Opaque => Self::OPAQUE,
            Transport::Malformed(malformed) => Self::malformed(malformed),
        }
    }

    /// The same, of which it is not known any more how it was come by.
    #[inline(always)]
    pub(crate) fn obscured<F: Frame>(self, frame: &F) -> Self {
        Self {
            class: frame.obscure(self.class),
            ..self
        }
    }

    /// What it says.
    #[inline(always)]
    pub const fn transport(self) -> Transport {
        let first = self.first.to_ne_bytes();
        let ports = Ports {
            source: u16::from_be_bytes([first[0], first[1]]),
            destination: u16::from_be_bytes([first[2], first[3]]),
        };
        match self.class.kind {
            Kind::Tcp => Transport::Tcp {
                ports,
                flags: self.flags(),
                numbers: self.numbers(),
            },
            Kind::Ports => Transport::Ports(ports),
            Kind::Icmp => Transport::Icmp {
                kind: first[0],
                code: first[1],
                identifier: u16::from_be_bytes([first[4], first[5]]),
            },
            Kind::Opaque => Transport::Opaque,
            Kind::Malformed => Transport::Malformed(self.class.malformed),
        }
    }

    #[inline(always)]
    const fn flags(self) -> TcpFlags {
        let second = self.second.to_ne_bytes();
        TcpFlags(u16::from_be_bytes([second[4], second[5]]))
    }

    #[inline(always)]
    const fn numbers(self) -> Numbers {
        let [_, _, _, _, a, b, c, d] = self.first.to_ne_bytes();
        let [e, f, g, h, ..] = self.second.to_ne_bytes();
        Numbers {
            sequence: u32::from_be_bytes([a, b, c, d]),
            acknowledgement: u32::from_be_bytes([e, f, g, h]),
            payload: self.payload,
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

#[inline(always)]
fn peer<A>(hook: Hook, source: A, destination: A) -> A {
    if hook.is_ingress() {
        source
    } else {
        destination
    }
}

impl<A: Address> Head<A> {
    /// The other side: the source of what arrives, the destination of what departs.
    #[inline(always)]
    pub fn peer(&self, hook: Hook) -> A {
        peer(hook, self.source, self.destination)
    }
}

impl<A> Packet<A> {
    /// The transport header.
    #[inline(always)]
    pub const fn transport(&self) -> Transport {
        self.header.transport()
    }
}

impl<A: Address> Packet<A> {
    /// The other side: the source of what arrives, the destination of what departs.
    #[inline(always)]
    pub fn peer(&self, hook: Hook) -> A {
        peer(hook, self.source, self.destination)
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
