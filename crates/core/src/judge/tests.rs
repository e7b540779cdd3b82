// SPDX-License-Identifier: MIT
//! The order of judgement, through the whole path: a frame in, a verdict and exactly one counter
//! out.

mod bans;

use crate::action::action_of;
use crate::emit::Frame;
use crate::model::{HostTables, Prefix};
use crate::verdict::Verdict;
use crate::{Nanos, Site, inspect};
use aegis_abi::{
    Action, Allow, Ban, Count, CounterSlot, Family, Flags, Hook, Link, Rate, Reason, Scope,
    ScopeKey, Settings,
};
use std::net::IpAddr;

const NOW: Nanos = Nanos(1_000_000_000_000);
const INGRESS: Site = Site {
    hook: Hook::XdpIngress,
    link: Link::RawIp,
    loopback: false,
    interface: 1,
};
const EGRESS: Site = Site {
    hook: Hook::TcEgress,
    ..INGRESS
};
const LOOPBACK: Site = Site {
    loopback: true,
    ..INGRESS
};

/// The same two hosts in both families.
const PAIRS: [(&str, &str); 2] = [
    ("198.51.100.7", "192.0.2.1"),
    ("2001:db8:7::7", "2001:db8:1::1"),
];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn prefix(text: &str, length: u8) -> Prefix {
    Prefix::new(ip(text), length)
}

fn between((source, destination): (&str, &str)) -> Frame {
    Frame::raw_ip().ip(ip(source), ip(destination))
}

fn back((a, b): (&'static str, &'static str)) -> Frame {
    between((b, a))
}

/// Bans on every network of these tests.
fn banning_everybody() -> HostTables {
    HostTables::new()
        .ban_prefix(prefix("192.0.0.0", 8), forever(1))
        .ban_prefix(prefix("198.51.100.0", 8), forever(1))
        .ban_prefix(prefix("fe80::", 16), forever(1))
        .ban_prefix(prefix("2001:db8::", 16), forever(1))
}

fn forever(rule: u32) -> Ban {
    Ban {
        expires_ns: Ban::NEVER,
        rule,
        scopes: 0,
    }
}

/// Judges one frame and asserts that its verdict, and nothing else, was counted.
fn judged_by(frame: &Frame, site: &Site, settings: &Settings, tables: &HostTables) -> Verdict {
    let bytes = frame.bytes();
    let before = tables.counters();
    let verdict = inspect(&bytes.as_slice(), site, (settings, tables), NOW);
    let moved: Vec<(CounterSlot, Count)> = tables
        .counters()
        .into_iter()
        .filter(|entry| !before.contains(entry))
        .collect();
    assert_eq!(moved.len(), 1, "one counter moves for one frame");
    let (slot, count) = moved[0];
    let earlier = before
        .iter()
        .find(|(known, _)| *known == slot)
        .map(|(_, count)| *count)
        .unwrap_or_default();
    assert_eq!((slot.hook, slot.reason), (site.hook, verdict.reason));
    assert_eq!(
        verdict.action,
        action_of(verdict.reason, settings),
        "{verdict:?}"
    );
    assert_eq!(count.packets, earlier.packets + 1);
    assert_eq!(count.bytes, earlier.bytes + bytes.len() as u64);
    verdict
}

fn judged(frame: &Frame, site: &Site, tables: &HostTables) -> Verdict {
    judged_by(frame, site, &Settings::DEFAULT, tables)
}

#[test]
fn without_policy_ordinary_traffic_passes() {
    for pair in PAIRS {
        for frame in [
            between(pair).tcp(40_000, 80, "S"),
            between(pair).udp(40_000, 53),
            between(pair).icmp(8, 0),
            between(pair).sctp(40_000, 80),
            between(pair).protocol(50).payload(&[0; 20]),
            between(pair).protocol(47).payload(&[0; 20]),
        ] {
            for site in [INGRESS, EGRESS, LOOPBACK] {
                assert_eq!(
                    judged(&frame, &site, &HostTables::new()),
                    Verdict::pass(Reason::Default)
                );
            }
        }
    }
}

#[test]
fn later_fragments_pass_unless_the_operator_says_otherwise() {
    let strict = Settings {
        flags: Flags::DROP_LATER_FRAGMENTS,
        ..Settings::DEFAULT
    };
    for pair in PAIRS {
        let frame = between(pair)
            .fragment(64, false)
            .protocol(17)
            .payload(&[0; 8]);
        let tables = HostTables::new();
        assert_eq!(
            judged(&frame, &INGRESS, &tables),
            Verdict::pass(Reason::LaterFragment)
        );
        let dropped = judged_by(&frame, &INGRESS, &strict, &tables);
        assert_eq!(dropped, Verdict::drop(Reason::LaterFragment));
    }
}

#[test]
fn impossible_sources_are_dropped_only_where_they_come_from_a_network() {
    for (source, destination, reason) in [
        ("127.0.0.1", "192.0.2.1", Reason::BogusSource),
        ("192.0.2.1", "192.0.2.1", Reason::Land),
        ("::1", "2001:db8::1", Reason::BogusSource),
        ("2001:db8::1", "2001:db8::1", Reason::Land),
    ] {
        let frame = between((source, destination)).udp(1, 2);
        let tables = HostTables::new();
        assert_eq!(
            judged(&frame, &INGRESS, &tables),
            Verdict::drop(reason),
            "{source}"
        );
        for site in [EGRESS, LOOPBACK] {
            assert_eq!(
                judged(&frame, &site, &tables).action,
                Action::Pass,
                "{source}"
            );
        }
        let tolerant = Settings {
            flags: Flags::default(),
            ..Settings::DEFAULT
        };
        assert_eq!(
            judged_by(&frame, &INGRESS, &tolerant, &tables).action,
            Action::Pass
        );
    }
}

#[test]
fn anomalies_are_dropped_both_ways_unless_switched_off() {
    let tolerant = Settings {
        flags: Flags::default(),
        ..Settings::DEFAULT
    };
    for pair in PAIRS {
        let frame = between(pair).tcp(1, 2, "FPU");
        let tables = HostTables::new();
        for site in [INGRESS, EGRESS] {
            assert_eq!(
                judged(&frame, &site, &tables),
                Verdict::drop(Reason::TcpXmas)
            );
            assert_eq!(
                judged_by(&frame, &site, &tolerant, &tables).reason,
                Reason::Default
            );
        }
    }
}

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

#[test]
fn family_and_hook_are_counted_apart() {
    let tables = HostTables::new();
    for pair in PAIRS {
        for site in [INGRESS, EGRESS] {
            assert_eq!(
                judged(&between(pair).udp(1, 2), &site, &tables).reason,
                Reason::Default
            );
        }
    }
    let slots: Vec<_> = tables
        .counters()
        .iter()
        .map(|(slot, count)| (slot.hook, slot.family, count.packets))
        .collect();
    assert_eq!(
        slots,
        [
            (Hook::XdpIngress, Family::V4, 1),
            (Hook::XdpIngress, Family::V6, 1),
            (Hook::TcEgress, Family::V4, 1),
            (Hook::TcEgress, Family::V6, 1),
        ]
    );
}

/// What the stack hands over on departure, to be cut into segments later.
struct SuperPacket<'a>(&'a [u8]);

impl crate::frame::Frame for SuperPacket<'_> {
    fn take<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.take(at)
    }

    fn length(&self) -> usize {
        self.0.len()
    }

    fn segments(&self) -> u32 {
        5
    }
}

#[test]
fn a_super_packet_is_judged_once_and_counted_as_its_segments() {
    for pair in PAIRS {
        let tables = HostTables::new();
        let bytes = between(pair).tcp(1, 2, "A").payload(&[0; 7_000]).bytes();
        let context = (&Settings::DEFAULT, &tables);
        let verdict = inspect(&SuperPacket(&bytes), &EGRESS, context, NOW);
        assert_eq!(verdict, Verdict::pass(Reason::Default));
        let counts: Vec<Count> = tables.counters().iter().map(|(_, count)| *count).collect();
        let bytes = bytes.len() as u64;
        assert_eq!(counts, [Count { packets: 5, bytes }]);
    }
}
