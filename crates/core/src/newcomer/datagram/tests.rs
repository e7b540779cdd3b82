// SPDX-License-Identifier: MIT
//! Who is answered has an exchange.

use super::*;
use crate::model::{Host, HostTables, Prefix, Talk};
use crate::tables::Socket;
use aegis_abi::{Allow, Rate, StateCounter};

const UDP: u8 = 17;
const ESTABLISHED: Verdict = Verdict::pass(Reason::Established);
const BEGINS: Verdict = Verdict::pass(Reason::Default);
const AMPLIFICATION: Verdict = Verdict::drop(Reason::Amplification);

/// A peer's port and one of this side's, in both families.
fn talks(peer_port: u16, local_port: u16) -> [Talk; 2] {
    let pairs = [
        ("198.51.100.7", "192.0.2.1"),
        ("2001:db8:7::7", "2001:db8:1::1"),
    ];
    pairs.map(|(peer, local)| Talk {
        peer: (peer.parse().unwrap(), peer_port),
        local: (local.parse().unwrap(), local_port),
    })
}

fn tried(host: &Host) -> u16 {
    host.tables
        .sources()
        .first()
        .map_or(0, |source| source.tried)
}

#[test]
fn an_answer_to_a_question_of_ours_passes_and_no_other_does() {
    for talk in talks(53, 40_000) {
        let mut host = Host::new();
        assert_eq!(host.departs(&talk.local_says()), BEGINS);
        assert_eq!(host.arrives(&talk.peer_says()), ESTABLISHED);
        for (peer_port, local_port) in [(53, 40_001), (123, 40_000)] {
            let other = Talk {
                peer: (talk.peer.0, peer_port),
                local: (talk.local.0, local_port),
            };
            assert_eq!(host.arrives(&other.peer_says()), AMPLIFICATION);
        }
        host.wait(host.settings.timeouts.half_open);
        assert_eq!(host.arrives(&talk.peer_says()), AMPLIFICATION);
        assert!(host.tables.sources().is_empty());
    }
}

/// Twenty thousand questions a second, each answered after a tenth of one: hardly any answer finds
/// that its question had to give way (four newer ones in the same line: 8 in a million).
#[test]
fn not_one_answer_in_ten_thousand_is_lost_though_this_side_asks_twenty_thousand_a_second() {
    let [talk, _] = talks(53, 0);
    let mut host = Host::new();
    let mut asked = std::collections::VecDeque::new();
    let mut lost = 0;
    for question in 0..60_000_u32 {
        host.wait(50_000);
        let server = u8::try_from(question % 251).unwrap();
        let talk = Talk {
            peer: ([203, 0, 113, server].into(), 53),
            local: (
                talk.local.0,
                1_024 + (question.wrapping_mul(40_503) % 64_000) as u16,
            ),
        };
        host.departs(&talk.local_says());
        asked.push_back(talk);
        if asked.len() == 2_000 {
            let answer = asked.pop_front().unwrap();
            lost += u32::from(host.arrives(&answer.peer_says()) != ESTABLISHED);
        }
    }
    assert!(lost < 6, "{lost} of 58,000");
}

#[test]
fn a_peer_that_asks_counts_a_port_once_and_is_pardoned_when_it_is_answered() {
    for talk in talks(40_000, 53) {
        let host = Host::new();
        for _ in 0..3 {
            assert_eq!(host.arrives(&talk.peer_says()), BEGINS);
        }
        assert_eq!(tried(&host), 1);
        assert_eq!(host.departs(&talk.local_says()), ESTABLISHED);
        assert_eq!(tried(&host), 0);
        assert_eq!(host.arrives(&talk.peer_says()), ESTABLISHED);
    }
}

#[test]
fn an_exchange_is_worth_a_flow_once_it_goes_on() {
    for talk in talks(40_000, 4_433) {
        let host = Host::new();
        host.arrives(&talk.peer_says());
        host.departs(&talk.local_says());
        for more in 2..=half::DATAGRAMS {
            assert!(host.tables.flows().is_empty(), "{more}");
            assert_eq!(host.arrives(&talk.peer_says()), ESTABLISHED);
        }
        assert!(host.tables.flows().is_empty());
        assert_eq!(host.arrives(&talk.peer_says()), ESTABLISHED);
        let flow = host.tables.flow(&talk.tuple(UDP)).unwrap();
        assert_eq!(flow.ingress.packets, u64::from(half::DATAGRAMS) + 1);
        assert_eq!(flow.egress.packets, 1);
        assert_eq!(flow.origin, Origin::Peer.code());
        assert!(host.tables.half_opens().is_empty());
        assert_eq!(host.departs(&talk.local_says()), ESTABLISHED);
    }
}

#[test]
fn an_exchange_without_room_goes_on_and_is_counted_once() {
    for talk in talks(40_000, 4_433) {
        let mut host = Host::with(HostTables::new().flow_room(0));
        host.departs(&talk.local_says());
        for _ in 0..30 {
            host.wait(host.settings.timeouts.half_open - 1);
            assert_eq!(host.arrives(&talk.peer_says()), ESTABLISHED);
        }
        assert_eq!(host.tables.state_counters(), [(StateCounter::FlowsFull, 1)]);
        host.tables = host.tables.flow_room(1);
        host.arrives(&talk.peer_says());
        assert_eq!(host.tables.flows().len(), 1);
    }
}

/// One datagram that arrived must not open a door for the next ones.
#[test]
fn a_peer_that_nobody_answers_never_becomes_known() {
    for talk in talks(40_000, 9_999) {
        let host = Host::new();
        for _ in 0..100 {
            assert_eq!(host.arrives(&talk.peer_says()), BEGINS);
        }
        assert!(host.tables.flows().is_empty());
        assert_eq!(host.tables.sources()[0].packets, 100);
    }
}

#[test]
fn answers_of_amplifiers_that_nobody_asked_for_are_dropped_at_client_ports_only() {
    for (peer_port, local_port, verdict) in [
        (53, 40_000, AMPLIFICATION),
        (123, 40_000, AMPLIFICATION),
        (1_900, 1_024, AMPLIFICATION),
        (11_211, 65_535, AMPLIFICATION),
        // Servers talk to servers, and to each other's own port.
        (53, 53, BEGINS),
        (123, 123, BEGINS),
        (1_900, 1_900, BEGINS),
        (53, 1_023, BEGINS),
        (443, 40_000, BEGINS),
    ] {
        for talk in talks(peer_port, local_port) {
            assert_eq!(Host::new().arrives(&talk.peer_says()), verdict, "{talk:?}");
            let mut host = Host::new();
            host.settings.flags = host.settings.flags.without(Flags::THREATS);
            assert_eq!(host.arrives(&talk.peer_says()), BEGINS);
        }
    }
}

/// SSDP and WS-Discovery ask a group, and each of its members answers for itself.
#[test]
fn whoever_answers_a_question_to_a_group_amplifies_nothing() {
    for (member, here, group) in [
        ("192.0.2.7", "192.0.2.1", "239.255.255.250"),
        ("fe80::7", "fe80::1", "ff02::c"),
    ] {
        let to = |peer: &str| Talk {
            peer: (peer.parse().unwrap(), 1_900),
            local: (here.parse().unwrap(), 40_000),
        };
        let mut host = Host::new();
        host.departs(&to(group).local_says());
        assert_eq!(host.arrives(&to(member).peer_says()), BEGINS);
        let elsewhere = Talk {
            local: (here.parse().unwrap(), 40_001),
            ..to(member)
        };
        assert_eq!(host.arrives(&elsewhere.peer_says()), AMPLIFICATION);
        host.wait(host.settings.timeouts.half_open);
        assert_eq!(host.arrives(&to(member).peer_says()), AMPLIFICATION);
    }
}

#[test]
fn where_departing_packets_are_not_seen_a_socket_that_waits_decides() {
    for talk in talks(53, 40_000) {
        let mut host = Host::new();
        host.settings.flags = host.settings.flags.with(Flags::LOOSE);
        assert_eq!(host.arrives(&talk.peer_says()), AMPLIFICATION);
        let waiting = HostTables::new().socket_of(talk.tuple(UDP), Socket::Connected);
        host.tables = waiting;
        assert_eq!(host.arrives(&talk.peer_says()), BEGINS);
    }
}

#[test]
fn an_exempt_peer_may_amplify_and_flood() {
    for talk in talks(53, 40_000) {
        let allowed = Prefix::new(talk.peer.0, 32);
        let mut host = Host::with(HostTables::new().allow(allowed, Allow::always(3)));
        host.settings.udp_source = Rate::per_second(1, 1);
        host.settings.udp_host = Rate::per_second(1, 1);
        for _ in 0..100 {
            let verdict = host.arrives(&talk.peer_says());
            assert_eq!(verdict, Verdict::pass(Reason::Allowlist).by(3));
        }
        assert!(host.tables.sources().is_empty());
    }
}

#[test]
fn what_goes_to_a_group_or_to_everybody_is_nobodys_probe() {
    for (from, to) in [
        ("192.0.2.7", "224.0.0.251"),
        ("192.0.2.7", "239.255.255.250"),
        ("192.0.2.7", "255.255.255.255"),
        ("2001:db8::7", "ff02::fb"),
    ] {
        let host = Host::new();
        for port in 1..=200 {
            let talk = Talk {
                peer: (from.parse().unwrap(), 5_353),
                local: (to.parse().unwrap(), port),
            };
            assert_eq!(host.arrives(&talk.peer_says()), BEGINS);
        }
        assert!(host.tables.sources().is_empty() && host.tables.half_opens().is_empty());
    }
}

#[test]
fn a_source_and_all_sources_together_have_their_rates() {
    for talk in talks(40_000, 9_999) {
        let mut host = Host::new();
        host.settings.udp_source = Rate::per_second(1, 3);
        host.settings.udp_host = Rate::per_second(1, 5);
        let from = |port, host: &Host| {
            let talk = Talk {
                peer: (talk.peer.0, port),
                ..talk
            };
            host.arrives(&talk.peer_says()).reason
        };
        let reasons = [1, 1, 2, 2].map(|port| from(port, &host));
        assert_eq!(reasons[..3], [Reason::Default; 3]);
        assert_eq!(reasons[3], Reason::UdpRate);
        let stranger = |last: u8| {
            let peer = match talk.peer.0 {
                std::net::IpAddr::V4(_) => [203, 0, 113, last].into(),
                std::net::IpAddr::V6(_) => [0x2001, 0xdb8, 9, u16::from(last), 0, 0, 0, 1].into(),
            };
            let talk = Talk {
                peer: (peer, 40_000),
                ..talk
            };
            host.arrives(&talk.peer_says()).reason
        };
        assert_eq!([1, 2].map(stranger), [Reason::Default; 2]);
        assert_eq!(stranger(3), Reason::UdpHostRate);
    }
}

/// SCTP, DCCP and UDP-Lite have ports and are followed as exchanges; nobody amplifies with them.
#[test]
fn sctp_is_an_exchange_too() {
    for talk in talks(53, 40_000) {
        let host = Host::new();
        let question = talk.departing().sctp(40_000, 53);
        let answer = talk.arriving().sctp(53, 40_000);
        assert_eq!(host.arrives(&answer), BEGINS);
        assert_eq!(host.departs(&question), ESTABLISHED);
        assert_eq!(host.arrives(&answer), ESTABLISHED);
    }
}
