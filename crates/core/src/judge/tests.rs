// SPDX-License-Identifier: MIT
//! The order of judgement, through the whole path: a frame in, a verdict and exactly one counter
//! out.

mod bans;
mod infrastructure;

use crate::action::action_of;
use crate::emit::Frame;
use crate::model::{HostTables, Prefix};
use crate::verdict::Verdict;
use crate::{Nanos, Site, inspect, triage};
use aegis_abi::{
    Action, Allow, Ban, Count, CounterSlot, Event, Family, Flags, Hook, Link, Rate, Reason, Scope,
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

/// The second leg fills what it tells of in memory that the packet before it has left.
#[test]
fn an_event_says_all_of_its_packet_and_nothing_of_the_one_before() {
    let [v4, v6] = PAIRS;
    let tables = HostTables::new().ban(ip(v4.0), forever(3));
    let other = between(("198.51.100.8", v4.1));
    judged(&other.tcp(40_000, 80, "S"), &INGRESS, &tables);
    judged(&between(v4).hop_limit(9).tcp(7, 8, "FA"), &INGRESS, &tables);
    let whole = between(v6).tcp(40_000, 80, "S").bytes();
    let context = (&Settings::DEFAULT, &tables);
    inspect(&&whole[..30], &INGRESS, context, NOW);
    let common = Event {
        time_ns: NOW.0,
        interface: INGRESS.interface,
        action: Action::Drop.code(),
        hook: Hook::XdpIngress.code(),
        ..Event::EMPTY
    };
    let mut addresses = [[0; 16]; 2];
    addresses[0][..4].copy_from_slice(&[198, 51, 100, 7]);
    addresses[1][..4].copy_from_slice(&[192, 0, 2, 1]);
    let banned = Event {
        source: addresses[0],
        destination: addresses[1],
        length: 40,
        rule: 3,
        source_port: 7,
        destination_port: 8,
        tcp_flags: 0x11,
        protocol: 6,
        hop_limit: 9,
        reason: Reason::BanAddress.code(),
        family: Family::V4.code(),
        ..common
    };
    let cut_short = Event {
        length: 30,
        reason: Reason::Ipv6Truncated.code(),
        family: Family::V6.code(),
        ..common
    };
    assert_eq!(tables.take_events(), [banned, cut_short]);
}

#[test]
fn an_event_without_a_second_leg_is_lost_and_the_packet_dropped() {
    let pair = PAIRS[0];
    let tables = HostTables::new().ban(ip(pair.0), forever(3));
    let bytes = between(pair).tcp(7, 8, "A").bytes();
    let leg = triage(
        &bytes.as_slice(),
        &INGRESS,
        (&Settings::DEFAULT, &tables),
        NOW,
    );
    assert_eq!((leg.verdict().action, leg.goes_on), (Action::Drop, true));
    leg.cut_short(INGRESS.hook, &tables);
    let lost: Vec<u64> = tables
        .event_counters()
        .iter()
        .map(|(_, count)| count.lost)
        .collect();
    assert_eq!(lost, [1]);
}

#[test]
fn without_policy_ordinary_traffic_passes() {
    for (pair, echo_request) in PAIRS.into_iter().zip([8, 128]) {
        for frame in [
            between(pair).tcp(40_000, 80, "S"),
            between(pair).udp(40_000, 53),
            between(pair).echo(echo_request, 7, 1),
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
        }
        // What arrives is still of no connection; what departs is this side's own.
        for (site, reason) in [(INGRESS, Reason::Untracked), (EGRESS, Reason::Default)] {
            let verdict = judged_by(&frame, &site, &tolerant, &tables);
            assert_eq!(verdict, Verdict::pass(reason));
        }
    }
}

/// The modules are switches of their own: what one lets by, the next one still judges.
#[test]
fn an_anomaly_without_its_module_is_out_of_state() {
    let settings = Settings {
        flags: Settings::DEFAULT.flags.without(Flags::SCAN_DETECT),
        ..Settings::DEFAULT
    };
    for pair in PAIRS {
        for flags in ["FPU", "", "F", "P"] {
            let frame = between(pair).tcp(1, 2, flags);
            let verdict = judged_by(&frame, &INGRESS, &settings, &HostTables::new());
            assert_eq!(verdict, Verdict::drop(Reason::TcpOutOfState), "{flags}");
        }
    }
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
        assert_eq!(verdict, Verdict::pass(Reason::PickedUp));
        assert_eq!(tables.flows()[0].1.egress.packets, 5);
        let counts: Vec<Count> = tables.counters().iter().map(|(_, count)| *count).collect();
        let bytes = bytes.len() as u64;
        assert_eq!(counts, [Count { packets: 5, bytes }]);
    }
}
