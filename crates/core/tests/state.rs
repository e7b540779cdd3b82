// SPDX-License-Identifier: MIT
//! What holds of state for every sequence of packets.

use aegis_abi::flow::half;
use aegis_abi::{Action, Count, Flags, Flow, Hook, HostBucket, Rate, Reason, Settings};
use aegis_core::Nanos;
use aegis_core::conntrack::{Segment, State, record, state};
use aegis_core::emit::Frame;
use aegis_core::model::{Host, HostTables, Talk};
use aegis_core::tcp::{Numbers, TcpFlags};
use proptest::prelude::*;
use std::net::Ipv4Addr;

const TCP: u8 = 6;
const SECOND: u64 = 1_000_000_000;

/// The edges that `conntrack.rs` draws; every state has one to itself.
fn follows(before: State, after: State) -> bool {
    use State::{Closing, Established, HalfClosed, Reset, TimeWait};
    before == after
        || after == Reset
        || matches!(
            (before, after),
            (Established, HalfClosed) | (HalfClosed, Closing) | (Closing, TimeWait)
        )
}

/// A segment near or far from where its sender is: whether it arrives, its flags, how far off its
/// numbers are, its payload.
type Step = (bool, u16, i32, i32, u32);

fn step() -> impl Strategy<Value = Step> {
    let off = || prop_oneof![4 => Just(0), 2 => -3..3, 1 => any::<i32>()];
    let flags = prop::sample::select(vec![0x10, 0x18, 0x11, 0x04, 0x14, 0x12, 0x02, 0x01]);
    let payload = prop_oneof![Just(0_u32), 1_u32..2_000, 60_000_u32..500_000];
    (any::<bool>(), flags, off(), off(), payload)
}

fn take(flow: &mut Flow, (arrives, flags, off, acknowledged_off, payload): Step) {
    let (hook, sender, receiver) = match arrives {
        true => (Hook::XdpIngress, flow.ingress, flow.egress),
        false => (Hook::TcEgress, flow.egress, flow.ingress),
    };
    let numbers = Numbers {
        sequence: sender.next.wrapping_add_signed(off),
        acknowledgement: receiver.next.wrapping_add_signed(acknowledged_off),
        payload,
    };
    let flags = TcpFlags(flags);
    let size = Count {
        packets: 1,
        bytes: 60,
    };
    record(flow, hook, Segment { flags, numbers }, size, Nanos(SECOND));
}

fn talk(number: u32) -> Talk {
    Talk {
        peer: (
            Ipv4Addr::from_bits(0x1400_0000 | number).into(),
            1_024 + (number % 60_000) as u16,
        ),
        local: ([192, 0, 2, 1].into(), 443),
    }
}

/// A host on which sources may send as much as they like.
fn unbounded(tables: HostTables) -> Host {
    let mut host = Host::with(tables);
    host.settings.flags = host.settings.flags.without(Flags::RATE_LIMIT);
    host
}

/// Whatever a peer can send.
fn any_of_a_peer() -> impl Strategy<Value = Frame> {
    let tcp = (0..0x200_u16, 0..4_u32, 0..4_u32).prop_map(|(flags, a, b)| {
        let talk = talk(1);
        let frame = talk.arriving().tcp_bits(talk.peer.1, talk.local.1, flags);
        frame.sequence(a).acknowledgement(b)
    });
    let icmp = (0..20_u8, 0..3_u16).prop_map(|(kind, id)| talk(1).arriving().echo(kind, id, 1));
    prop_oneof![4 => tcp, 1 => Just(talk(1).peer_says()), 1 => icmp]
}

proptest! {
    #[test]
    fn a_connection_never_leaves_the_graph_of_its_states(
        start: (u32, u32), steps in prop::collection::vec(step(), 1..200),
    ) {
        let host = Host::new();
        host.accepts(&talk(1), start.into());
        let mut flow = host.tables.flow(&talk(1).tuple(TCP)).expect("it is proven");
        for step in steps {
            let before = state(&flow);
            take(&mut flow, step);
            prop_assert!(follows(before, state(&flow)), "{:?} to {:?}", before, state(&flow));
        }
    }

    /// Without numbers that hit, nobody ends anything: a stranger guesses.
    #[test]
    fn what_a_stranger_guesses_does_not_end_a_connection(
        start: (u32, u32),
        guesses in prop::collection::vec((any::<u32>(), any::<u32>(), 0..0x200_u16), 1..50),
    ) {
        let host = Host::new();
        host.accepts(&talk(1), start.into());
        // What comes near is one guess in two thousand; those are for the tests of forgeries.
        let near = |guess: u32| guess.wrapping_sub(start.0).wrapping_add(1 << 20) < 1 << 22;
        for (sequence, acknowledgement, flags) in guesses {
            if near(sequence) {
                continue;
            }
            let frame = talk(1).arriving().tcp_bits(talk(1).peer.1, 443, flags);
            host.arrives(&frame.sequence(sequence).acknowledgement(acknowledgement));
        }
        let flow = host.tables.flow(&talk(1).tuple(TCP)).expect("it is still known");
        prop_assert_eq!(state(&flow), State::Established);
    }

    /// As long as this side is silent and no socket speaks for it.
    #[test]
    fn nothing_that_arrives_makes_itself_known(
        frames in prop::collection::vec(any_of_a_peer(), 1..100), switches in 0..1_u32 << 9,
    ) {
        let mut host = Host::new();
        host.settings.flags = Flags(switches);
        for frame in frames {
            host.arrives(&frame);
        }
        prop_assert!(host.tables.flows().is_empty());
    }

    /// The rule of a full table: what is known stays, what comes is kept among the half-open, and
    /// both work.
    #[test]
    fn a_full_table_loses_nobody(
        room in 0_usize..20, talks in prop::collection::btree_set(0_u32..1 << 20, 1..40),
        outward: bool,
    ) {
        let host = unbounded(HostTables::new().flow_room(room));
        let begin = if outward { Host::connects } else { Host::accepts };
        for number in &talks {
            begin(&host, &talk(*number), [99, 499]);
        }
        prop_assert_eq!(host.tables.flows().len(), room.min(talks.len()));
        for round in 0..3 {
            for number in &talks {
                let talk = talk(*number);
                let ask = talk.peer_sends("PA", [100 + round, 500]).payload(b"?");
                let answer = talk.local_sends("PA", [500 + round, 101]).payload(b"!");
                prop_assert_eq!(host.arrives(&ask).reason, Reason::Established);
                prop_assert_eq!(host.departs(&answer).reason, Reason::Established);
            }
        }
        // Those who were first have the room.
        let kept = host.tables.half_opens();
        prop_assert!(kept.iter().all(|entry| entry.marks & half::PROVEN != 0));
        prop_assert_eq!(kept.len(), talks.len().saturating_sub(room));
    }

    #[test]
    fn answers_never_count(
        begun in prop::collection::vec((0_u32..1_000, 0..3_u8), 1..100), answers in 1..4_usize,
    ) {
        let host = Host::new();
        for (number, kind) in begun {
            let talk = talk(number);
            match kind {
                0 => host.connects(&talk, [99, 499]),
                1 => {
                    host.departs(&talk.local_says());
                }
                _ => {
                    host.departs(&talk.departing().echo(8, 7, 1));
                }
            }
            for _ in 0..answers {
                let answer = match kind {
                    0 => talk.peer_sends("A", [100, 500]),
                    1 => talk.peer_says(),
                    _ => talk.arriving().echo(0, 7, 1),
                };
                prop_assert_eq!(host.arrives(&answer).action, Action::Pass);
            }
        }
        prop_assert!(host.tables.sources().is_empty());
        prop_assert!([HostBucket::HalfOpen, HostBucket::Udp, HostBucket::Icmp]
            .iter()
            .all(|bucket| host.tables.host_bucket(*bucket) == 0));
    }
}

/// Twice: with the half-open gauge, and with nothing that bounds what strangers may begin.
#[test]
fn an_established_connection_survives_a_million_syns_of_invented_sources() {
    for flags in [Settings::DEFAULT.flags, Flags::CONN_TRACK] {
        let mut host = Host::new();
        host.settings.flags = flags;
        host.settings.event_reason = Rate::per_second(1, 1);
        let known = talk(0);
        host.accepts(&known, [99, 499]);
        let before = host.tables.flow(&known.tuple(TCP)).expect("it is proven");
        for number in 0..500_000_u32 {
            host.wait(10_000);
            let invented = talk(number.wrapping_mul(0x9e37_79b1) >> 8 | 1);
            host.arrives(&invented.peer_sends("S", [number, 0]));
        }
        let after = host
            .tables
            .flow(&known.tuple(TCP))
            .expect("it is still known");
        assert_eq!(before, after);
        let data = known.peer_sends("PA", [100, 500]).payload(b"more");
        assert_eq!(host.arrives(&data).reason, Reason::Established);
        assert_eq!(host.tables.flows().len(), 1);
    }
}
