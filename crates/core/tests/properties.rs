// SPDX-License-Identifier: MIT
//! What holds for every packet, not only for those that somebody thought of.

use aegis_abi::{Action, Ban, CounterSlot, Flags, Hook, Link, Rate, Settings};
use aegis_core::action::action_of;
use aegis_core::address::{V4, V6};
use aegis_core::emit::Frame;
use aegis_core::model::{HostTables, Partial, Prefix};
use aegis_core::packet::{Fragment, Header, Offsets, Packet, Ports, Transport};
use aegis_core::parse::{Parsed, parse};
use aegis_core::tcp::{Numbers, TcpFlags};
use aegis_core::verdict::Verdict;
use aegis_core::{Nanos, Site, inspect};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A transport header: how to write it, and what is read.
#[derive(Clone, Copy, Debug)]
enum Sent {
    Tcp(u16, u16, u16, [u32; 2]),
    Udp(u16, u16),
    Sctp(u16, u16),
    Icmp(u8, u8, u16),
    Opaque(u8),
}

impl Sent {
    fn on(self, frame: Frame) -> Frame {
        match self {
            Self::Tcp(source, destination, flags, [sequence, acknowledgement]) => frame
                .tcp_bits(source, destination, flags)
                .sequence(sequence)
                .acknowledgement(acknowledgement),
            Self::Udp(source, destination) => frame.udp(source, destination),
            Self::Sctp(source, destination) => frame.sctp(source, destination),
            Self::Icmp(kind, code, identifier) => {
                let [high, low] = identifier.to_be_bytes();
                frame.icmp_with(kind, code, [high, low, 0, 0])
            }
            Self::Opaque(protocol) => frame.protocol(protocol),
        }
    }

    fn read(self, payload: usize) -> Transport {
        match self {
            Self::Tcp(source, destination, flags, [sequence, acknowledgement]) => Transport::Tcp {
                ports: Ports {
                    source,
                    destination,
                },
                flags: TcpFlags(flags),
                numbers: Numbers {
                    sequence,
                    acknowledgement,
                    payload: payload as u32,
                },
            },
            Self::Udp(source, destination) | Self::Sctp(source, destination) => {
                Transport::Ports(Ports {
                    source,
                    destination,
                })
            }
            Self::Icmp(kind, code, identifier) => Transport::Icmp {
                kind,
                code,
                identifier,
            },
            Self::Opaque(_) => Transport::Opaque,
        }
    }

    fn protocol(self, v6: bool) -> u8 {
        match self {
            Self::Tcp(..) => 6,
            Self::Udp(..) => 17,
            Self::Sctp(..) => 132,
            Self::Icmp(..) if v6 => 58,
            Self::Icmp(..) => 1,
            Self::Opaque(protocol) => protocol,
        }
    }
}

fn sent() -> impl Strategy<Value = Sent> {
    let ports = || (any::<u16>(), any::<u16>());
    prop_oneof![
        (ports(), 0..0x1000_u16, any::<[u32; 2]>())
            .prop_map(|((a, b), flags, numbers)| Sent::Tcp(a, b, flags, numbers)),
        ports().prop_map(|(a, b)| Sent::Udp(a, b)),
        ports().prop_map(|(a, b)| Sent::Sctp(a, b)),
        any::<(u8, u8, u16)>().prop_map(|(kind, code, id)| Sent::Icmp(kind, code, id)),
        prop::sample::select(vec![2, 4, 41, 47, 50, 59, 89, 112, 253]).prop_map(Sent::Opaque),
    ]
}

fn offsets(network: usize, headers: usize) -> Offsets {
    Offsets {
        network: network as u16,
        transport: (network + headers) as u16,
    }
}

type Tags = Vec<(u16, u16)>;

fn tags() -> impl Strategy<Value = Tags> {
    let kind = prop::sample::select(vec![0x8100, 0x88a8, 0x9100]);
    prop::collection::vec((kind, any::<u16>()), 0..=2)
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..80)
}

/// Extension headers in an order that is allowed.
fn extensions() -> impl Strategy<Value = Vec<u8>> {
    let later = prop::sample::select(vec![60_u8, 135, 139, 140]);
    (any::<bool>(), prop::collection::vec(later, 0..=5))
        .prop_map(|(first, later)| first.then_some(0).into_iter().chain(later).collect())
}

fn tagged(tags: &[(u16, u16)]) -> Frame {
    let frame = Frame::ethernet([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    tags.iter()
        .fold(frame, |frame, (kind, control)| frame.tag(*kind, *control))
}

/// A sound frame of either family.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let addresses = (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<bool>());
    let layers = (tags(), addresses, sent(), extensions(), payload());
    layers.prop_map(|(tags, (a, b, v6), sent, extensions, payload)| {
        let frame = tagged(&tags);
        let frame = match v6 {
            true => extensions
                .iter()
                .fold(frame.ipv6(a, b), |frame, kind| frame.extension(*kind)),
            false => frame.ipv4([a[0], a[1], a[2], a[3]], [b[0], b[1], b[2], b[3]]),
        };
        sent.on(frame.payload(&payload)).bytes()
    })
}

const SITE: Site = Site {
    hook: Hook::XdpIngress,
    link: Link::Ethernet,
    loopback: false,
    interface: 1,
};

fn sites() -> impl Iterator<Item = Site> {
    let links = [Link::Ethernet, Link::RawIp];
    Hook::ALL
        .iter()
        .flat_map(move |&hook| links.map(|link| Site { hook, link, ..SITE }))
}

fn judged(bytes: &[u8], site: &Site, tables: &HostTables, now: u64) -> Verdict {
    inspect(&bytes, site, (&Settings::DEFAULT, tables), Nanos(now))
}

/// Whatever it is: one verdict, one counter.
fn judged_once(bytes: &[u8], site: &Site) -> Result<(), TestCaseError> {
    let tables = HostTables::new();
    let verdict = judged(bytes, site, &tables, 1);
    let counted = tables.counters();
    prop_assert_eq!(counted.len(), 1);
    let (CounterSlot { hook, reason, .. }, count) = counted[0];
    prop_assert_eq!((hook, reason), (site.hook, verdict.reason));
    prop_assert_eq!(verdict.action, action_of(reason, &Settings::DEFAULT));
    prop_assert_eq!((count.packets, count.bytes), (1, bytes.len() as u64));
    Ok(())
}

/// The addresses, if there are any.
fn peers(parsed: Result<Parsed, aegis_core::parse::Unreadable>) -> Option<(IpAddr, IpAddr)> {
    match parsed {
        Ok(Parsed::V4(packet)) => Some((
            packet.source.octets().into(),
            packet.destination.octets().into(),
        )),
        Ok(Parsed::V6(packet)) => Some((
            packet.source.octets().into(),
            packet.destination.octets().into(),
        )),
        _ => None,
    }
}

proptest! {
    #[test]
    fn what_is_emitted_over_ipv4_is_what_is_parsed(
        tags in tags(), source: [u8; 4], destination: [u8; 4], hop_limit: u8,
        options in prop::collection::vec(any::<u8>(), 0..=40), sent in sent(), payload in payload(),
    ) {
        let frame = tagged(&tags).ipv4(source, destination).hop_limit(hop_limit).options(&options);
        let bytes = sent.on(frame.payload(&payload)).bytes();
        let headers = 20 + options.len().next_multiple_of(4);
        let at = |network| offsets(network, headers);
        let expected = Packet {
            source: V4::new(source),
            destination: V4::new(destination),
            protocol: sent.protocol(false),
            hop_limit,
            fragment: Fragment::Whole,
            header: Header::of(sent.read(payload.len())),
            at: at(14 + 4 * tags.len()),
        };
        prop_assert_eq!(parse(&bytes.as_slice(), Link::Ethernet), Ok(Parsed::V4(expected)));
        let raw = &bytes[14 + 4 * tags.len()..];
        let expected = Packet { at: at(0), ..expected };
        prop_assert_eq!(parse(&raw, Link::RawIp), Ok(Parsed::V4(expected)));
    }

    #[test]
    fn what_is_emitted_over_ipv6_is_what_is_parsed(
        tags in tags(), source: [u8; 16], destination: [u8; 16], hop_limit: u8,
        extensions in extensions(), sent in sent(), payload in payload(),
    ) {
        let frame = tagged(&tags).ipv6(source, destination).hop_limit(hop_limit);
        let frame = extensions.iter().fold(frame, |frame, kind| frame.extension(*kind));
        let bytes = sent.on(frame.payload(&payload)).bytes();
        let at = |network| offsets(network, 40 + 8 * extensions.len());
        let expected = Packet {
            source: V6::new(source),
            destination: V6::new(destination),
            protocol: sent.protocol(true),
            hop_limit,
            fragment: Fragment::Whole,
            header: Header::of(sent.read(payload.len())),
            at: at(14 + 4 * tags.len()),
        };
        prop_assert_eq!(parse(&bytes.as_slice(), Link::Ethernet), Ok(Parsed::V6(expected)));
        let raw = &bytes[14 + 4 * tags.len()..];
        let expected = Packet { at: at(0), ..expected };
        prop_assert_eq!(parse(&raw, Link::RawIp), Ok(Parsed::V6(expected)));
    }

    #[test]
    fn any_bytes_are_judged_and_counted_once(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for site in sites() {
            judged_once(&bytes, &site)?;
        }
    }

    #[test]
    fn a_sound_frame_cut_short_or_overwritten_anywhere_is_judged_and_counted_once(
        mut bytes in any_frame(), end: prop::sample::Index, at: prop::sample::Index, value: u8,
    ) {
        judged_once(&bytes[..end.index(bytes.len() + 1)], &SITE)?;
        let at = at.index(bytes.len());
        bytes[at] = value;
        for site in sites() {
            judged_once(&bytes, &site)?;
        }
    }

    #[test]
    fn what_lies_beyond_the_readable_part_does_not_change_addresses(
        bytes in any_frame(), more in 0_usize..70_000,
    ) {
        let whole = Partial { head: &bytes, length: bytes.len() + more };
        let (whole, head) = (parse(&whole, Link::Ethernet), parse(&bytes.as_slice(), Link::Ethernet));
        prop_assert_eq!(peers(whole), peers(head));
    }

    #[test]
    fn a_ban_holds_in_both_families_alike(
        banned: u32, other: u32, length in 16_u8..=32, ports: (u16, u16), flags in 0..0x1000_u16,
        expires_ns in 0_u64..4, now in 0_u64..4,
    ) {
        let v4 = |bits: u32| IpAddr::from(Ipv4Addr::from_bits(0x5000_0000 | bits >> 8));
        let v6 = |bits: u32| {
            IpAddr::from(Ipv6Addr::from_bits(u128::from(0x5000_0000 | bits >> 8) << 96))
        };
        let verdict = |address: &dyn Fn(u32) -> IpAddr| {
            let ban = Ban { expires_ns, rule: 9, scopes: 0 };
            let tables = HostTables::new().ban_prefix(Prefix::new(address(banned), length), ban);
            let frame = tagged(&[]).ip(address(other), address(u32::MAX));
            let frame = frame.tcp_bits(ports.0, ports.1, flags).bytes();
            judged(&frame, &SITE, &tables, now)
        };
        prop_assert_eq!(verdict(&v4), verdict(&v6));
    }

    #[test]
    fn a_packet_to_a_live_banned_prefix_and_no_other_is_dropped(
        network: u32, length in 8_u8..=32, noise: u32, inside: bool,
        expires_ns in 1_u64..5, now in 0_u64..5,
    ) {
        let host_bits = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        let peer = if inside { (network & !host_bits) | (noise & host_bits) } else { noise };
        let ban = Ban { expires_ns, rule: 1, scopes: 0 };
        let prefix = Prefix::new(Ipv4Addr::from_bits(network).into(), length);
        let tables = HostTables::new().ban_prefix(prefix, ban);
        let frame = tagged(&[]).ipv4([192, 0, 2, 1], Ipv4Addr::from_bits(peer));
        let departing = Site { hook: Hook::TcEgress, ..SITE };
        let verdict = judged(&frame.tcp(1, 2, "A").bytes(), &departing, &tables, now);
        let within = peer & !host_bits == network & !host_bits;
        prop_assert_eq!(verdict.action == Action::Drop, within && now < expires_ns);
    }

    #[test]
    fn sent_suppressed_and_lost_events_add_up_to_what_was_worth_telling(
        frames in prop::collection::vec((any_frame(), 0_u64..400_000_000), 1..60),
        room in 0_usize..20, verbose: bool,
    ) {
        let flags = if verbose { Flags::VERBOSE } else { Flags::default() };
        let settings = Settings {
            flags: Settings::DEFAULT.flags.with(flags),
            event_source: Rate::per_second(1, 2),
            event_reason: Rate::per_second(2, 4),
            ..Settings::DEFAULT
        };
        let tables = HostTables::new().event_room(room);
        let (mut now, mut worth_telling) = (1, 0);
        for (frame, later) in &frames {
            now += later;
            let verdict = inspect(&frame.as_slice(), &SITE, (&settings, &tables), Nanos(now));
            worth_telling += u64::from(verbose || verdict.action == Action::Drop);
        }
        let counts: Vec<_> = tables.event_counters().into_iter().map(|(_, count)| count).collect();
        let told: u64 = counts.iter().map(|count| count.sent + count.suppressed + count.lost).sum();
        prop_assert_eq!(told, worth_telling);
        let sent: u64 = counts.iter().map(|count| count.sent).sum();
        prop_assert_eq!(tables.take_events().len() as u64, sent);
    }
}
