// SPDX-License-Identifier: MIT
//! The first of very many are those of the whole list, whatever it is sorted by.

use super::*;
use crate::flow::tests::atlas;
use crate::flow::{Copies, Table, tuple};
use aegis_abi::{Count, Tuple};
use aegis_core::Nanos;
use aegis_engine::FlowState;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::net::SocketAddr;

const SECOND_NS: u64 = 1_000_000_000;

/// Connections of so few kinds that most are alike in whatever they are sorted by.
fn connection() -> impl Strategy<Value = FlowEntry> {
    let ends = prop_oneof![
        (0..4_u16).prop_map(|port| ("81.2.69.7", port, "192.0.2.1")),
        (0..4_u16).prop_map(|port| ("89.160.0.9", port, "192.0.2.2")),
        (0..4_u16).prop_map(|port| ("2a02:100::7", port, "2001:db8::1")),
    ];
    let tuple = (ends, prop_oneof![Just(6), Just(17)], 0..3_u16).prop_map(
        |((peer, port, local), protocol, local_port)| {
            let end =
                |address: &str, port| SocketAddr::new(address.parse().expect("an address"), port);
            let (peer, local) = (end(peer, port), end(local, local_port));
            tuple(protocol, peer, local).expect("of one family")
        },
    );
    let origin = prop_oneof![
        Just(Origin::Peer),
        Just(Origin::Local),
        Just(Origin::Unknown)
    ];
    let state = prop::sample::select(FlowState::ALL);
    let count = || (0..3_u64, 0..3_u64).prop_map(|(packets, bytes)| Count { packets, bytes });
    let times = (8..12_u64, 0..3_u64);
    (tuple, state, origin, times, count(), count()).prop_map(
        |(tuple, state, origin, (first, lasted), ingress, egress)| FlowEntry {
            tuple,
            state,
            origin,
            first_ns: first * SECOND_NS,
            last_ns: (first + lasted) * SECOND_NS,
            ingress,
            egress,
        },
    )
}

/// As a table has them: each pair of ends once.
fn table() -> impl Strategy<Value = Vec<FlowEntry>> {
    vec(connection(), 0..120).prop_map(|entries| {
        let by_ends: BTreeMap<Tuple, FlowEntry> = entries
            .into_iter()
            .map(|entry| (entry.tuple, entry))
            .collect();
        by_ends.into_values().collect()
    })
}

proptest! {
    #[test]
    fn the_first_so_many_are_those_of_the_whole_list_in_every_order(
        (before, now) in (table(), table()),
        limit in prop_oneof![0..6_usize, 0..150_usize, Just(usize::MAX)],
        reverse: bool,
    ) {
        let mut copies = Copies::default();
        copies.add(Table::new(before, Nanos(20 * SECOND_NS)));
        let tables = copies.add(Table::new(now, Nanos(21 * SECOND_NS)));
        let mut whereabouts = Whereabouts::in_atlas(Some(atlas()));
        for &sort in FlowSort::ALL {
            let entries = tables.now.entries.iter();
            let keyed: Vec<(Key, &FlowEntry)> = entries
                .map(|entry| (key(sort, entry, &tables, &mut whereabouts), entry))
                .collect();
            let mut whole = keyed.clone();
            whole.sort_by_key(|(key, entry)| (*key, entry.tuple.family, entry.tuple));
            if reverse {
                whole.reverse();
            }
            let wanted: Vec<FlowEntry> =
                whole.into_iter().map(|(_, entry)| *entry).take(limit).collect();
            let chosen = first(keyed.into_iter(), (reverse, limit));
            prop_assert_eq!(chosen, wanted, "{}", sort);
        }
    }

    #[test]
    fn the_smallest_so_many_are_those_of_the_sorted_whole(
        all in vec(0..50_u8, 0..500),
        limit in 0..40_usize,
    ) {
        let mut wanted = all.clone();
        wanted.sort_unstable();
        wanted.truncate(limit);
        prop_assert_eq!(smallest(all, limit, u8::cmp), wanted);
    }
}
