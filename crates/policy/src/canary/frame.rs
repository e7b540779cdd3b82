// SPDX-License-Identifier: MIT
//! The frames themselves: between a peer and an address that nobody has.

use super::Place;
use crate::{Part, Protocol, Target};
use aegis_abi::{Hook, Link};
use aegis_core::emit::Frame;
use aegis_core::packet::protocol;
use aegis_core::stage::ban::Service;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Peers that there cannot be: the IPv4 dummy address (RFC 7600) and one of the prefix that is for
/// discarding (RFC 6666).
pub(super) const NOBODY: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 8)),
    IpAddr::V6(Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 8)),
];

/// A source that no network has.
pub(super) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// This side, in both families: of the same prefixes, and no host's either.
const HERE_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 10);
const HERE_V6: Ipv6Addr = Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 10);

/// Where a peer's packets come from, where they may come from anywhere.
const FROM: u16 = 9;
/// Where they go (RFC 863, which discards).
const TO: u16 = 9;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// A TCP reset, to a port.
    Reset { port: u16 },
    /// A request for a connection.
    Syn,
    /// TCP without flags.
    Null,
    /// UDP, to a port.
    Udp { port: u16 },
    /// Another protocol, without anything to read in it.
    Other { protocol: u8 },
}

impl Segment {
    pub(super) fn reset() -> Self {
        Self::Reset { port: TO }
    }

    /// What a ban on this part is about; `None` for protocols that have ports and are neither TCP nor
    /// UDP.
    pub(super) fn of(part: Part) -> Option<Self> {
        let port = part.port().map_or(TO, |port| port.get());
        match part.protocol() {
            _ if part.is_unsolicited() => Some(Self::Syn),
            None | Some(Protocol::TCP) => Some(Self::Reset { port }),
            Some(Protocol::UDP) => Some(Self::Udp { port }),
            Some(other) if other.has_ports() => None,
            Some(other) => Some(Self::Other {
                protocol: other.number(),
            }),
        }
    }

    pub(super) fn is_reset(self) -> bool {
        matches!(self, Self::Reset { .. })
    }

    /// As bans on parts see it.
    pub(super) fn service(self) -> Service {
        let (port, protocol) = match self {
            Self::Reset { port } => (port, protocol::TCP),
            Self::Syn | Self::Null => (TO, protocol::TCP),
            Self::Udp { port } => (port, protocol::UDP),
            Self::Other { protocol } => (0, protocol),
        };
        Service { port, protocol }
    }

    pub(super) fn frame(self, peer: IpAddr, place: Place) -> Vec<u8> {
        self.layer(of(peer, place)).bytes()
    }

    pub(super) fn layer(self, network: Frame) -> Frame {
        match self {
            Self::Reset { port } => network.tcp(FROM, port, "R"),
            Self::Syn => network.tcp(FROM, TO, "S"),
            Self::Null => network.tcp(FROM, TO, ""),
            Self::Udp { port } => network.udp(FROM, port),
            Self::Other { protocol } => network.protocol(protocol).payload(&[0; 8]),
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset { port: TO } => f.write_str("a TCP reset"),
            Self::Reset { port } => write!(f, "a TCP reset for port {port}"),
            Self::Syn => f.write_str("a TCP SYN"),
            Self::Null => f.write_str("TCP without flags"),
            Self::Udp { port } => write!(f, "UDP for port {port}"),
            Self::Other { protocol } => write!(f, "a packet of protocol {protocol}"),
        }
    }
}

/// An address of a target. Of a prefix not its first, which may be no host's.
pub(super) fn one_of(target: Target) -> IpAddr {
    let net = target.net();
    if target.is_address() {
        return net.addr();
    }
    match net.network() {
        IpAddr::V4(first) => Ipv4Addr::from_bits(first.to_bits() | 1).into(),
        IpAddr::V6(first) => Ipv6Addr::from_bits(first.to_bits() | 1).into(),
    }
}

/// A packet of a peer, the way it goes at a hook.
pub(super) fn of(peer: IpAddr, place: Place) -> Frame {
    let here = match peer {
        IpAddr::V4(_) => IpAddr::V4(HERE_V4),
        IpAddr::V6(_) => IpAddr::V6(HERE_V6),
    };
    match place.hook {
        Hook::XdpIngress => between(peer, here, place),
        Hook::TcEgress => between(here, peer, place),
    }
}

/// A packet between two addresses of a family.
pub(super) fn between(source: IpAddr, destination: IpAddr, place: Place) -> Frame {
    link(place).ip(source, destination)
}

/// What a frame begins with, between two link addresses that are administered locally.
pub(super) fn link(place: Place) -> Frame {
    match place.link {
        Link::Ethernet => Frame::ethernet([2, 0, 0, 0, 0, 8], [2, 0, 0, 0, 0, 10]),
        Link::RawIp => Frame::raw_ip(),
    }
}

/// Whether this is the other end of every probe.
pub(super) fn is_here(address: IpAddr) -> bool {
    address == HERE_V4 || address == HERE_V6
}
