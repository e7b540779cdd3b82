// SPDX-License-Identifier: MIT
//! IPv4 and IPv6 frames onto a real interface: each moves exactly one counter by one, and arrives
//! behind the hook unchanged or not at all. Frames that end inside the Ethernet header cannot be
//! sent on a link; the differential tests have them.

use aegis_core::emit::Frame;
use aegis_testbed::{Need, Result, require};
use aegis_tests::guarded::Guarded;

const V4: &str = "192.0.2.1";
const V6: &str = "2001:db8::1";

#[test]
fn fragments_of_ipv4_pass_unless_they_were_made_to_hide_something() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let packet = lab.from(V4);
    let (small, large) = ([0; 8], [0; 64]);
    let first = packet
        .clone()
        .udp(4_000, 53)
        .payload(&large)
        .fragment(0, true);
    lab.passes("first", &first.bytes(), "xdp_ingress/ipv4/default")?;
    let later = packet
        .clone()
        .protocol(17)
        .payload(&large)
        .fragment(1_480, false);
    lab.passes("later", &later.bytes(), "xdp_ingress/ipv4/later_fragment")?;
    let tiny = packet.clone().protocol(6).payload(&small).fragment(0, true);
    lab.drops(
        "tiny first",
        &tiny.bytes(),
        "xdp_ingress/ipv4/fragment_tiny",
    )?;
    let over = packet.clone().protocol(6).payload(&large).fragment(8, true);
    lab.drops(
        "over the flags",
        &over.bytes(),
        "xdp_ingress/ipv4/fragment_overlap",
    )?;
    let beyond = packet
        .clone()
        .protocol(17)
        .payload(&large)
        .fragment(65_528, false);
    lab.drops(
        "beyond the end",
        &beyond.bytes(),
        "xdp_ingress/ipv4/fragment_beyond",
    )?;
    let xmas = packet
        .clone()
        .tcp(4_000, 80, "FPU")
        .payload(&large)
        .fragment(0, true);
    lab.drops(
        "xmas, first part",
        &xmas.bytes(),
        "xdp_ingress/ipv4/tcp_xmas",
    )
}

#[test]
fn fragments_of_ipv6_pass_unless_they_were_made_to_hide_something() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let packet = lab.from(V6);
    let (small, large) = ([0; 8], [0; 64]);
    let first = packet
        .clone()
        .udp(4_000, 53)
        .payload(&large)
        .fragment(0, true);
    lab.passes("first", &first.bytes(), "xdp_ingress/ipv6/default")?;
    let atomic = packet.clone().tcp(4_000, 80, "S").fragment(0, false);
    lab.passes("atomic", &atomic.bytes(), "xdp_ingress/ipv6/default")?;
    let later = packet
        .clone()
        .protocol(17)
        .payload(&large)
        .fragment(1_480, false);
    lab.passes("later", &later.bytes(), "xdp_ingress/ipv6/later_fragment")?;
    let tiny = packet.clone().protocol(6).payload(&small).fragment(0, true);
    lab.drops(
        "tiny first",
        &tiny.bytes(),
        "xdp_ingress/ipv6/fragment_tiny",
    )?;
    let beyond = packet
        .clone()
        .protocol(17)
        .payload(&large)
        .fragment(65_528, false);
    lab.drops(
        "beyond the end",
        &beyond.bytes(),
        "xdp_ingress/ipv6/fragment_beyond",
    )?;
    let twice = packet
        .clone()
        .udp(4_000, 53)
        .payload(&large)
        .fragment(0, true)
        .fragment(0, true);
    lab.drops(
        "within a fragment",
        &twice.bytes(),
        "xdp_ingress/ipv6/extension_order",
    )?;
    let null = packet.clone().tcp(4_000, 80, "").fragment(0, false);
    lab.drops("null, atomic", &null.bytes(), "xdp_ingress/ipv6/tcp_null")
}

#[test]
fn every_fragment_of_a_datagram_is_judged() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for (source, family) in [(V4, "ipv4"), (V6, "ipv6")] {
        let datagram = lab.from(source).udp(4_000, 53).payload(&[7; 4_000]);
        let fragments = datagram.fragments(1_200);
        let moved = [
            (format!("xdp_ingress/{family}/default"), 1),
            (format!("xdp_ingress/{family}/later_fragment"), 3),
        ];
        let moved = moved.each_ref().map(|(name, by)| (name.as_str(), *by));
        let passed = lab.moves(&moved, |lab| lab.past(&fragments))?;
        assert_eq!(passed, fragments);
        lab.cli(&["block", source])?;
        let banned = format!("xdp_ingress/{family}/ban_address");
        let passed = lab.moves(&[(banned.as_str(), 4)], |lab| lab.past(&fragments))?;
        assert_eq!(
            passed,
            Vec::<Vec<u8>>::new(),
            "a later fragment of a banned source is dropped"
        );
    }
    Ok(())
}

#[test]
fn ipv4_options_neither_stop_a_packet_nor_hide_what_it_is() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for length in [4, 12, 40] {
        let packet = lab.from(V4).options(&vec![1; length]);
        let what = format!("{length} bytes of options");
        let syn = packet.clone().tcp(4_000, 80, "S");
        lab.passes(&what, &syn.bytes(), "xdp_ingress/ipv4/default")?;
        let null = packet.clone().tcp(4_000, 80, "");
        lab.drops(&what, &null.bytes(), "xdp_ingress/ipv4/tcp_null")?;
    }
    Ok(())
}

#[test]
fn six_extension_headers_are_walked_and_a_seventh_is_refused() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for count in 0..=7 {
        let chain = (0..count).fold(lab.from(V6), |frame, _| frame.extension(60));
        let what = format!("{count} extension headers");
        let query = chain.clone().udp(4_000, 53).bytes();
        let xmas = chain.clone().tcp(4_000, 80, "FPU").bytes();
        if count <= 6 {
            lab.passes(&what, &query, "xdp_ingress/ipv6/default")?;
            lab.drops(&what, &xmas, "xdp_ingress/ipv6/tcp_xmas")?;
        } else {
            lab.drops(&what, &query, "xdp_ingress/ipv6/extension_depth")?;
        }
    }
    Ok(())
}

#[test]
fn extension_headers_that_nobody_needs_are_refused() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let packet = |extend: fn(Frame) -> Frame| extend(lab.from(V6)).udp(4_000, 53).bytes();
    let first = packet(|frame| frame.extension(0));
    lab.passes(
        "hop-by-hop options first",
        &first,
        "xdp_ingress/ipv6/default",
    )?;
    let second = packet(|frame| frame.extension(60).extension(0));
    lab.drops(
        "hop-by-hop options second",
        &second,
        "xdp_ingress/ipv6/extension_order",
    )?;
    let source_route = packet(|frame| frame.extension_with(43, &[0, 0, 0, 0, 0, 0, 0]));
    lab.drops(
        "routing type 0",
        &source_route,
        "xdp_ingress/ipv6/routing_zero",
    )?;
    let segments = packet(|frame| frame.extension_with(43, &[0, 4, 0, 0, 0, 0, 0]));
    lab.passes("routing type 4", &segments, "xdp_ingress/ipv6/default")?;
    let endless = packet(|frame| frame.extension_with(60, &[255, 1, 4, 0, 0, 0, 0]));
    lab.drops(
        "options beyond the end",
        &endless,
        "xdp_ingress/ipv6/extension_truncated",
    )
}

#[test]
fn a_header_that_is_cut_short_is_dropped_and_says_which() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let (v4, v6) = (
        lab.from(V4).udp(1, 2).bytes(),
        lab.from(V6).udp(1, 2).bytes(),
    );
    lab.drops("IPv4", &v4[..14 + 19], "xdp_ingress/ipv4/ipv4_truncated")?;
    lab.drops("IPv6", &v6[..14 + 39], "xdp_ingress/ipv6/ipv6_truncated")?;
    let tagged = lab.from(V4).vlan(5).udp(1, 2).bytes();
    lab.drops(
        "a tag",
        &tagged[..14 + 3],
        "xdp_ingress/other/vlan_truncated",
    )?;
    for (source, family) in [(V4, "ipv4"), (V6, "ipv6")] {
        let icmp = if source == V4 { 1 } else { 58 };
        let short = [
            (6, 19, "tcp_truncated"),
            (17, 7, "udp_truncated"),
            (icmp, 7, "icmp_truncated"),
            (132, 11, "sctp_truncated"),
        ];
        for (protocol, length, reason) in short {
            let frame = lab
                .from(source)
                .protocol(protocol)
                .payload(&vec![1; length])
                .bytes();
            lab.drops(reason, &frame, &format!("xdp_ingress/{family}/{reason}"))?;
        }
    }
    Ok(())
}

#[test]
fn a_header_that_lies_about_lengths_is_dropped_and_says_which() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let (v4, v6) = (lab.from(V4).udp(1, 2), lab.from(V6).udp(1, 2));
    let lies = [
        (
            v4.clone().claiming_header_words(4),
            "ipv4/ipv4_header_length",
        ),
        (
            v4.clone().claiming_header_words(15),
            "ipv4/ipv4_header_length",
        ),
        (v4.clone().claiming_ip_length(19), "ipv4/ipv4_total_length"),
        (v4.clone().claiming_ip_length(29), "ipv4/ipv4_total_length"),
        (v4.clone().claiming_version(6), "ipv4/ip_version"),
        (v4.clone().claiming_udp_length(7), "ipv4/udp_length"),
        (v4.clone().claiming_udp_length(9), "ipv4/udp_length"),
        (v6.clone().claiming_ip_length(9), "ipv6/ipv6_payload_length"),
        (v6.clone().claiming_version(4), "ipv6/ip_version"),
        (v6.clone().claiming_udp_length(9), "ipv6/udp_length"),
        (
            lab.from(V4).tcp(1, 2, "S").claiming_data_offset(4),
            "ipv4/tcp_data_offset",
        ),
        (
            lab.from(V6).tcp(1, 2, "S").claiming_data_offset(6),
            "ipv6/tcp_data_offset",
        ),
    ];
    for (frame, counter) in lies {
        lab.drops(counter, &frame.bytes(), &format!("xdp_ingress/{counter}"))?;
    }
    let padded = [v4.bytes(), vec![0; 18]].concat();
    lab.passes(
        "padding behind the packet",
        &padded,
        "xdp_ingress/ipv4/default",
    )
}

#[test]
fn protocols_without_ports_are_judged_by_address_and_never_misread() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let frames = |source| {
        let opaque = [4_u8, 47, 50, 89, 200, 253].map(|protocol| {
            lab.from(source)
                .protocol(protocol)
                .payload(&[0; 20])
                .bytes()
        });
        let sctp = lab.from(source).sctp(1, 2).payload(&[0; 16]).bytes();
        [&opaque[..], &[sctp]].concat()
    };
    for (source, family) in [(V4, "ipv4"), (V6, "ipv6")] {
        let (default, banned) = (
            format!("xdp_ingress/{family}/default"),
            format!("xdp_ingress/{family}/ban_address"),
        );
        let passed = lab.moves(&[(&default, 7)], |lab| lab.past(&frames(source)))?;
        assert_eq!(passed, frames(source));
        lab.cli(&["block", source])?;
        let passed = lab.moves(&[(&banned, 7)], |lab| lab.past(&frames(source)))?;
        assert!(passed.is_empty());
    }
    Ok(())
}
