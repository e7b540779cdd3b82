// SPDX-License-Identifier: MIT
//! Connections under policy, and without room.

use super::*;
use crate::tables::Tables;

#[test]
fn where_there_is_no_room_nobody_is_lost_and_room_is_used_as_it_comes() {
    for talk in talks() {
        let mut host = Host::with(HostTables::new().flow_room(0));
        host.accepts(&talk, [99, 499]);
        let outward = Talk {
            peer: (talk.peer.0, 443),
            ..talk
        };
        host.connects(&outward, [99, 499]);
        let full = host.tables.state_counter(StateCounter::FlowsFull);
        for round in 0..10 {
            host.wait(host.settings.timeouts.half_open - 1);
            for talk in [&talk, &outward] {
                let ask = talk.peer_sends("PA", [100 + round, 500]).payload(b"?");
                let answer = talk.local_sends("PA", [500 + round, 101]).payload(b"!");
                assert_eq!(host.arrives(&ask), ESTABLISHED);
                assert_eq!(host.departs(&answer), ESTABLISHED);
            }
        }
        // Each is counted once.
        assert_eq!(full, 2);
        assert_eq!(host.tables.state_counters(), [(StateCounter::FlowsFull, 2)]);
        assert_eq!(host.tables.half_opens().len(), 2);
        host.tables = host.tables.flow_room(2);
        for talk in [&talk, &outward] {
            host.arrives(&talk.peer_sends("A", [110, 510]));
            let flow = flow(&host, talk);
            assert_eq!(
                (flow.ingress.packets, flow.egress.packets),
                match flow.origin {
                    0 => (2 + 10 + 1, 1 + 10),
                    _ => (1 + 10 + 1, 2 + 10),
                }
            );
        }
        assert!(host.tables.half_opens().is_empty());
        assert!(gauge(&host) <= host.now.0);
    }
}

#[test]
fn an_exempt_peer_is_never_charged_and_is_known_all_the_same() {
    for talk in talks() {
        let allowed = Prefix::new(talk.peer.0, 24);
        let mut host = Host::with(HostTables::new().allow(allowed, Allow::always(7)));
        host.settings.syn_host = Rate::per_second(1, 1);
        let exempt = Verdict::pass(Reason::Allowlist).by(7);
        for port in 1..500 {
            let talk = Talk {
                local: (talk.local.0, port),
                ..talk
            };
            assert_eq!(host.arrives(&talk.peer_sends("S", [99, 0])), exempt);
        }
        assert_eq!(host.arrives(&talk.peer_sends("A", [100, 500])), exempt);
        assert!(host.tables.sources().is_empty() && gauge(&host) == 0);
        host.accepts(&talk, [99, 499]);
        assert!(is_known(&host, &talk));
    }
}

#[test]
fn an_exempt_peer_makes_no_room_for_others_in_the_gauge() {
    for talk in talks() {
        let allowed = Prefix::new(talk.peer.0, 24);
        let host = Host::with(HostTables::new().allow(allowed, Allow::always(7)));
        let raised = host.now.0 + 1_000_000;
        let filled = host
            .tables
            .with_host_bucket(HostBucket::HalfOpen, |until| *until = raised);
        assert!(filled.is_some());
        host.accepts(&talk, [99, 499]);
        assert!(is_known(&host, &talk));
        assert_eq!(gauge(&host), raised);
    }
}

#[test]
fn who_is_barred_from_beginning_keeps_what_it_has() {
    for talk in talks() {
        let group = Ban {
            scopes: 1,
            ..Ban::NONE
        };
        let barred = Scope {
            expires_ns: Ban::NEVER,
            rule: 5,
            reserved: 0,
        };
        let mut host = Host::new();
        host.accepts(&talk, [99, 499]);
        host.tables = host
            .tables
            .ban(talk.peer.0, group)
            .scope_ban(ScopeKey::unsolicited(1), barred);
        assert_eq!(host.arrives(&talk.peer_sends("A", [100, 500])), ESTABLISHED);
        let other = Talk {
            peer: (talk.peer.0, 40_001),
            ..talk
        };
        let refused = Verdict::drop(Reason::BanUnsolicited).by(5);
        assert_eq!(host.arrives(&other.peer_sends("S", [99, 0])), refused);
        // And this side may begin with it.
        host.connects(&other, [99, 499]);
        assert!(is_known(&host, &other));
    }
}

#[test]
fn a_killed_connection_is_dropped_both_ways_until_it_is_forgotten() {
    for talk in talks() {
        let mut host = Host::new();
        host.accepts(&talk, [99, 499]);
        host.tables.kill(&talk.tuple(TCP));
        let killed = Verdict::drop(Reason::FlowKilled);
        assert_eq!(host.arrives(&talk.peer_sends("A", [100, 500])), killed);
        assert_eq!(host.departs(&talk.local_sends("A", [500, 100])), killed);
        host.wait(host.settings.timeouts.tcp_closing);
        host.accepts(&talk, [99, 499]);
        assert_eq!(state(&flow(&host, &talk)), State::Established);
    }
}

#[test]
fn a_new_policy_is_asked_once_and_does_not_end_a_connection() {
    for talk in talks() {
        let mut host = Host::new();
        host.accepts(&talk, [99, 499]);
        host.settings.generation += 1;
        for sequence in 100..103 {
            let data = talk.peer_sends("PA", [sequence, 500]).payload(b"x");
            assert_eq!(host.arrives(&data), ESTABLISHED);
        }
        let flow = flow(&host, &talk);
        assert_eq!(
            (flow.generation, flow.ingress.packets),
            (host.settings.generation, 5)
        );
    }
}
