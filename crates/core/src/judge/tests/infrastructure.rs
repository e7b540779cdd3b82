// SPDX-License-Identifier: MIT
//! What an interface needs to work, and what only looks like it.

use super::*;

#[test]
fn what_an_interface_needs_to_work_passes_a_ban_on_everybody() {
    let everybody = banning_everybody();
    let (local, group) = ("fe80::7", "ff02::1");
    for (frame, reason) in [
        (
            between((local, group)).hop_limit(255).icmp(135, 0),
            Reason::NeighbourDiscovery,
        ),
        (
            between((local, group)).hop_limit(255).icmp(134, 0),
            Reason::NeighbourDiscovery,
        ),
        (
            between((local, group))
                .hop_limit(1)
                .extension_with(0, &[0, 5, 2, 0, 0, 1, 0])
                .icmp(143, 0),
            Reason::MulticastMembership,
        ),
        (between((local, group)).udp(546, 547), Reason::Dhcp),
        (between(PAIRS[1]).icmp(2, 0), Reason::PathMtu),
        (between(PAIRS[0]).icmp(3, 4), Reason::PathMtu),
        (
            between(("192.0.2.1", "255.255.255.255")).udp(67, 68),
            Reason::Dhcp,
        ),
        (
            between(("192.0.2.7", "224.0.0.22"))
                .hop_limit(1)
                .protocol(2)
                .payload(&[0x16, 0, 0, 0]),
            Reason::MulticastMembership,
        ),
    ] {
        assert_eq!(judged(&frame, &INGRESS, &everybody), Verdict::pass(reason));
    }
}

#[test]
fn who_is_banned_by_address_is_not_let_in_as_infrastructure() {
    let banned = |address: &str| HostTables::new().ban(ip(address), forever(9));
    let router = banned("fe80::7");
    let host = banned("192.0.2.7");
    for (frame, tables) in [
        (
            between(("fe80::7", "ff02::1")).hop_limit(255).icmp(134, 0),
            &router,
        ),
        (
            between(("fe80::7", "ff02::1")).hop_limit(255).icmp(137, 0),
            &router,
        ),
        (between(("192.0.2.7", "198.51.100.1")).icmp(3, 4), &host),
        (between(("192.0.2.7", "255.255.255.255")).udp(67, 68), &host),
        (
            between(("192.0.2.7", "224.0.0.22"))
                .hop_limit(1)
                .protocol(2)
                .payload(&[0x16, 0, 0, 0]),
            &host,
        ),
    ] {
        let verdict = judged(&frame, &INGRESS, tables);
        assert_eq!(verdict, Verdict::drop(Reason::BanAddress).by(9));
    }
}

#[test]
fn address_configuration_from_afar_is_subject_to_banned_prefixes() {
    let everybody = banning_everybody();
    for frame in [
        between(PAIRS[0]).udp(67, 68),
        between(PAIRS[0]).udp(68, 67),
        between(PAIRS[1]).udp(547, 546),
    ] {
        let verdict = judged(&frame, &INGRESS, &everybody);
        assert_eq!(verdict.reason, Reason::BanPrefix);
    }
}

#[test]
fn what_only_looks_like_membership_or_path_mtu_is_no_infrastructure() {
    let everybody = banning_everybody();
    for frame in [
        between(PAIRS[0])
            .protocol(2)
            .hop_limit(64)
            .payload(&[0x16; 1400]),
        between(PAIRS[1]).hop_limit(1).icmp(143, 0),
        between(PAIRS[0]).fragment(0, true).icmp(3, 4),
        between(PAIRS[1]).fragment(0, true).icmp(2, 0),
    ] {
        let verdict = judged(&frame, &INGRESS, &everybody);
        assert_eq!(verdict.reason, Reason::BanPrefix);
    }
}

#[test]
fn a_banned_address_is_told_as_banned_whatever_it_forges() {
    let (router, host) = ("fe80::1", "fe80::2");
    let tables = HostTables::new().ban(ip(router), forever(4));
    let banned = Verdict::drop(Reason::BanAddress).by(4);
    for hop_limit in [64, 255] {
        let advertisement = between((router, host)).hop_limit(hop_limit).icmp(134, 0);
        assert_eq!(judged(&advertisement, &INGRESS, &tables), banned);
    }
}

#[test]
fn neighbour_discovery_that_could_be_forged_is_dropped() {
    let solicitation = || between(("fe80::7", "ff02::1")).icmp(135, 0);
    let tables = HostTables::new();
    for hop_limit in [0, 1, 64, 254] {
        let verdict = judged(&solicitation().hop_limit(hop_limit), &INGRESS, &tables);
        assert_eq!(verdict, Verdict::drop(Reason::DiscoveryHopLimit));
    }
    let fragment = solicitation().hop_limit(255).fragment(0, true);
    assert_eq!(
        judged(&fragment, &INGRESS, &tables),
        Verdict::drop(Reason::DiscoveryFragment)
    );
}

#[test]
fn infrastructure_beyond_its_rate_is_dropped_on_arrival_and_never_on_departure() {
    let settings = Settings {
        infrastructure: Rate::per_second(1, 3),
        ..Settings::DEFAULT
    };
    let frame = between(("fe80::7", "ff02::1")).hop_limit(255).icmp(135, 0);
    let tables = HostTables::new();
    let passed = |site| {
        (0..10)
            .filter(|_| judged_by(&frame, site, &settings, &tables).action == Action::Pass)
            .count()
    };
    assert_eq!((passed(&INGRESS), passed(&EGRESS)), (3, 10));
}
