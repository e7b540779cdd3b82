// SPDX-License-Identifier: MIT
//! Connections whose beginning was not seen, and who vouches for them.

use super::*;

const MIDDLE: [u32; 2] = [5_000, 9_000];

fn host_with(socket: Socket, talk: &Talk) -> Host {
    Host::with(HostTables::new().socket_of(talk.tuple(TCP), socket))
}

#[test]
fn a_connected_socket_vouches_and_the_connection_is_known_from_then_on() {
    for talk in talks() {
        let host = host_with(Socket::Connected, &talk);
        let data = talk.peer_sends("PA", MIDDLE).payload(b"more");
        assert_eq!(host.arrives(&data), PICKED_UP);
        assert_eq!(host.arrives(&data), ESTABLISHED);
        assert_eq!(flow(&host, &talk).origin, Origin::Unknown.code());
        let counters = [
            (StateCounter::FlowsAdded, 1),
            (StateCounter::SocketsAdopted, 1),
        ];
        assert_eq!(host.tables.state_counters(), counters);
        assert!(host.tables.sources().is_empty());
    }
}

#[test]
fn what_begins_or_ends_something_takes_no_connection_over() {
    for talk in talks() {
        for flags in ["SA", "R", "RA"] {
            let host = host_with(Socket::Connected, &talk);
            assert_eq!(host.arrives(&talk.peer_sends(flags, MIDDLE)), PICKED_UP);
            assert!(!is_known(&host, &talk), "{flags}");
        }
    }
}

#[test]
fn a_socket_that_is_not_connected_lets_by_and_proves_nothing() {
    for talk in talks() {
        for flags in ["A", "PA", "FA", "R", "SA"] {
            let host = host_with(Socket::Unproven, &talk);
            assert_eq!(host.arrives(&talk.peer_sends(flags, MIDDLE)), PICKED_UP);
            assert!(!is_known(&host, &talk) && host.tables.half_opens().is_empty());
        }
    }
}

#[test]
fn a_listener_vouches_for_its_cookie_only() {
    for talk in talks() {
        let tables = HostTables::new()
            .socket_of(talk.tuple(TCP), Socket::Listening)
            .cookie_of(talk.tuple(TCP), 9_000);
        let host = Host::with(tables);
        let wrong = talk.peer_sends("A", [5_000, 9_001]);
        assert_eq!(host.arrives(&wrong), OUT_OF_STATE);
        assert_eq!(host.arrives(&talk.peer_sends("A", MIDDLE)), PICKED_UP);
        assert!(is_known(&host, &talk));
        assert_eq!(host.tables.state_counter(StateCounter::CookiesValid), 1);
    }
}

#[test]
fn what_this_side_sends_is_believed_but_not_where_it_ends_something() {
    for talk in talks() {
        for (flags, verdict, answered) in [
            ("A", PICKED_UP, ESTABLISHED),
            ("PA", PICKED_UP, ESTABLISHED),
            ("R", BEGINS, OUT_OF_STATE),
            ("RA", BEGINS, OUT_OF_STATE),
            ("FA", BEGINS, OUT_OF_STATE),
        ] {
            let host = Host::new();
            assert_eq!(host.departs(&talk.local_sends(flags, MIDDLE)), verdict);
            let answer = talk.peer_sends("A", [9_000, 5_000]);
            assert_eq!(host.arrives(&answer), answered, "{flags}");
        }
    }
}

/// On a router with several ways out.
#[test]
fn a_connection_whose_syn_ack_took_another_way_is_known_by_the_data_of_this_side() {
    for talk in talks() {
        let host = Host::new();
        host.arrives(&talk.peer_sends("S", [99, 0]));
        let page = talk.local_sends("PA", [500, 100]).payload(b"page");
        assert_eq!(host.departs(&page), ESTABLISHED);
        let flow = flow(&host, &talk);
        assert_eq!((flow.ingress.next, flow.egress.next), (100, 504));
        let answer = talk.peer_sends("A", [100, 504]);
        assert_eq!(host.arrives(&answer), ESTABLISHED);
        assert_eq!(gauge(&host), host.now.0);
    }
}

#[test]
fn what_this_side_sends_is_believed_where_there_is_no_room_too() {
    for talk in talks() {
        let host = Host::with(HostTables::new().flow_room(0));
        assert_eq!(host.departs(&talk.local_sends("PA", MIDDLE)), PICKED_UP);
        for _ in 0..3 {
            let answer = talk.peer_sends("A", [9_000, 5_000]);
            assert_eq!(host.arrives(&answer), ESTABLISHED);
            assert_eq!(host.departs(&talk.local_sends("PA", MIDDLE)), ESTABLISHED);
        }
        assert_eq!(host.tables.state_counters(), [(StateCounter::FlowsFull, 1)]);
    }
}

/// In a grace period of a minute.
fn gracious() -> Host {
    let mut host = Host::new();
    host.settings.grace_until_ns = host.now.0 + 60 * SECOND;
    host
}

#[test]
fn in_the_grace_period_an_answer_proves_what_arrives() {
    for talk in talks() {
        let host = gracious();
        let data = talk.peer_sends("PA", MIDDLE).payload(b"?");
        assert_eq!(host.arrives(&data), PICKED_UP);
        assert!(!is_known(&host, &talk));
        let answer = talk.local_sends("A", [9_000, 5_001]);
        assert_eq!(host.departs(&answer), ESTABLISHED);
        let flow = flow(&host, &talk);
        assert_eq!((flow.ingress.packets, flow.egress.packets), (1, 1));
        assert_eq!((flow.ingress.next, flow.egress.next), (5_001, 9_000));
        assert_eq!(flow.origin, Origin::Unknown.code(), "nobody saw it begin");
        assert_eq!(gauge(&host), 0);
    }
}

#[test]
fn in_the_grace_period_what_departs_first_is_known_at_once() {
    for talk in talks() {
        let host = gracious();
        assert_eq!(host.departs(&talk.local_sends("PA", MIDDLE)), PICKED_UP);
        let answer = talk.peer_sends("A", [9_000, 5_000]);
        assert_eq!(host.arrives(&answer), ESTABLISHED);
        assert!(host.tables.half_opens().is_empty());
    }
}

/// Forged acknowledgements are answered with resets: those must not fill the table of flows.
#[test]
fn in_the_grace_period_a_reset_in_answer_proves_nothing() {
    for talk in talks() {
        let host = gracious();
        assert_eq!(host.arrives(&talk.peer_sends("A", MIDDLE)), PICKED_UP);
        let refusal = talk.local_sends("R", [9_000, 0]);
        assert_eq!(host.departs(&refusal), ESTABLISHED);
        assert!(host.tables.flows().is_empty() && host.tables.half_opens().is_empty());
        assert_eq!(gauge(&host), 0);
    }
}

#[test]
fn what_nobody_answered_in_the_grace_period_does_not_outlast_it() {
    for talk in talks() {
        let mut host = gracious();
        let data = talk.peer_sends("A", MIDDLE);
        assert_eq!(host.arrives(&data), PICKED_UP);
        let mut last = host.now.0;
        while host.arrives(&data) != OUT_OF_STATE {
            last = host.now.0;
            host.wait(SECOND);
        }
        let end = host.settings.grace_until_ns + host.settings.timeouts.half_open;
        assert!(last <= end, "{last}");
    }
}

#[test]
fn where_departing_packets_are_not_seen_nothing_is_dropped_for_its_state() {
    let flags = Settings::DEFAULT.flags;
    for flags in [flags.with(Flags::LOOSE), flags.without(Flags::CONN_TRACK)] {
        for talk in talks() {
            let mut host = Host::new();
            host.settings.flags = flags;
            for letters in ["A", "PA", "FA", "R", "SA"] {
                let verdict = host.arrives(&talk.peer_sends(letters, MIDDLE));
                assert_eq!(verdict, Verdict::pass(Reason::Untracked), "{letters}");
            }
            // Connections are known all the same.
            host.accepts(&talk, [99, 499]);
            assert!(is_known(&host, &talk));
        }
    }
}
