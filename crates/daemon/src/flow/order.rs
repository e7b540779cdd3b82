// SPDX-License-Identifier: MIT
//! What comes first. Of very many the first are found without sorting the rest.

use super::copies::Tables;
use super::whereabouts::Whereabouts;
use super::{bytes, ends, packets, protocol, rate};
use aegis_abi::Origin;
use aegis_api::FlowSort;
use aegis_engine::FlowEntry;
use std::cmp::Ordering;

/// What is compared, lowest first: a number, and where that does not do, a text or an address.
pub type Key = (u64, u128);

/// The first so many, or the last ones, in order, of connections with what they are compared by ([`key`]).
/// Ties are broken by the ends, so that a list that is shown again and again does not jump.
pub fn first<'a>(
    keyed: impl Iterator<Item = (Key, &'a FlowEntry)>,
    (reverse, limit): (bool, usize),
) -> Vec<FlowEntry> {
    let compared = |one: &(Key, &FlowEntry), other: &(Key, &FlowEntry)| {
        let by_ends = |entry: &FlowEntry| (entry.tuple.family, entry.tuple);
        let by_ends = || by_ends(one.1).cmp(&by_ends(other.1));
        turned(one.0.cmp(&other.0).then_with(by_ends), reverse)
    };
    let chosen = smallest(keyed, limit, compared);
    chosen.into_iter().map(|(_, entry)| *entry).collect()
}

/// What would come first comes last.
pub fn turned(order: Ordering, reverse: bool) -> Ordering {
    if reverse { order.reverse() } else { order }
}

/// The smallest so many, in order. Of very many, hardly any are kept for longer than a look at them.
pub fn smallest<T>(
    all: impl IntoIterator<Item = T>,
    limit: usize,
    compared: impl Fn(&T, &T) -> Ordering,
) -> Vec<T> {
    let room = limit.saturating_mul(2);
    let mut kept: Vec<T> = Vec::new();
    // Whether those in front are the smallest so many of all that were looked at, the largest of them last.
    let mut is_full = false;
    for one in all {
        if limit == 0 || is_full && compared(&one, &kept[limit - 1]).is_ge() {
            continue;
        }
        kept.push(one);
        if kept.len() == room {
            kept.select_nth_unstable_by(limit - 1, &compared);
            kept.truncate(limit);
            is_full = true;
        }
    }
    kept.sort_unstable_by(&compared);
    kept.truncate(limit);
    kept
}

/// What a connection is compared by.
pub fn key(
    sort: FlowSort,
    entry: &FlowEntry,
    tables: &Tables,
    whereabouts: &mut Whereabouts,
) -> Key {
    let (tuple, least, most) = (
        &entry.tuple,
        |number| (number, 0),
        |number: u64| (!number, 0),
    );
    match sort {
        FlowSort::Bytes => most(bytes(entry)),
        FlowSort::Packets => most(packets(entry)),
        FlowSort::Age => least(entry.first_ns),
        FlowSort::Last => most(entry.last_ns),
        FlowSort::Peer => least(0),
        FlowSort::Rate => most(rate(entry)),
        FlowSort::Live => most(tables.pace(entry).bytes_per_second()),
        FlowSort::LivePackets => most(tables.pace(entry).packets_per_second),
        FlowSort::Received => most(entry.ingress.bytes),
        FlowSort::Sent => most(entry.egress.bytes),
        FlowSort::Idle => least(entry.last_ns),
        FlowSort::State => (0, text(entry.state.label())),
        FlowSort::Proto => (0, text(&protocol(tuple.protocol))),
        FlowSort::Port => least(tuple.local_port.into()),
        FlowSort::Local => (tuple.family.into(), u128::from_be_bytes(tuple.local)),
        FlowSort::Country => place(entry, whereabouts, Field::Country),
        FlowSort::Asn => place(entry, whereabouts, Field::Asn),
        FlowSort::Direction => least(match entry.origin {
            Origin::Peer => 0,
            Origin::Local => 1,
            Origin::Unknown => 2,
        }),
        FlowSort::PeerPort => least(tuple.peer_port.into()),
        FlowSort::PacketsReceived => most(entry.ingress.packets),
        FlowSort::PacketsSent => most(entry.egress.packets),
        FlowSort::LiveReceived => most(tables.pace(entry).received_bytes_per_second),
        FlowSort::LiveSent => most(tables.pace(entry).sent_bytes_per_second),
        // Once it is known how each stands, `Picked::ranked` sorts them.
        FlowSort::Verdict | FlowSort::Reason => least(0),
    }
}

#[derive(Clone, Copy)]
enum Field {
    Country,
    Asn,
}

fn place(entry: &FlowEntry, whereabouts: &mut Whereabouts, field: Field) -> Key {
    let peer = ends(&entry.tuple).map(|(peer, _)| peer.ip());
    let spot = peer.map(|peer| whereabouts.of(peer));
    let known = spot.and_then(|spot| match field {
        Field::Country => spot.country.map(|country| (0, text(country.code()))),
        Field::Asn => spot.asn.map(|number| (u64::from(number), 0)),
    });
    known.unwrap_or((u64::MAX, 0))
}

/// Its first 16 bytes; no name of a state or protocol is longer.
fn text(name: &str) -> u128 {
    let mut bytes = [0; 16];
    for (byte, letter) in bytes.iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    u128::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests;
