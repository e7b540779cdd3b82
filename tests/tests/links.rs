// SPDX-License-Identifier: MIT
//! What lies around and below IP: tags, address resolution, other EtherTypes, impossible sources,
//! and TCP flags, each with exactly one counter.

use aegis_testbed::{Need, Result, require};
use aegis_tests::guarded::Guarded;

const V4: &str = "192.0.2.1";
const V6: &str = "2001:db8::1";

/// 802.1Q, 802.1ad, and what switches sent before 802.1ad.
const TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];

#[test]
fn one_tag_or_two_hide_nothing() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.66"])?;
    lab.cli(&["block", "2001:db8::66"])?;
    for outer in TAGS {
        for inner in [None, Some(0x8100)] {
            let what = format!("{outer:#x} {inner:x?}");
            let tagged = |source| {
                let frame = lab.from(source).tag(outer, 100);
                let frame = inner.map_or(frame.clone(), |inner| frame.tag(inner, 7));
                frame.tcp(4_000, 80, "S").bytes()
            };
            lab.passes(&what, &tagged(V4), "xdp_ingress/ipv4/default")?;
            lab.passes(&what, &tagged(V6), "xdp_ingress/ipv6/default")?;
            lab.drops(&what, &tagged("192.0.2.66"), "xdp_ingress/ipv4/ban_address")?;
            lab.drops(
                &what,
                &tagged("2001:db8::66"),
                "xdp_ingress/ipv6/ban_address",
            )?;
        }
    }
    Ok(())
}

#[test]
fn a_third_tag_is_refused() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let deep = lab
        .from(V4)
        .service_vlan(100)
        .vlan(7)
        .vlan(8)
        .tcp(4_000, 80, "S");
    lab.drops("three tags", &deep.bytes(), "xdp_ingress/other/vlan_depth")
}

#[test]
fn a_priority_tag_is_a_tag_like_any_other() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let xmas = lab.from(V4).tag(0x8100, 0xe000).tcp(4_000, 80, "FPU");
    lab.drops(
        "xmas behind a priority tag",
        &xmas.bytes(),
        "xdp_ingress/ipv4/tcp_xmas",
    )
}

#[test]
fn address_resolution_and_what_is_not_ip_pass() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let arp = lab.frame().arp(lab.link.a.v4(), lab.nobody_v4()).bytes();
    lab.passes("ARP", &arp, "xdp_ingress/other/arp")?;
    let tagged = lab
        .frame()
        .vlan(5)
        .arp(lab.link.a.v4(), lab.nobody_v4())
        .bytes();
    lab.passes("ARP in a VLAN", &tagged, "xdp_ingress/other/arp")?;
    for ethertype in [0x88cc, 0x8847, 0x8864] {
        let frame = lab
            .frame()
            .ethertype(ethertype)
            .payload(&[0x45; 46])
            .bytes();
        lab.passes(
            &format!("{ethertype:#x}"),
            &frame,
            "xdp_ingress/other/not_ip",
        )?;
    }
    Ok(())
}

#[test]
fn neighbour_discovery_passes_only_from_the_link_and_whole() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let target = lab.nobody_v6().octets();
    let solicitation = |hop_limit, code| {
        lab.from("fe80::1")
            .hop_limit(hop_limit)
            .icmp(135, code)
            .payload(&target)
    };
    let sound = solicitation(255, 0).bytes();
    lab.passes(
        "hop limit 255",
        &sound,
        "xdp_ingress/ipv6/neighbour_discovery",
    )?;
    let forwarded = solicitation(254, 0).bytes();
    lab.drops(
        "hop limit 254",
        &forwarded,
        "xdp_ingress/ipv6/discovery_hop_limit",
    )?;
    let coded = solicitation(255, 1).bytes();
    lab.drops("code 1", &coded, "xdp_ingress/ipv6/discovery_hop_limit")?;
    let part = solicitation(255, 0).fragment(0, true).bytes();
    lab.drops(
        "a first fragment",
        &part,
        "xdp_ingress/ipv6/discovery_fragment",
    )?;
    let report = lab
        .from_to("fe80::1", "ff02::16")
        .hop_limit(1)
        .extension_with(0, &[0, 5, 2, 0, 0, 1, 0]);
    let report = report.icmp(143, 0).bytes();
    lab.passes(
        "MLD behind a router alert",
        &report,
        "xdp_ingress/ipv6/multicast_membership",
    )
}

#[test]
fn a_source_that_cannot_arrive_from_a_network_is_dropped() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let (v4, v6) = (lab.nobody_v4().to_string(), lab.nobody_v6().to_string());
    lab.drops("LAND", &lab.syn(&v4), "xdp_ingress/ipv4/land")?;
    lab.drops("LAND", &lab.syn(&v6), "xdp_ingress/ipv6/land")?;
    for source in [
        "0.0.0.0",
        "0.1.2.3",
        "127.0.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
    ] {
        lab.drops(source, &lab.syn(source), "xdp_ingress/ipv4/bogus_source")?;
    }
    for source in ["::", "::1", "::ffff:192.0.2.1", "ff02::1"] {
        lab.drops(source, &lab.syn(source), "xdp_ingress/ipv6/bogus_source")?;
    }
    for (source, family) in [
        ("10.0.0.127", "ipv4"),
        ("169.254.1.1", "ipv4"),
        ("fe80::1", "ipv6"),
    ] {
        lab.passes(
            source,
            &lab.syn(source),
            &format!("xdp_ingress/{family}/default"),
        )?;
    }
    Ok(())
}

/// Flags that no stack sends together, and what is said of them.
const IMPOSSIBLE: [(&str, &str); 9] = [
    ("", "tcp_null"),
    ("FPU", "tcp_xmas"),
    ("SF", "tcp_syn_fin"),
    ("SR", "tcp_syn_rst"),
    ("FR", "tcp_fin_rst"),
    ("F", "tcp_fin_no_ack"),
    ("FSRPAU", "tcp_all_flags"),
    ("P", "tcp_no_ack"),
    ("SU", "tcp_syn_urgent"),
];
/// What stacks send in the middle or at the end of a connection.
const UNDER_WAY: [&str; 8] = ["SA", "A", "PA", "FA", "FPA", "R", "RA", "UPA"];

#[test]
fn every_impossible_combination_of_tcp_flags_has_its_own_reason() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for (source, family) in [(V4, "ipv4"), (V6, "ipv6")] {
        let counter = |reason: &str| format!("xdp_ingress/{family}/{reason}");
        for (flags, reason) in IMPOSSIBLE {
            let frame = lab.from(source).tcp(4_000, 80, flags).bytes();
            lab.drops(reason, &frame, &counter(reason))?;
        }
        let reserved = lab.from(source).tcp_bits(4_000, 80, 0x802).bytes();
        lab.drops("reserved bits", &reserved, &counter("tcp_reserved_bits"))?;
        let port_zero = lab.from(source).tcp(4_000, 0, "S").bytes();
        lab.drops("port 0", &port_zero, &counter("tcp_port_zero"))?;
        for (port, flags) in (4_001..).zip(["S", "SEC"]) {
            let frame = lab.from(source).tcp(port, 80, flags).bytes();
            lab.passes(flags, &frame, &counter("default"))?;
        }
    }
    Ok(())
}

/// A segment each, on connections that nobody knows.
fn segments_under_way(grace: &str, reason: &str, passes: bool) -> Result<()> {
    let lab = Guarded::with(&["--set", &format!("attach.grace={grace}")])?;
    for (source, family) in [(V4, "ipv4"), (V6, "ipv6")] {
        let counter = format!("xdp_ingress/{family}/{reason}");
        for (port, flags) in (4_000..).zip(UNDER_WAY) {
            let frame = lab.from(source).tcp(port, 80, flags).bytes();
            match passes {
                true => lab.passes(flags, &frame, &counter)?,
                false => lab.drops(flags, &frame, &counter)?,
            }
        }
    }
    Ok(())
}

#[test]
fn segments_whose_beginning_nobody_saw_pass_during_the_grace_period() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    segments_under_way("1h", "picked_up", true)
}

#[test]
fn segments_of_no_connection_are_dropped_once_the_grace_period_is_over() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    segments_under_way("0s", "tcp_out_of_state", false)
}

#[test]
fn bytes_are_those_of_the_frame_without_its_check_sequence() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let frames: Vec<Vec<u8>> = [0, 1, 100, 1_400]
        .map(|length| {
            lab.from(V4)
                .udp(4_000, 53)
                .payload(&vec![0; length])
                .bytes()
        })
        .into();
    lab.past(&frames)?;
    let stats = lab.daemon.json(&["stats"])?;
    let rows = stats["counters"].as_array().expect("counters are a list");
    let row = rows
        .iter()
        .find(|row| row["family"] == "ipv4")
        .expect("IPv4 arrived");
    let bytes: usize = frames.iter().map(Vec::len).sum();
    assert_eq!(
        (row["packets"].as_u64(), row["bytes"].as_u64()),
        (Some(4), Some(bytes as u64))
    );
    assert_eq!(
        (row["reason"].as_str(), row["action"].as_str()),
        (Some("default"), Some("pass"))
    );
    Ok(())
}
