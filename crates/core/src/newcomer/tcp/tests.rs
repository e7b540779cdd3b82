// SPDX-License-Identifier: MIT
//! Stories of connections, from the first SYN on.

mod forged;
mod picked_up;
mod policy;

use crate::conntrack::{State, state};
use crate::emit::Frame;
use crate::model::{Host, HostTables, Prefix, Talk};
use crate::tables::Socket;
use crate::verdict::Verdict;
use aegis_abi::{
    Allow, Ban, Flags, Flow, HostBucket, Origin, Rate, Reason, Scope, ScopeKey, Settings,
    StateCounter,
};

const TCP: u8 = 6;
const SECOND: u64 = 1_000_000_000;
const ESTABLISHED: Verdict = Verdict::pass(Reason::Established);
const BEGINS: Verdict = Verdict::pass(Reason::Default);
const PICKED_UP: Verdict = Verdict::pass(Reason::PickedUp);
const OUT_OF_STATE: Verdict = Verdict::drop(Reason::TcpOutOfState);

/// A peer at a high port and a service here, in both families.
fn talks() -> [Talk; 2] {
    [
        ("198.51.100.7", "192.0.2.1"),
        ("2001:db8:7::7", "2001:db8:1::1"),
    ]
    .map(|(peer, local)| Talk {
        peer: (peer.parse().unwrap(), 40_000),
        local: (local.parse().unwrap(), 80),
    })
}

fn flow(host: &Host, talk: &Talk) -> Flow {
    host.tables.flow(&talk.tuple(TCP)).expect("it is proven")
}

fn is_known(host: &Host, talk: &Talk) -> bool {
    host.tables.flow(&talk.tuple(TCP)).is_some()
}

fn gauge(host: &Host) -> u64 {
    host.tables.host_bucket(HostBucket::HalfOpen)
}

#[test]
fn a_peer_that_connects_is_known_once_it_acknowledges_our_number() {
    for talk in talks() {
        let host = Host::new();
        assert_eq!(host.arrives(&talk.peer_sends("S", [99, 0])), BEGINS);
        let answer = talk.local_sends("SA", [499, 100]);
        assert_eq!(host.departs(&answer), ESTABLISHED);
        assert!(!is_known(&host, &talk) && gauge(&host) > host.now.0);
        let proof = talk.peer_sends("A", [100, 500]);
        assert_eq!(host.arrives(&proof), ESTABLISHED);
        let flow = flow(&host, &talk);
        assert_eq!(flow.origin, Origin::Peer.code());
        assert_eq!((flow.ingress.packets, flow.egress.packets), (2, 1));
        assert_eq!((flow.ingress.next, flow.egress.next), (100, 500));
        // Nothing is half-open any more, and the gauge shows it.
        assert!(host.tables.half_opens().is_empty());
        assert_eq!(gauge(&host), host.now.0);
        assert_eq!(
            host.tables.state_counters(),
            [(StateCounter::FlowsAdded, 1)]
        );
        // Its port was tried and answered: no probe.
        assert_eq!(host.tables.sources()[0].tried, 0);
    }
}

#[test]
fn whom_this_side_connects_to_is_known_once_it_acknowledges_our_number() {
    for talk in talks() {
        let host = Host::new();
        assert_eq!(host.departs(&talk.local_sends("S", [499, 0])), BEGINS);
        let answer = talk.peer_sends("SA", [99, 500]);
        assert_eq!(host.arrives(&answer), ESTABLISHED);
        assert_eq!(flow(&host, &talk).origin, Origin::Local.code());
        let acknowledgement = talk.local_sends("A", [500, 100]);
        assert_eq!(host.departs(&acknowledgement), ESTABLISHED);
        let flow = flow(&host, &talk);
        assert_eq!((flow.ingress.packets, flow.egress.packets), (1, 2));
        assert!(host.tables.half_opens().is_empty());
        // Nobody is charged for an answer.
        assert!(host.tables.sources().is_empty() && gauge(&host) == 0);
    }
}

#[test]
fn data_passes_both_ways_until_the_connection_has_been_silent_for_too_long() {
    for talk in talks() {
        let mut host = Host::new();
        host.accepts(&talk, [99, 499]);
        let timeout = host.settings.timeouts.tcp_established;
        for round in 0..4 {
            host.wait(timeout - 1);
            let sequence = 100 + round * 10;
            let ask = talk.peer_sends("PA", [sequence, 500]).payload(&[1; 10]);
            assert_eq!(host.arrives(&ask), ESTABLISHED);
        }
        host.wait(timeout);
        assert_eq!(
            host.arrives(&talk.peer_sends("PA", [140, 500])),
            OUT_OF_STATE
        );
    }
}

#[test]
fn a_syn_that_is_repeated_and_a_syn_ack_that_is_repeated_prove_as_well() {
    for talk in talks() {
        let mut host = Host::new();
        for pause in [1, 2, 4, 8] {
            assert_eq!(host.arrives(&talk.peer_sends("S", [99, 0])), BEGINS);
            host.wait(pause * SECOND);
        }
        for pause in [1, 2, 4, 8, 16] {
            let answer = talk.local_sends("SA", [499, 100]);
            assert_eq!(host.departs(&answer), ESTABLISHED);
            host.wait(pause * SECOND);
        }
        host.arrives(&talk.peer_sends("A", [100, 500]));
        assert!(is_known(&host, &talk));
        assert_eq!(host.tables.sources()[0].tried, 0);
    }
}

/// The acknowledgement was seen here and lost behind: a full accept queue drops it.
#[test]
fn a_syn_ack_that_is_repeated_after_the_proof_does_not_begin_anew() {
    for talk in talks() {
        let host = Host::new();
        host.accepts(&talk, [99, 499]);
        let first = flow(&host, &talk).first_ns;
        let again = talk.local_sends("SA", [499, 100]);
        assert_eq!(host.departs(&again), ESTABLISHED);
        let data = talk.peer_sends("PA", [100, 500]).payload(b"more");
        assert_eq!(host.arrives(&data), ESTABLISHED);
        let flow = flow(&host, &talk);
        assert_eq!((flow.first_ns, flow.egress.packets), (first, 2));
        assert_eq!(state(&flow), State::Established);
    }
}

/// Our acknowledgement was lost on the way. On a router no socket could vouch for the repetition,
/// and without an answer to it the peer would give up.
#[test]
fn a_syn_ack_that_the_peer_repeats_after_the_proof_belongs_to_the_connection() {
    for talk in talks() {
        let host = Host::new();
        host.connects(&talk, [99, 499]);
        let again = talk.peer_sends("SA", [99, 500]);
        assert_eq!(host.arrives(&again), ESTABLISHED);
        let flow = flow(&host, &talk);
        assert_eq!(flow.origin, Origin::Local.code());
        assert_eq!((flow.ingress.packets, flow.egress.packets), (2, 2));
        assert_eq!(
            host.tables.state_counters(),
            [(StateCounter::FlowsAdded, 1)]
        );
    }
}

/// RFC 9293 section 3.5, figure 8.
#[test]
fn both_sides_may_open_at_once() {
    for talk in talks() {
        let host = Host::new();
        assert_eq!(host.departs(&talk.local_sends("S", [499, 0])), BEGINS);
        assert_eq!(host.arrives(&talk.peer_sends("S", [99, 0])), BEGINS);
        let mine = talk.local_sends("SA", [499, 100]);
        let theirs = talk.peer_sends("SA", [99, 500]);
        assert_eq!(host.departs(&mine), ESTABLISHED);
        assert_eq!(host.arrives(&theirs), ESTABLISHED);
        assert!(is_known(&host, &talk));
        assert!(host.tables.half_opens().is_empty());
        assert_eq!(gauge(&host), host.now.0);
        // And again, as nobody knows what has arrived.
        let first = flow(&host, &talk).first_ns;
        assert_eq!(host.arrives(&theirs), ESTABLISHED);
        assert_eq!(host.departs(&mine), ESTABLISHED);
        assert_eq!(flow(&host, &talk).first_ns, first);
        assert_eq!(state(&flow(&host, &talk)), State::Established);
    }
}

#[test]
fn both_sides_may_open_at_once_and_answer_in_the_other_order() {
    for talk in talks() {
        let host = Host::new();
        host.arrives(&talk.peer_sends("S", [99, 0]));
        host.departs(&talk.local_sends("S", [499, 0]));
        assert_eq!(host.arrives(&talk.peer_sends("SA", [99, 500])), ESTABLISHED);
        assert_eq!(
            host.departs(&talk.local_sends("SA", [499, 100])),
            ESTABLISHED
        );
        assert!(is_known(&host, &talk));
        let data = talk.peer_sends("A", [100, 500]);
        assert_eq!(host.arrives(&data), ESTABLISHED);
    }
}

#[test]
fn a_port_that_is_closed_ends_the_attempt_and_lowers_the_gauge() {
    for talk in talks() {
        let host = Host::new();
        host.arrives(&talk.peer_sends("S", [99, 0]));
        let refusal = talk.local_sends("RA", [0, 100]);
        assert_eq!(host.departs(&refusal), ESTABLISHED);
        assert!(host.tables.half_opens().is_empty());
        assert_eq!(gauge(&host), host.now.0);
        // It stays tried.
        assert_eq!(host.tables.sources()[0].tried, 1);
    }
}

#[test]
fn a_peer_that_refuses_must_acknowledge_our_syn() {
    for talk in talks() {
        let host = Host::new();
        host.departs(&talk.local_sends("S", [499, 0]));
        for forged in ["R", "RA"] {
            let reset = talk.peer_sends(forged, [0, 499]);
            assert_eq!(host.arrives(&reset), OUT_OF_STATE);
        }
        assert_eq!(host.arrives(&talk.peer_sends("RA", [0, 500])), ESTABLISHED);
        assert!(host.tables.half_opens().is_empty());
    }
}

#[test]
fn a_reset_ends_the_attempt_at_every_stage() {
    for talk in talks() {
        let host = Host::new();
        host.arrives(&talk.peer_sends("S", [99, 0]));
        assert_eq!(host.arrives(&talk.peer_sends("R", [100, 0])), ESTABLISHED);
        assert!(host.tables.half_opens().is_empty());
        host.arrives(&talk.peer_sends("S", [99, 0]));
        host.departs(&talk.local_sends("SA", [499, 100]));
        assert_eq!(host.arrives(&talk.peer_sends("R", [100, 0])), ESTABLISHED);
        assert!(host.tables.half_opens().is_empty());
        assert_eq!(gauge(&host), host.now.0);
        host.accepts(&talk, [99, 499]);
        host.arrives(&talk.peer_sends("R", [100, 0]));
        assert_eq!(state(&flow(&host, &talk)), State::Reset);
    }
}

/// RFC 7413: the SYN carries data, and this side may answer with data at once.
#[test]
fn a_syn_with_data_may_be_acknowledged_with_it_or_without() {
    for talk in talks() {
        for acknowledged in [100, 105] {
            let host = Host::new();
            let syn = talk.peer_sends("S", [99, 0]).payload(b"early");
            assert_eq!(host.arrives(&syn), BEGINS);
            host.departs(&talk.local_sends("SA", [499, acknowledged]));
            let page = talk.local_sends("PA", [500, acknowledged]).payload(b"page");
            assert_eq!(host.departs(&page), ESTABLISHED);
            assert!(is_known(&host, &talk) && gauge(&host) == host.now.0);
            let all = talk.peer_sends("A", [acknowledged, 504]);
            assert_eq!(host.arrives(&all), ESTABLISHED);
            assert_eq!(flow(&host, &talk).origin, Origin::Peer.code());

            let host = Host::new();
            host.departs(&talk.local_sends("S", [99, 0]).payload(b"early"));
            let answer = talk.peer_sends("SA", [499, acknowledged]);
            assert_eq!(host.arrives(&answer), ESTABLISHED);
            assert!(is_known(&host, &talk));

            let host = Host::new();
            host.departs(&talk.local_sends("S", [99, 0]).payload(b"early"));
            let refusal = talk.peer_sends("RA", [0, acknowledged]);
            assert_eq!(host.arrives(&refusal), ESTABLISHED);
            assert!(host.tables.half_opens().is_empty());
        }
    }
}

/// RFC 6191: the old connection has ended in whatever way, and its ends are used again.
#[test]
fn a_new_connection_takes_the_place_of_one_that_is_over() {
    let over: [fn(&Host, &Talk); 4] = [
        |host, talk| {
            host.arrives(&talk.peer_sends("R", [100, 0]));
        },
        |host, talk| {
            host.departs(&talk.local_sends("R", [500, 0]));
        },
        |host, talk| {
            host.arrives(&talk.peer_sends("FA", [100, 500]));
            host.departs(&talk.local_sends("FA", [500, 101]));
            host.arrives(&talk.peer_sends("A", [101, 501]));
            assert_eq!(state(&flow(host, talk)), State::TimeWait);
        },
        // This side forgot it without a word.
        |_, _| (),
    ];
    for talk in talks() {
        for end in over {
            for again in [Host::accepts, Host::connects] {
                let mut host = Host::new();
                host.accepts(&talk, [99, 499]);
                end(&host, &talk);
                host.wait(SECOND);
                again(&host, &talk, [5_000_099, 5_000_499]);
                let flow = flow(&host, &talk);
                assert_eq!(state(&flow), State::Established);
                assert_eq!(flow.first_ns, host.now.0);
                assert_eq!(flow.ingress.packets + flow.egress.packets, 3);
                assert_eq!(
                    (flow.ingress.next, flow.egress.next),
                    (5_000_100, 5_000_500)
                );
                assert!(host.tables.half_opens().is_empty());
                assert!(gauge(&host) <= host.now.0);
            }
        }
    }
}

#[test]
fn what_is_under_way_after_a_reset_passes_and_does_not_keep_it_known() {
    for talk in talks() {
        let mut host = Host::new();
        host.accepts(&talk, [99, 499]);
        host.departs(&talk.local_sends("R", [500, 0]));
        let late = talk.peer_sends("PA", [100, 500]).payload(b"late");
        let closing = host.settings.timeouts.tcp_closing;
        assert_eq!(host.arrives(&late), ESTABLISHED);
        host.wait(closing - 1);
        assert_eq!(host.arrives(&late), ESTABLISHED);
        host.wait(1);
        assert_eq!(host.arrives(&late), OUT_OF_STATE);
    }
}

#[test]
fn a_reset_that_this_side_did_not_believe_is_taken_back_by_what_it_sends() {
    for talk in talks() {
        let mut host = Host::new();
        host.accepts(&talk, [99, 499]);
        host.arrives(&talk.peer_sends("R", [100, 0]));
        assert_eq!(state(&flow(&host, &talk)), State::Reset);
        host.wait(2 * SECOND);
        let data = talk.local_sends("PA", [500, 100]).payload(b"alive");
        assert_eq!(host.departs(&data), PICKED_UP);
        assert_eq!(state(&flow(&host, &talk)), State::Established);
    }
}
