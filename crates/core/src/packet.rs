// SPDX-License-Identifier: MIT
//! What the packet path knows of a packet once it is parsed. Nobody downstream touches bytes.

use crate::address::Address;
use crate::malformed::Malformed;
use crate::tcp::TcpFlags;
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
    },
    /// UDP, UDP-Lite, SCTP or DCCP.
    Ports(Ports),
    /// ICMP or ICMPv6.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
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
    pub transport: Transport,
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

    /// Ports, of packets that have them.
    #[inline(always)]
    pub fn ports(&self) -> Option<Ports> {
        match self.transport {
            Transport::Tcp { ports, .. } | Transport::Ports(ports) => Some(ports),
            Transport::Icmp { .. } | Transport::Opaque | Transport::Malformed(_) => None,
        }
    }
}
