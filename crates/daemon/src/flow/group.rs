// SPDX-License-Identifier: MIT
//! Connections counted together.

use super::copies::Tables;
use super::filter::Filter;
use super::order::{smallest, turned};
use super::whereabouts::Whereabouts;
use super::{ends, protocol};
use crate::geo;
use aegis_abi::{Count, Origin};
use aegis_api::{
    FlowGroup, FlowGroupBy, FlowGroupList, FlowGroupQuery, FlowGroupSort, FlowRate, Place, Total,
};
use aegis_engine::{FlowEntry, FlowState};
use aegis_lists::geo::{Asn, Country};
use aegis_policy::Target;
use hashbrown::HashMap;
use ipnet::IpNet;
use std::cmp::Reverse;
use std::net::IpAddr;

/// What connections have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Net(IpNet),
    Country(Country),
    Asn(u32),
    Port(u16),
    State(&'static str),
    Proto(u8),
    /// Where that is not known; it comes last.
    Unknown,
}

/// What a group comes to.
#[derive(Clone, Copy, Debug)]
struct Tally {
    key: Key,
    /// One of its peers.
    peer: IpAddr,
    connections: usize,
    received: Total,
    sent: Total,
    now: FlowRate,
}

/// What was asked for, of these connections, by the filter of the query.
pub fn groups(
    tables: &Tables,
    (query, filter): (&FlowGroupQuery, &Filter),
    whereabouts: &mut Whereabouts,
) -> FlowGroupList {
    let (mut tallies, mut matched) = (HashMap::new(), 0);
    for entry in &tables.now.entries {
        if !filter.is_empty() && !filter.matches(entry, whereabouts) {
            continue;
        }
        let Some((peer, _)) = ends(&entry.tuple) else {
            continue;
        };
        matched += 1;
        let key = key(query.by, entry, peer.ip(), whereabouts);
        let tally = tallies
            .entry(key)
            .or_insert_with(|| Tally::new(key, peer.ip()));
        tally.add(entry, tables.pace(entry));
    }
    let found = tallies.len();
    let limit = query.limit.unwrap_or(usize::MAX);
    let chosen = smallest(tallies.into_values(), limit, |one, other| {
        let order = one.rank(query.sort).cmp(&other.rank(query.sort));
        turned(order.then_with(|| one.key.cmp(&other.key)), query.reverse)
    });
    let told = chosen.iter().map(|tally| tally.told(whereabouts));
    FlowGroupList {
        groups: told.collect(),
        found,
        matched,
        total: tables.now.entries.len(),
    }
}

fn key(by: FlowGroupBy, entry: &FlowEntry, peer: IpAddr, whereabouts: &mut Whereabouts) -> Key {
    let known = match by {
        FlowGroupBy::Source => Some(Key::Net(peer.into())),
        FlowGroupBy::Prefix => Some(Key::Net(network(peer))),
        FlowGroupBy::Country => whereabouts.of(peer).country.map(Key::Country),
        FlowGroupBy::Asn => whereabouts.of(peer).asn.map(Key::Asn),
        FlowGroupBy::Port => Some(Key::Port(port(entry))),
        FlowGroupBy::State => Some(Key::State(FlowState::label(entry.state))),
        FlowGroupBy::Proto => Some(Key::Proto(entry.tuple.protocol)),
    };
    known.unwrap_or(Key::Unknown)
}

/// The /24 or the /64 around an address.
pub fn network(address: IpAddr) -> IpNet {
    let length = if address.is_ipv4() { 24 } else { 64 };
    IpNet::new(address, length).map_or_else(|_| address.into(), |net| net.trunc())
}

/// Of the service, where it was seen who asked whom.
fn port(entry: &FlowEntry) -> u16 {
    match entry.origin {
        Origin::Local => entry.tuple.peer_port,
        Origin::Peer | Origin::Unknown => entry.tuple.local_port,
    }
}

impl Tally {
    fn new(key: Key, peer: IpAddr) -> Self {
        Self {
            key,
            peer,
            connections: 0,
            received: Total::default(),
            sent: Total::default(),
            now: FlowRate::default(),
        }
    }

    fn add(&mut self, entry: &FlowEntry, pace: FlowRate) {
        fn more(sum: &mut u64, number: u64) {
            *sum = sum.saturating_add(number);
        }
        fn both(sum: &mut Total, count: &Count) {
            more(&mut sum.packets, count.packets);
            more(&mut sum.bytes, count.bytes);
        }
        self.connections += 1;
        both(&mut self.received, &entry.ingress);
        both(&mut self.sent, &entry.egress);
        let now = &mut self.now;
        more(
            &mut now.received_bytes_per_second,
            pace.received_bytes_per_second,
        );
        more(&mut now.sent_bytes_per_second, pace.sent_bytes_per_second);
        more(&mut now.packets_per_second, pace.packets_per_second);
    }

    fn rank(&self, sort: FlowGroupSort) -> Reverse<u64> {
        let both = |received: u64, sent: u64| received.saturating_add(sent);
        Reverse(match sort {
            FlowGroupSort::Connections => self.connections as u64,
            FlowGroupSort::Bytes => both(self.received.bytes, self.sent.bytes),
            FlowGroupSort::Packets => both(self.received.packets, self.sent.packets),
            FlowGroupSort::Received => self.received.bytes,
            FlowGroupSort::Sent => self.sent.bytes,
            FlowGroupSort::Live => self.now.bytes_per_second(),
            FlowGroupSort::LivePackets => self.now.packets_per_second,
            FlowGroupSort::Key => 0,
            FlowGroupSort::PacketsReceived => self.received.packets,
            FlowGroupSort::PacketsSent => self.sent.packets,
            FlowGroupSort::LiveReceived => self.now.received_bytes_per_second,
            FlowGroupSort::LiveSent => self.now.sent_bytes_per_second,
        })
    }

    fn told(&self, whereabouts: &mut Whereabouts) -> FlowGroup {
        let mut place = || whereabouts.of(self.peer).place.clone();
        let (key, label, place) = match self.key {
            Key::Net(net) => {
                let target = Target::try_from(net).ok();
                let place = target.and_then(geo::place_of);
                (name(net), String::new(), place)
            }
            Key::Country(country) => {
                let label = place().and_then(|place| place.country_name);
                (country.code().to_owned(), label.unwrap_or_default(), None)
            }
            Key::Asn(number) => {
                let label = place().and_then(|place| place.organisation);
                (Asn(number).to_string(), label.unwrap_or_default(), None)
            }
            Key::Port(port) => (port.to_string(), String::new(), None::<Place>),
            Key::State(state) => (state.to_owned(), String::new(), None),
            Key::Proto(number) => (protocol(number), String::new(), None),
            Key::Unknown => (String::new(), String::new(), None),
        };
        FlowGroup {
            key,
            label,
            place,
            connections: self.connections,
            received: self.received,
            sent: self.sent,
            now: self.now,
        }
    }
}

/// An address without a length.
fn name(net: IpNet) -> String {
    match net.prefix_len() == net.max_prefix_len() {
        true => net.addr().to_string(),
        false => net.to_string(),
    }
}
