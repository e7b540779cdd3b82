// SPDX-License-Identifier: MIT
use super::*;
use crate::emit;
use crate::inspect::note;
use crate::model::HostTables;
use crate::tables::Tables;
use crate::{Nanos, Site, triage};
use aegis_abi::{Hook, Link, Settings};

const COOKIE: Cookie = Cookie {
    sequence: 0x89ab_cdef,
    segment_size: 1_300,
};
const PEER: [u8; 6] = [2, 0, 0, 0, 0, 1];
const HOST: [u8; 6] = [2, 0, 0, 0, 0, 2];

fn ethernet() -> emit::Frame {
    emit::Frame::ethernet(PEER, HOST)
}

fn v4() -> emit::Frame {
    ethernet().ipv4([192, 0, 2, 1], [198, 51, 100, 2])
}

fn v6() -> emit::Frame {
    let (peer, host) = (0x2001_0db8_ffff << 80 | 1, 0x2001_0db8_u128 << 96 | 2);
    ethernet().ipv6(
        std::net::Ipv6Addr::from_bits(peer),
        std::net::Ipv6Addr::from_bits(host),
    )
}

fn syn(frame: emit::Frame) -> emit::Frame {
    frame.tcp(40_000, 80, "S").tcp_options(&[2, 4, 5, 0xb4])
}

/// What the first program leaves of a frame.
fn pending(frame: &[u8], link: Link) -> Pending {
    let tables = HostTables::default();
    let site = Site {
        hook: Hook::XdpIngress,
        link,
        loopback: false,
        interface: 7,
    };
    let leg = triage(&frame, &site, (&Settings::DEFAULT, &tables), Nanos(1));
    assert!(leg.verdict().decided().is_none(), "{leg:?}");
    let read = |pending: &mut Pending| {
        note(&frame, pending);
        *pending
    };
    tables.with_deferred(read).unwrap()
}

fn asked_of(frame: &emit::Frame) -> Option<u16> {
    let bytes = frame.bytes();
    let pending = pending(&bytes, Link::Ethernet);
    request(&bytes.as_slice(), &pending).map(|request| request.segment_size)
}

#[test]
fn the_answer_over_ipv4_is_right_to_the_byte() {
    let bytes = syn(v4()).bytes();
    let pending = pending(&bytes, Link::Ethernet);
    let expected = ethernet()
        .ipv4([198, 51, 100, 2], [192, 0, 2, 1])
        .identification(0)
        .tcp(80, 40_000, "SA")
        .tcp_options(&[2, 4, 5, 20])
        .bytes();
    let (ip, tcp) = (header_v4(&pending), answer(&pending, COOKIE));
    // Linux does not let its own SYN-ACKs be fragmented either.
    assert_eq!(ip[..6], expected[14..20]);
    assert_eq!(ip[6..10], [0x40, 0, 64, 6]);
    assert_eq!(ip[12..], expected[26..34]);
    assert_eq!(left_over(&[&ip]), 0);
    agrees(
        &tcp,
        &expected[34..],
        &[&[192, 0, 2, 1], &[198, 51, 100, 2]],
    );
}

#[test]
fn the_answer_over_ipv6_is_right_to_the_byte() {
    let bytes = syn(v6()).bytes();
    let pending = pending(&bytes, Link::Ethernet);
    let ip = header_v6(&pending);
    let (peer, host) = (&bytes[22..38], &bytes[38..54]);
    assert_eq!(ip[..8], [0x60, 0, 0, 0, 0, 24, 6, 64]);
    assert_eq!((&ip[8..24], &ip[24..]), (host, peer));
    let expected = ethernet()
        .ipv4([1, 1, 1, 1], [1, 1, 1, 1])
        .tcp(80, 40_000, "SA")
        .tcp_options(&[2, 4, 5, 20])
        .bytes();
    agrees(&answer(&pending, COOKIE), &expected[34..], &[peer, host]);
}

/// Holds an answer against a header with other numbers, window and checksum.
fn agrees(tcp: &[u8; SEGMENT], expected: &[u8], addresses: &[&[u8]]) {
    assert_eq!(tcp[..4], expected[..4], "ports");
    assert_eq!(tcp[4..8], COOKIE.sequence.to_be_bytes());
    // The SYN of `emit` has sequence number 1.
    assert_eq!(tcp[8..12], 2_u32.to_be_bytes(), "acknowledges the SYN");
    assert_eq!(tcp[12..14], expected[12..14], "length and flags");
    assert_eq!(tcp[14..16], WINDOW.to_be_bytes());
    assert_eq!(tcp[18..], expected[18..], "options");
    let mut parts = vec![&tcp[..], &[0, 6, 0, SEGMENT as u8]];
    parts.extend(addresses);
    assert_eq!(left_over(&parts), 0, "checksum");
}

/// As a receiver checks: nothing remains.
fn left_over(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let mut sum: u32 = words
        .map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])))
        .sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

#[test]
fn no_larger_segment_is_promised_than_an_ordinary_link_carries() {
    let jumbo = Cookie {
        segment_size: 8_940,
        ..COOKIE
    };
    for (frame, largest) in [(v4(), 1_460), (v6(), 1_440)] {
        let pending = pending(&syn(frame).bytes(), Link::Ethernet);
        assert_eq!(answer(&pending, jumbo)[22..], u16::to_be_bytes(largest));
    }
}

#[test]
fn the_kernel_is_asked_about_the_syn_as_it_was() {
    let bytes = syn(v4()).bytes();
    let header = asked(
        &pending(&bytes, Link::Ethernet),
        Request { segment_size: 900 },
    );
    assert_eq!(header[..12], bytes[34..46]);
    assert_eq!(header[12..14], [0x60, 2]);
    assert_eq!(header[20..], [2, 4, 3, 0x84]);
}

#[test]
fn the_segment_size_is_found_among_what_stacks_send() {
    let linux = [
        2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
    ];
    let padded = [1, 1, 1, 1, 2, 4, 5, 0xb4];
    let none: [u8; 0] = [];
    let ended = [0, 0, 0, 0, 2, 4, 5, 0xb4];
    let endless = [253, 0, 2, 4];
    let cut = [253, 40, 0, 0];
    for (options, expected) in [
        (&linux[..], 1_460),
        (&padded[..], 1_460),
        (&none[..], 0),
        (&ended[..], 0),
        (&endless[..], 0),
        (&cut[..], 0),
    ] {
        for frame in [v4(), v6(), v4().options(&[]), v4().payload(b"early data")] {
            let frame = frame.tcp(40_000, 80, "S").tcp_options(options);
            assert_eq!(asked_of(&frame), Some(expected), "{options:?}");
        }
    }
}

#[test]
fn tags_and_ecn_change_nothing() {
    assert_eq!(asked_of(&syn(v4().vlan(5))), Some(1_460));
    assert_eq!(asked_of(&syn(v6().service_vlan(5).vlan(6))), Some(1_460));
    let ecn = v4().tcp(40_000, 80, "SEC");
    assert_eq!(asked_of(&ecn), Some(0));
    let pending = pending(&ecn.bytes(), Link::Ethernet);
    assert_eq!(answer(&pending, COOKIE)[13], 0x12, "without ECE");
}

#[test]
fn what_the_stack_must_see_is_left_to_it() {
    let signed = [19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
    let authenticated = [
        2, 4, 5, 0xb4, 29, 16, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let group = emit::Frame::ethernet(PEER, [0xff; 6]).ipv4([192, 0, 2, 1], [192, 0, 2, 255]);
    for (what, frame) in [
        ("IP options", syn(v4().options(&[1, 1, 1, 1]))),
        ("an extension header", syn(v6().extension(60))),
        ("a first fragment", syn(v4().fragment(0, true))),
        ("a first fragment of IPv6", syn(v6().fragment(0, true))),
        (
            "a signature",
            v4().tcp(40_000, 179, "S").tcp_options(&signed),
        ),
        (
            "authentication",
            v4().tcp(40_000, 179, "S").tcp_options(&authenticated),
        ),
        ("a frame to everybody", syn(group)),
        (
            "a group",
            syn(ethernet().ipv4([192, 0, 2, 1], [224, 0, 0, 5])),
        ),
        ("an acknowledgement", v4().tcp(40_000, 80, "A")),
    ] {
        assert_eq!(asked_of(&frame), None, "{what}");
    }
}

#[test]
fn without_an_ethernet_header_there_is_nothing_to_turn_round() {
    let frame = emit::Frame::raw_ip().ipv4([192, 0, 2, 1], [192, 0, 2, 2]);
    let bytes = syn(frame).bytes();
    let pending = pending(&bytes, Link::RawIp);
    assert_eq!(request(&bytes.as_slice(), &pending), None);
}
