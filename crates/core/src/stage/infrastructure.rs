// SPDX-License-Identifier: MIT
//! Traffic without which an interface stops working. It is judged before banned prefixes and
//! defaults, so that no wide policy can cut off neighbour discovery or path MTU by accident; what
//! it may do is bounded by a rate and, where there is one, by proof that no router forwarded it.

use crate::Nanos;
use crate::address::Address;
use crate::bucket::admit;
use crate::packet::{Fragment, Packet, Ports, Transport, protocol};
use crate::tables::Tables;
use crate::verdict::Verdict;
use aegis_abi::{Family, Hook, Infrastructure, Reason, Settings};

/// ICMPv6 types.
mod icmpv6 {
    pub const PACKET_TOO_BIG: u8 = 2;
    pub const LISTENER_QUERY: u8 = 130;
    pub const LISTENER_DONE: u8 = 132;
    pub const ROUTER_SOLICITATION: u8 = 133;
    pub const REDIRECT: u8 = 137;
    pub const LISTENER_REPORT_V2: u8 = 143;
}

const ICMP_UNREACHABLE: u8 = 3;
const ICMP_FRAGMENTATION_NEEDED: u8 = 4;
/// RFC 4861 section 7.1: no router forwarded a packet that still has it.
const UNFORWARDED: u8 = 255;
const DHCPV4: (u16, u16) = (67, 68);
const DHCPV6: (u16, u16) = (546, 547);

/// What a packet is to the stage.
enum Class {
    Kind(Infrastructure),
    Forged(Reason),
}

/// Passes infrastructure traffic within its rate; drops forged neighbour discovery.
///
/// `known` is what the allowlist and the bans have to say of the packet.
#[inline(always)]
pub fn decide<A: Address, T: Tables>(
    packet: &Packet<A>,
    (hook, known): (Hook, Verdict),
    (settings, tables): (&Settings, &T),
    now: Nanos,
) -> Option<Verdict> {
    match classify(packet)? {
        Class::Forged(reason) => Some(Verdict::drop(reason)),
        Class::Kind(kind) => {
            if yields(kind, packet, known) {
                return None;
            }
            let source = packet.source.hash(settings.seed);
            Some(within_rate((kind, source), hook, (settings, tables), now))
        }
    }
}

/// Whether a ban goes before. A banned prefix was not meant to cut off neighbour discovery or path
/// MTU, which cannot do without answers from inside it; nor address configuration, as long as it
/// stays on its link. Who bans an address means it (a rogue router, a rogue server): that was
/// decided before.
#[inline(always)]
fn yields<A: Address>(kind: Infrastructure, packet: &Packet<A>, known: Verdict) -> bool {
    match known.reason {
        Reason::BanPrefix | Reason::BanScope => {
            matches!(kind, Infrastructure::Dhcp) && crosses_routers(packet)
        }
        _ => false,
    }
}

/// Passes a packet of a kind while its source keeps to the rate. What the host itself sends is
/// not limited.
#[inline(always)]
pub fn within_rate<T: Tables>(
    (kind, source): (Infrastructure, u32),
    hook: Hook,
    (settings, tables): (&Settings, &T),
    now: Nanos,
) -> Verdict {
    let refused = hook.is_ingress()
        && tables.with_infrastructure(kind.slot(source), |arrival_ns| {
            admit(arrival_ns, settings.infrastructure, now)
        }) == Some(false);
    if refused {
        Verdict::drop(Reason::InfrastructureRate)
    } else {
        Verdict::pass(kind.reason())
    }
}

#[inline(always)]
fn classify<A: Address>(packet: &Packet<A>) -> Option<Class> {
    match packet.transport() {
        Transport::Icmp { kind, code, .. } => match A::FAMILY {
            Family::V6 => icmpv6_class(packet, kind, code),
            _ if whole(packet) => icmp_class(packet.protocol, kind, code),
            _ => None,
        },
        Transport::Ports(ports) if packet.protocol == protocol::UDP && whole(packet) => {
            dhcp(ports, A::FAMILY)
        }
        Transport::Opaque if packet.protocol == protocol::IGMP => {
            // RFC 3376 section 4: TTL 1, and to a group.
            let membership = matches!(A::FAMILY, Family::V4)
                && whole(packet)
                && packet.hop_limit == 1
                && packet.destination.is_multicast();
            membership.then_some(Class::Kind(Infrastructure::MulticastMembership))
        }
        _ => None,
    }
}

#[inline(always)]
fn icmp_class(protocol: u8, kind: u8, code: u8) -> Option<Class> {
    let path_mtu =
        protocol == protocol::ICMP && kind == ICMP_UNREACHABLE && code == ICMP_FRAGMENTATION_NEEDED;
    path_mtu.then_some(Class::Kind(Infrastructure::PathMtu))
}

#[inline(always)]
fn icmpv6_class<A: Address>(packet: &Packet<A>, kind: u8, code: u8) -> Option<Class> {
    if packet.protocol != protocol::ICMPV6 {
        return None;
    }
    match kind {
        icmpv6::PACKET_TOO_BIG => whole(packet).then_some(Class::Kind(Infrastructure::PathMtu)),
        icmpv6::ROUTER_SOLICITATION..=icmpv6::REDIRECT => Some(discovery(packet, code)),
        // RFC 3810 section 5: hop limit 1; with another it is no membership message.
        icmpv6::LISTENER_QUERY..=icmpv6::LISTENER_DONE | icmpv6::LISTENER_REPORT_V2
            if packet.hop_limit == 1 && whole(packet) && packet.destination.is_multicast() =>
        {
            Some(Class::Kind(Infrastructure::MulticastMembership))
        }
        _ => None,
    }
}

#[inline(always)]
fn discovery<A: Address>(packet: &Packet<A>, code: u8) -> Class {
    if !whole(packet) {
        Class::Forged(Reason::DiscoveryFragment)
    } else if packet.hop_limit != UNFORWARDED || code != 0 {
        Class::Forged(Reason::DiscoveryHopLimit)
    } else {
        Class::Kind(Infrastructure::NeighbourDiscovery)
    }
}

#[inline(always)]
fn dhcp(ports: Ports, family: Family) -> Option<Class> {
    let (a, b) = if matches!(family, Family::V6) {
        DHCPV6
    } else {
        DHCPV4
    };
    let between = (ports.source == a || ports.source == b)
        && (ports.destination == a || ports.destination == b);
    between.then_some(Class::Kind(Infrastructure::Dhcp))
}

/// Whether a packet could have come from, or be on its way to, another link.
#[inline(always)]
fn crosses_routers<A: Address>(packet: &Packet<A>) -> bool {
    !packet.source.is_link_local() && !packet.destination.is_multicast()
}

#[inline(always)]
fn whole<A>(packet: &Packet<A>) -> bool {
    matches!(packet.fragment, Fragment::Whole)
}
