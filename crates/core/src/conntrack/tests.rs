// SPDX-License-Identifier: MIT
//! Every edge of the graph, and what strangers would like to be one.

use super::*;
use aegis_abi::flow::mark::{FIN, FIN_ACKNOWLEDGED, RESET};

const NOW: Nanos = Nanos(50_000_000_000);
const SIZE: Count = Count {
    packets: 1,
    bytes: 60,
};
const A: TcpFlags = TcpFlags::ACK;
const FA: TcpFlags = TcpFlags::ACK.with(TcpFlags::FIN);
const R: TcpFlags = TcpFlags::RST;

/// A connection in which the peer comes to `peer` and this side to `local`, everything
/// acknowledged.
fn open(peer: u32, local: u32) -> Flow {
    let side = |next, acknowledged| Side {
        last_ns: NOW.0,
        next,
        acknowledged,
        marks: mark::SEQUENCE | mark::ACKNOWLEDGEMENT,
        ..Side::default()
    };
    Flow {
        ingress: side(peer, local),
        egress: side(local, peer),
        ..Flow::default()
    }
}

fn segment(flags: TcpFlags, [sequence, acknowledgement]: [u32; 2], payload: u32) -> Segment {
    let numbers = Numbers {
        sequence,
        acknowledgement,
        payload,
    };
    Segment { flags, numbers }
}

fn arrives(flow: &mut Flow, flags: TcpFlags, numbers: [u32; 2], payload: u32) -> State {
    let segment = segment(flags, numbers, payload);
    record(flow, Hook::XdpIngress, segment, SIZE, NOW);
    state(flow)
}

fn departs(flow: &mut Flow, flags: TcpFlags, numbers: [u32; 2], payload: u32) -> State {
    let segment = segment(flags, numbers, payload);
    record(flow, Hook::TcEgress, segment, SIZE, NOW);
    state(flow)
}

#[test]
fn a_connection_that_the_peer_closes_goes_through_every_state() {
    let mut flow = open(1_000, 9_000);
    assert_eq!(state(&flow), State::Established);
    assert_eq!(arrives(&mut flow, FA, [1_000, 9_000], 0), State::HalfClosed);
    assert_eq!(departs(&mut flow, A, [9_000, 1_001], 0), State::HalfClosed);
    assert_eq!(departs(&mut flow, FA, [9_000, 1_001], 0), State::Closing);
    assert_eq!(arrives(&mut flow, A, [1_001, 9_001], 0), State::TimeWait);
}

#[test]
fn a_connection_that_this_side_closes_goes_through_every_state() {
    let mut flow = open(1_000, 9_000);
    assert_eq!(departs(&mut flow, FA, [9_000, 1_000], 0), State::HalfClosed);
    assert_eq!(arrives(&mut flow, FA, [1_000, 9_001], 0), State::Closing);
    assert_eq!(departs(&mut flow, A, [9_001, 1_001], 0), State::TimeWait);
}

#[test]
fn both_may_close_at_once() {
    let mut flow = open(1_000, 9_000);
    departs(&mut flow, FA, [9_000, 1_000], 0);
    assert_eq!(arrives(&mut flow, FA, [1_000, 9_000], 0), State::Closing);
    assert_eq!(departs(&mut flow, A, [9_001, 1_001], 0), State::Closing);
    assert_eq!(arrives(&mut flow, A, [1_001, 9_001], 0), State::TimeWait);
}

#[test]
fn a_fin_may_carry_data_and_be_acknowledged_by_another_fin() {
    let mut flow = open(1_000, 9_000);
    arrives(&mut flow, FA, [1_000, 9_000], 500);
    assert_eq!(flow.ingress.next, 1_501);
    assert_eq!(departs(&mut flow, FA, [9_000, 1_501], 100), State::Closing);
    assert_eq!(arrives(&mut flow, A, [1_501, 9_101], 0), State::TimeWait);
}

#[test]
fn half_closed_the_other_side_goes_on_for_as_long_as_it_likes() {
    let mut flow = open(1_000, 9_000);
    arrives(&mut flow, FA, [1_000, 9_000], 0);
    let mut sent = 9_000;
    for _ in 0..1_000 {
        assert_eq!(
            departs(&mut flow, A, [sent, 1_001], 60_000),
            State::HalfClosed
        );
        sent += 60_000;
        arrives(&mut flow, A, [1_001, sent], 0);
    }
    departs(&mut flow, FA, [sent, 1_001], 0);
    assert_eq!(arrives(&mut flow, A, [1_001, sent + 1], 0), State::TimeWait);
}

#[test]
fn a_fin_that_is_repeated_changes_nothing() {
    let mut flow = open(1_000, 9_000);
    for _ in 0..3 {
        assert_eq!(arrives(&mut flow, FA, [1_000, 9_000], 0), State::HalfClosed);
    }
    departs(&mut flow, FA, [9_000, 1_001], 0);
    arrives(&mut flow, A, [1_001, 9_001], 0);
    assert_eq!(arrives(&mut flow, FA, [1_000, 9_001], 0), State::TimeWait);
    assert_eq!(departs(&mut flow, A, [9_001, 1_001], 0), State::TimeWait);
}

#[test]
fn a_reset_that_hits_the_next_octet_ends_any_state() {
    let states: [fn(&mut Flow); 4] = [
        |_| (),
        |flow| {
            arrives(flow, FA, [1_000, 9_000], 0);
        },
        |flow| {
            arrives(flow, FA, [1_000, 9_000], 0);
            departs(flow, FA, [9_000, 1_001], 0);
        },
        |flow| {
            arrives(flow, FA, [1_000, 9_000], 0);
            departs(flow, FA, [9_000, 1_001], 0);
            arrives(flow, A, [1_001, 9_001], 0);
        },
    ];
    for prepare in states {
        let mut flow = open(1_000, 9_000);
        prepare(&mut flow);
        let (mut from_peer, mut from_here) = (flow, flow);
        let (peer, local) = (flow.ingress.next, flow.egress.next);
        assert_eq!(arrives(&mut from_peer, R, [peer, 0], 0), State::Reset);
        assert_eq!(departs(&mut from_here, R, [local, 0], 0), State::Reset);
    }
}

/// RFC 5961 section 3.2: anything else in the window is answered with a challenge.
#[test]
fn a_reset_that_misses_by_one_octet_changes_nothing() {
    for off in [1, 2, 1_460, 65_535, 1 << 20, 1 << 30, u32::MAX] {
        let mut flow = open(1_000, 9_000);
        let before = flow.ingress.marks;
        let sequence = 1_000_u32.wrapping_add(off);
        assert_eq!(
            arrives(&mut flow, R, [sequence, 9_000], 0),
            State::Established
        );
        assert_eq!(flow.ingress.marks, before, "{off}");
    }
}

#[test]
fn a_reset_behind_data_that_is_not_acknowledged_yet_counts_and_so_does_one_before_it() {
    for sequence in [1_000, 1_500] {
        let mut flow = open(1_000, 9_000);
        arrives(&mut flow, A, [1_000, 9_000], 500);
        assert_eq!(arrives(&mut flow, R, [sequence, 0], 0), State::Reset);
    }
}

/// Who does not see the connection guesses numbers. His FIN would have it forgotten early, and his
/// data would make the reset count that he sends next.
#[test]
fn what_is_forged_far_from_the_truth_neither_closes_nor_prepares_a_reset() {
    for off in [NEAR, 1 << 24, PLAUSIBLE - 1, PLAUSIBLE, 1 << 31, u32::MAX] {
        let mut flow = open(1_000, 9_000);
        let sequence = 1_000_u32.wrapping_add(off);
        let before = flow.ingress;
        for flags in [FA, A, R] {
            arrives(&mut flow, flags, [sequence, 9_000], 0);
        }
        assert_eq!(state(&flow), State::Established, "{off}");
        assert_eq!(flow.ingress.next, before.next, "{off}");
        assert_eq!(flow.ingress.marks, before.marks, "{off}");
    }
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_is_not_believed() {
    for ahead in [NEAR, PLAUSIBLE, 1 << 31] {
        let mut flow = open(1_000, 9_000);
        arrives(&mut flow, A, [1_000, 9_000_u32.wrapping_add(ahead)], 0);
        assert_eq!(flow.ingress.acknowledged, 9_000, "{ahead}");
    }
}

#[test]
fn retransmissions_and_window_probes_take_nothing_back() {
    let mut flow = open(1_000, 9_000);
    arrives(&mut flow, A, [1_000, 9_000], 1_460);
    arrives(&mut flow, A, [2_460, 9_000], 1_460);
    let next = flow.ingress.next;
    // Sent again; a keep-alive and a window probe, one octet before what is next (RFC 9293
    // section 3.8.4); one that carries an old octet.
    for (sequence, payload) in [(1_000, 1_460), (3_919, 0), (3_919, 1), (2_460, 1_460)] {
        arrives(&mut flow, A, [sequence, 9_000], payload);
        assert_eq!(flow.ingress.next, next, "{sequence}");
    }
    // An acknowledgement that was overtaken.
    arrives(&mut flow, A, [next, 8_000], 0);
    assert_eq!(flow.ingress.acknowledged, 9_000);
}

#[test]
fn numbers_wrap_around() {
    let start = u32::MAX - 500;
    let mut flow = open(start, start);
    arrives(&mut flow, A, [start, start], 1_000);
    assert_eq!(flow.ingress.next, 499);
    departs(&mut flow, A, [start, 499], 0);
    assert_eq!(flow.egress.acknowledged, 499);
    assert_eq!(arrives(&mut flow, FA, [499, start], 0), State::HalfClosed);
    departs(&mut flow, FA, [start, 500], 1_000);
    assert_eq!(flow.egress.next, 500);
    assert_eq!(arrives(&mut flow, A, [500, 500], 0), State::TimeWait);
}

/// The stack and drivers hand over super-packets (GRO, GSO, BIG TCP): one is as good as its parts.
#[test]
fn super_packets_are_followed() {
    let mut flow = open(1_000, 9_000);
    let mut next = 1_000;
    for _ in 0..10_000 {
        arrives(&mut flow, A, [next, 9_000], 512 << 10);
        next = next.wrapping_add(512 << 10);
        assert_eq!(flow.ingress.next, next);
    }
}

#[test]
fn a_connection_part_of_which_went_past_unseen_is_found_again() {
    let mut flow = open(1_000, 9_000);
    let missed = 1_000 + 5 * NEAR;
    arrives(&mut flow, A, [missed, 9_000], 1_000);
    assert_eq!(flow.ingress.next, 1_000);
    // This side never lies about what it has received.
    let mut acknowledged = 1_000;
    while acknowledged < missed {
        acknowledged += NEAR / 2;
        departs(&mut flow, A, [9_000, acknowledged], 0);
    }
    assert_eq!(flow.egress.acknowledged, acknowledged);
    arrives(&mut flow, A, [acknowledged, 9_000], 1_000);
    assert_eq!(flow.ingress.next, acknowledged + 1_000);
}

#[test]
fn an_operator_ends_a_connection_in_any_state_and_for_good() {
    let mut flow = open(1_000, 9_000);
    flow.egress.marks |= mark::KILLED;
    assert_eq!(state(&flow), State::Killed);
    assert_eq!(arrives(&mut flow, R, [1_000, 0], 0), State::Killed);
}

#[test]
fn every_state_has_its_timeout() {
    const T: Timeouts = Timeouts::DEFAULT;
    let marked = |ingress, egress| {
        let mut flow = open(1, 1);
        flow.ingress.marks |= ingress;
        flow.egress.marks |= egress;
        flow
    };
    let both = FIN | FIN_ACKNOWLEDGED;
    for (flow, expected, tcp) in [
        (marked(0, 0), State::Established, T.tcp_established),
        (marked(FIN, 0), State::HalfClosed, T.tcp_closing),
        (marked(FIN, FIN), State::Closing, T.tcp_closing),
        (marked(both, both), State::TimeWait, T.tcp_closing),
        (marked(0, RESET), State::Reset, T.tcp_closing),
        (marked(mark::KILLED, 0), State::Killed, T.tcp_closing),
    ] {
        assert_eq!(state(&flow), expected);
        for (protocol, timeout) in [
            (protocol::TCP, tcp),
            (protocol::UDP, T.udp),
            (protocol::SCTP, T.udp),
            (protocol::ICMP, T.icmp),
            (protocol::ICMPV6, T.icmp),
        ] {
            let live = |now| is_live(&flow, protocol, &T, Nanos(now));
            assert!(live(NOW.0 + timeout - 1), "{expected:?} {protocol}");
            assert!(!live(NOW.0 + timeout), "{expected:?} {protocol}");
        }
    }
}

/// `CLOCK_MONOTONIC` does not step, but ticks of two CPUs may differ; and the end of time is far.
#[test]
fn a_connection_of_the_future_is_live_and_the_end_of_time_does_not_overflow() {
    let mut flow = open(1, 1);
    let live = |flow: &Flow, now| is_live(flow, protocol::TCP, &Timeouts::DEFAULT, Nanos(now));
    assert!(live(&flow, NOW.0 - 10_000_000));
    flow.ingress.last_ns = u64::MAX - 1;
    assert!(live(&flow, u64::MAX - 1));
    assert!(!live(&flow, u64::MAX));
}

#[test]
fn counters_wrap_rather_than_stop_anything() {
    let mut flow = open(1, 1);
    (flow.ingress.packets, flow.ingress.bytes) = (u64::MAX, u64::MAX - 9);
    arrives(&mut flow, A, [1, 1], 0);
    assert_eq!((flow.ingress.packets, flow.ingress.bytes), (0, 50));
}

#[test]
fn each_hook_writes_its_own_side_only() {
    let mut flow = open(1_000, 9_000);
    let before = flow;
    arrives(&mut flow, FA, [1_000, 9_000], 10);
    assert_eq!(flow.egress, before.egress);
    let before = flow;
    departs(&mut flow, FA, [9_000, 1_011], 10);
    assert_eq!(flow.ingress, before.ingress);
}
