// SPDX-License-Identifier: MIT
//! Which connection a packet belongs to, and keyed hashes of it.

use crate::address::{Address, V4, V6};
use crate::packet::{Packet, Ports, Transport, protocol};
use aegis_abi::{Family, Hook, Tuple};

/// ICMP and ICMPv6 types of echo messages (RFC 792, RFC 4443 section 4).
pub mod echo {
    use crate::packet::Ports;

    /// ICMP echo request.
    pub const REQUEST: u8 = 8;
    /// ICMP echo reply.
    pub const REPLY: u8 = 0;
    /// ICMPv6 echo request.
    pub const REQUEST_V6: u8 = 128;
    /// ICMPv6 echo reply.
    pub const REPLY_V6: u8 = 129;

    /// Whether an echo message asks, rather than answers.
    #[inline(always)]
    pub const fn asks(kind: u8) -> bool {
        kind == REQUEST || kind == REQUEST_V6
    }

    /// The ports of an echo message: the identifier is the port of who asks. So nobody's question
    /// is taken for part of the exchange that the other side has begun.
    #[inline(always)]
    pub const fn ports(kind: u8, identifier: u16) -> Ports {
        if asks(kind) {
            Ports {
                source: identifier,
                destination: 0,
            }
        } else {
            Ports {
                source: 0,
                destination: identifier,
            }
        }
    }

    /// Whether an ICMP type of a protocol belongs to an exchange that has an identifier.
    #[inline(always)]
    pub const fn is_exchange(protocol: u8, kind: u8) -> bool {
        if protocol == super::protocol::ICMP {
            kind == REQUEST || kind == REPLY
        } else {
            kind == REQUEST_V6 || kind == REPLY_V6
        }
    }
}

/// The ports by which a packet's connection is told from others; `None` where it has no connection.
#[inline(always)]
pub fn ports_of<A>(packet: &Packet<A>) -> Option<Ports> {
    match packet.transport() {
        Transport::Tcp { ports, .. } | Transport::Ports(ports) => Some(ports),
        Transport::Icmp {
            kind, identifier, ..
        } if echo::is_exchange(packet.protocol, kind) => Some(echo::ports(kind, identifier)),
        Transport::Icmp { .. } | Transport::Opaque | Transport::Malformed(_) => None,
    }
}

/// A connection of one family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends<A> {
    /// The other side.
    pub peer: A,
    /// This side.
    pub local: A,
    /// Port of the peer, host order; of an ICMP echo see [`echo::ports`].
    pub peer_port: u16,
    /// Port of this side, likewise.
    pub local_port: u16,
    /// IP protocol number.
    pub protocol: u8,
}

impl<A: Address> Ends<A> {
    /// The same for either family.
    #[inline(always)]
    pub fn tuple(&self) -> Tuple {
        Tuple {
            peer: self.peer.widen(),
            local: self.local.widen(),
            peer_port: self.peer_port,
            local_port: self.local_port,
            protocol: self.protocol,
            family: A::FAMILY as u8,
            reserved: [0; 2],
        }
    }
}

/// The connection of a packet, where it has one.
#[inline(always)]
pub fn ends_of<A: Address>(packet: &Packet<A>, hook: Hook) -> Option<Ends<A>> {
    let ports = ports_of(packet)?;
    let arrives = hook.is_ingress();
    Some(Ends {
        peer: packet.peer(hook),
        local: packet.local(hook),
        peer_port: if arrives {
            ports.source
        } else {
            ports.destination
        },
        local_port: if arrives {
            ports.destination
        } else {
            ports.source
        },
        protocol: packet.protocol,
    })
}

/// Notes the connection of a packet; ports are 0 where it has none.
#[inline(always)]
pub fn note_tuple<A: Address>(tuple: &mut Tuple, packet: &Packet<A>, hook: Hook) {
    let ports = ports_of(packet).unwrap_or(Ports {
        source: 0,
        destination: 0,
    });
    let arrives = hook.is_ingress();
    tuple.peer = packet.peer(hook).widen();
    tuple.local = packet.local(hook).widen();
    (tuple.peer_port, tuple.local_port) = if arrives {
        (ports.source, ports.destination)
    } else {
        (ports.destination, ports.source)
    };
    tuple.protocol = packet.protocol;
    tuple.family = A::FAMILY as u8;
}

/// Whether the tuple is of IPv6.
#[inline(always)]
pub fn is_v6(tuple: &Tuple) -> bool {
    tuple.family == Family::V6 as u8
}

/// Whether one of a tuple's addresses is a group, or everybody: nobody in particular answers, but who
/// does may be anybody.
#[inline(always)]
pub fn is_group(address: &[u8; 16], tuple: &Tuple) -> bool {
    if is_v6(tuple) {
        return V6::new(*address).is_multicast();
    }
    let [a, b, c, d, ..] = *address;
    V4::new([a, b, c, d]).is_multicast()
}

/// The tag of a connection. Never 0, and nobody who does not know the seed can tell which
/// connections share a place.
#[inline(always)]
pub fn tag(tuple: &Tuple, seed: u32) -> u64 {
    let ports = u64::from(tuple.peer_port) << 32 | u64::from(tuple.local_port) << 16;
    let rest = ports | u64::from(tuple.protocol) << 8 | u64::from(tuple.family);
    let [peer, peer_low] = words(&tuple.peer);
    let [local, local_low] = words(&tuple.local);
    let mut hash = fold(fold(keyed(seed), peer), local);
    if is_v6(tuple) {
        hash = fold(fold(hash, peer_low), local_low);
    }
    fold(hash, rest) | 1 << 63
}

/// The tag of a source: an IPv4 address, or an IPv6 /64, of which one host has 2⁶⁴ addresses.
#[inline(always)]
pub fn source_tag(tuple: &Tuple, seed: u32) -> u64 {
    let [high, _] = words(&tuple.peer);
    fold(fold(keyed(!seed), high), u64::from(tuple.family)) | 1 << 63
}

/// What a source tag stands for.
#[inline(always)]
pub fn source_address(tuple: &Tuple) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, ..] = tuple.peer;
    [a, b, c, d, e, f, g, h, 0, 0, 0, 0, 0, 0, 0, 0]
}

#[inline(always)]
fn keyed(seed: u32) -> u64 {
    u64::from(seed) << 32 | u64::from(!seed)
}

/// One round of a hash by multiplication (the constant is that of splitmix64).
#[inline(always)]
fn fold(hash: u64, word: u64) -> u64 {
    let mixed = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
}

#[inline(always)]
fn words(bytes: &[u8; 16]) -> [u64; 2] {
    crate::address::V6::new(*bytes).words()
}
