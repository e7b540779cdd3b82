// SPDX-License-Identifier: MIT
//! IPv6 with every kind of extension header.

use super::*;
use crate::emit;
use crate::model::Partial;
use crate::packet::{Ports, Transport, protocol};

const KINDS: [u8; 7] = [
    next::HOP_BY_HOP,
    next::ROUTING,
    next::AUTHENTICATION,
    next::DESTINATION_OPTIONS,
    next::MOBILITY,
    next::HOST_IDENTITY,
    next::SHIM6,
];
const PORTS: Ports = Ports {
    source: 1_000,
    destination: 53,
};

fn address(last: u16) -> [u16; 8] {
    [0x2001, 0xdb8, 0, 0, 0, 0, 0, last]
}

fn packet() -> emit::Frame {
    emit::Frame::raw_ip()
        .ipv6(address(1), address(2))
        .hop_limit(57)
}

fn query() -> emit::Frame {
    packet().udp(PORTS.source, PORTS.destination)
}

fn parsed(frame: &emit::Frame) -> Result<Packet<V6>, Malformed> {
    V6::parse(&frame.bytes().as_slice(), 0)
}

fn malformed(frame: &emit::Frame) -> Malformed {
    match parsed(frame) {
        Ok(packet) => match packet.transport() {
            Transport::Malformed(malformed) => malformed,
            sound => panic!("sound: {sound:?}"),
        },
        Err(malformed) => malformed,
    }
}

#[test]
fn a_captured_echo_request_is_read_byte_by_byte() {
    let bytes: &[u8] = &[
        0x60, 0x0d, 0x3c, 0x7f, 0x00, 0x08, 0x3a,
        0x40, // version, flow, length, next, hop limit
        0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, // source
        0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, // destination
        0x80, 0x00, 0x7b, 0xb3, 0x00, 0x01, 0x00, 0x01, // ICMPv6
    ];
    let packet = V6::parse(&bytes, 0).unwrap();
    assert_eq!(
        (packet.source.octets()[0], packet.destination.octets()[15]),
        (0xfe, 0x02)
    );
    assert_eq!((packet.protocol, packet.hop_limit), (protocol::ICMPV6, 64));
    assert_eq!(
        packet.transport(),
        Transport::Icmp {
            kind: 128,
            code: 0,
            identifier: 1
        }
    );
}

/// Who drops every packet with extension headers drops MLD, and multicast ends.
#[test]
fn every_kind_of_extension_header_is_walked() {
    for kind in KINDS {
        // Routing type 4 (segment routing); in the others the byte is an option or a value.
        let body = if kind == next::AUTHENTICATION {
            [2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0].as_slice()
        } else {
            &[0, 4, 4, 0, 0, 0, 0]
        };
        let packet = parsed(&query().extension_with(kind, body)).unwrap();
        assert_eq!(
            (packet.ports(), packet.protocol),
            (Some(PORTS), protocol::UDP),
            "{kind}"
        );
    }
}

#[test]
fn a_header_that_is_no_extension_ends_the_walk() {
    for protocol in [4, 41, 47, 50, 59, 89, 200, 253, 255] {
        let packet = parsed(&packet().protocol(protocol).payload(&[0; 16])).unwrap();
        assert_eq!(
            (packet.protocol, packet.transport()),
            (protocol, Transport::Opaque)
        );
    }
}

#[test]
fn six_extension_headers_are_walked_and_a_seventh_is_too_deep() {
    let chain = |length: usize| {
        (0..length).fold(query(), |frame, _| {
            frame.extension(next::DESTINATION_OPTIONS)
        })
    };
    assert_eq!(parsed(&chain(MAX_EXTENSIONS)).unwrap().ports(), Some(PORTS));
    assert_eq!(
        malformed(&chain(MAX_EXTENSIONS + 1)),
        Malformed::ExtensionDepth
    );
}

#[test]
fn hop_by_hop_options_come_first_or_not_at_all() {
    let first = query()
        .extension(next::HOP_BY_HOP)
        .extension(next::DESTINATION_OPTIONS);
    assert_eq!(parsed(&first).unwrap().ports(), Some(PORTS));
    let second = query()
        .extension(next::DESTINATION_OPTIONS)
        .extension(next::HOP_BY_HOP);
    assert_eq!(malformed(&second), Malformed::ExtensionOrder);
    let twice = query()
        .extension(next::HOP_BY_HOP)
        .extension(next::HOP_BY_HOP);
    assert_eq!(malformed(&twice), Malformed::ExtensionOrder);
}

#[test]
fn a_routing_header_of_type_0_is_refused_and_others_are_not() {
    let routing = |kind| query().extension_with(next::ROUTING, &[0, kind, 1, 0, 0, 0, 0]);
    assert_eq!(malformed(&routing(0)), Malformed::RoutingZero);
    for kind in [2, 3, 4] {
        assert_eq!(
            parsed(&routing(kind)).unwrap().ports(),
            Some(PORTS),
            "type {kind}"
        );
    }
}

#[test]
fn an_authentication_header_counts_its_length_in_words_less_two() {
    for words in [0, 1, 4, 7] {
        let mut body = vec![words, 0, 0];
        body.resize((usize::from(words) + 2) * 4 - 1, 0);
        let packet = parsed(&query().extension_with(next::AUTHENTICATION, &body)).unwrap();
        assert_eq!(packet.ports(), Some(PORTS), "{words} words");
    }
}

#[test]
fn an_extension_header_longer_than_the_packet_is_truncated() {
    let beyond = query().extension_with(next::DESTINATION_OPTIONS, &[2, 1, 4, 0, 0, 0, 0]);
    assert_eq!(malformed(&beyond), Malformed::ExtensionTruncated);
    let all_of_it = query().extension_with(next::DESTINATION_OPTIONS, &[1, 1, 4, 0, 0, 0, 0]);
    assert_eq!(malformed(&all_of_it), Malformed::UdpTruncated);
}

#[test]
fn a_packet_cut_short_anywhere_says_where() {
    let bytes = query().extension(next::HOP_BY_HOP).bytes();
    for end in 0..bytes.len() {
        let expected = if end < HEADER {
            Malformed::Ipv6Truncated
        } else {
            Malformed::Ipv6PayloadLength
        };
        assert_eq!(V6::parse(&&bytes[..end], 0), Err(expected), "{end} bytes");
        if end < HEADER {
            continue;
        }
        let mut honest = bytes[..end].to_vec();
        honest[5] = (end - HEADER) as u8;
        let transport = V6::parse(&honest.as_slice(), 0).map(|packet| packet.transport());
        let expected = match end - HEADER {
            0 => Err(Malformed::Ipv6PayloadLength),
            1..8 => Ok(Transport::Malformed(Malformed::ExtensionTruncated)),
            _ => Ok(Transport::Malformed(Malformed::UdpTruncated)),
        };
        assert_eq!(transport, expected, "{end} bytes");
    }
}

#[test]
fn a_payload_length_beyond_the_frame_is_a_lie_and_a_shorter_one_is_not() {
    assert_eq!(
        parsed(&query().claiming_ip_length(9)),
        Err(Malformed::Ipv6PayloadLength)
    );
    let padded = query()
        .payload(&[0; 10])
        .claiming_udp_length(8)
        .claiming_ip_length(8);
    assert_eq!(parsed(&padded).unwrap().ports(), Some(PORTS));
    assert_eq!(
        malformed(&query().claiming_ip_length(7)),
        Malformed::UdpTruncated
    );
}

#[test]
fn fragments_are_told_apart() {
    let fragments = query().payload(&[7; 100]).fragments(48);
    let parsed: Vec<_> = fragments
        .iter()
        .map(|bytes| V6::parse(&bytes.as_slice(), 0).unwrap())
        .collect();
    assert_eq!(parsed.len(), 3);
    assert_eq!(
        (parsed[0].fragment, parsed[0].ports()),
        (Fragment::First, Some(PORTS))
    );
    for later in &parsed[1..] {
        assert_eq!(
            (later.fragment, later.transport()),
            (Fragment::Later, Transport::Opaque)
        );
        assert_eq!(later.protocol, protocol::UDP);
    }
}

#[test]
fn an_atomic_fragment_is_whole() {
    let packet = parsed(&query().fragment(0, false)).unwrap();
    assert_eq!(
        (packet.fragment, packet.ports()),
        (Fragment::Whole, Some(PORTS))
    );
}

#[test]
fn a_first_fragment_holds_the_whole_header_chain() {
    let chain = packet()
        .fragment(0, true)
        .extension_with(next::DESTINATION_OPTIONS, &[1, 1, 4, 0, 0, 0, 0]);
    assert_eq!(malformed(&chain), Malformed::FragmentTiny);
    let cut = packet().tcp(1, 2, "S").fragments(16);
    let first = V6::parse(&cut[0].as_slice(), 0).unwrap();
    assert_eq!(
        first.transport(),
        Transport::Malformed(Malformed::FragmentTiny)
    );
    let after = query()
        .payload(&[0; 8])
        .fragment(0, true)
        .extension(next::DESTINATION_OPTIONS);
    assert_eq!(parsed(&after).unwrap().ports(), Some(PORTS));
}

#[test]
fn a_fragment_header_inside_a_fragment_is_out_of_order() {
    let nested = query().fragment(0, true).fragment(0, true);
    assert_eq!(malformed(&nested), Malformed::ExtensionOrder);
}

#[test]
fn behind_the_header_of_a_later_fragment_nothing_is_read() {
    let later = packet()
        .fragment(8, true)
        .protocol(next::ROUTING)
        .payload(&[0; 16]);
    let packet = parsed(&later).unwrap();
    assert_eq!(
        (packet.fragment, packet.transport()),
        (Fragment::Later, Transport::Opaque)
    );
}

#[test]
fn a_fragment_may_end_at_65_535_bytes_and_not_beyond() {
    let ending = |bytes: usize| {
        packet()
            .fragment(65_528, false)
            .protocol(17)
            .payload(&vec![0; bytes])
    };
    assert_eq!(parsed(&ending(7)).unwrap().transport(), Transport::Opaque);
    assert_eq!(malformed(&ending(8)), Malformed::FragmentBeyond);
}

#[test]
fn a_length_of_0_means_a_jumbogram_only_beyond_65_535_bytes() {
    let bytes = query()
        .extension(next::HOP_BY_HOP)
        .claiming_udp_length(0)
        .claiming_ip_length(0)
        .bytes();
    let of = |length| {
        V6::parse(
            &Partial {
                head: &bytes,
                length,
            },
            0,
        )
    };
    assert_eq!(of(HEADER + 65_536).unwrap().protocol, protocol::UDP);
    assert_eq!(of(HEADER + 65_535), Err(Malformed::Ipv6PayloadLength));
    // Without hop-by-hop options a length of 0 is a packet of nothing.
    let nothing = packet().protocol(59).claiming_ip_length(0);
    assert_eq!(parsed(&nothing).unwrap().transport(), Transport::Opaque);
}

#[test]
fn another_version_is_refused() {
    for version in (0..16).filter(|version| *version != 6) {
        assert_eq!(
            parsed(&query().claiming_version(version)),
            Err(Malformed::IpVersion)
        );
    }
}
