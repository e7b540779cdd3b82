// SPDX-License-Identifier: MIT
//! Connections in words: their names, and what is told of those that were asked for.

mod copies;
mod filter;
mod group;
mod order;
mod rank;
mod stand;
mod whereabouts;

use copies::per_second;
pub use copies::{Copies, Table, Tables};
pub use filter::Filter;
pub use group::{groups, network};
pub use stand::{Peer, Stand};
pub use whereabouts::Whereabouts;

use crate::ban::{Moment, protocol_name};
use aegis_abi::{Count, Family, Tuple};
use aegis_api::{ApiError, ErrorCode, Flow, FlowList, FlowQuery, FlowRate, Place, Total};
use aegis_core::Nanos;
use aegis_engine::FlowEntry;
use aegis_policy::Protocol;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

const SECOND_NS: u64 = 1_000_000_000;

/// An address as tables and records have it: IPv4 in the first four bytes.
pub fn address(family: u8, bytes: [u8; 16]) -> Option<IpAddr> {
    match Family::try_from(family).ok()? {
        Family::V4 => Some(IpAddr::from([bytes[0], bytes[1], bytes[2], bytes[3]])),
        Family::V6 => Some(IpAddr::from(bytes)),
        Family::Other => None,
    }
}

/// The connection between two ends; `None` where they are of different families.
pub fn tuple(protocol: u8, peer: SocketAddr, local: SocketAddr) -> Option<Tuple> {
    let wide = |address: IpAddr| match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            (Family::V4, bytes)
        }
        IpAddr::V6(address) => (Family::V6, address.octets()),
    };
    let (family, peer_bytes) = wide(peer.ip().to_canonical());
    let (other, local_bytes) = wide(local.ip().to_canonical());
    (family == other).then_some(Tuple {
        peer: peer_bytes,
        local: local_bytes,
        peer_port: peer.port(),
        local_port: local.port(),
        protocol,
        family: family.code(),
        reserved: [0; 2],
    })
}

/// Peer and local end.
pub fn ends(tuple: &Tuple) -> Option<(SocketAddr, SocketAddr)> {
    let peer = address(tuple.family, tuple.peer)?;
    let local = address(tuple.family, tuple.local)?;
    let (peer, local) = (
        SocketAddr::new(peer, tuple.peer_port),
        SocketAddr::new(local, tuple.local_port),
    );
    Some((peer, local))
}

fn protocol(number: u8) -> String {
    Protocol::new(number).map_or_else(|| number.to_string(), protocol_name)
}

/// Adds the id of a connection.
fn write_id(text: &mut String, entry: &FlowEntry) {
    let Some((peer, local)) = ends(&entry.tuple) else {
        return;
    };
    let number = entry.tuple.protocol;
    match Protocol::new(number).and_then(Protocol::name) {
        Some(name) => text.push_str(name),
        None => text.push_str(itoa::Buffer::new().format(number)),
    }
    for end in [peer, local] {
        text.push('/');
        write_end(text, end);
    }
}

/// Adds an end as it displays itself; of IPv4 by the shortest way, as a filter of words has all of them written.
fn write_end(text: &mut String, end: SocketAddr) {
    let SocketAddr::V4(end) = end else {
        write!(text, "{end}").expect("a string takes everything");
        return;
    };
    let mut digits = itoa::Buffer::new();
    for (place, octet) in end.ip().octets().into_iter().enumerate() {
        if place > 0 {
            text.push('.');
        }
        text.push_str(digits.format(octet));
    }
    text.push(':');
    text.push_str(digits.format(end.port()));
}

/// The connection that an id names.
pub fn by_id(id: &str) -> Result<Tuple, ApiError> {
    let mut words = id.split('/');
    let (kind, peer, local) = (words.next(), words.next(), words.next());
    let found = match (kind, peer, local, words.next()) {
        (Some(kind), Some(peer), Some(local), None) => kind
            .parse::<Protocol>()
            .ok()
            .zip(peer.parse().ok().zip(local.parse().ok()))
            .and_then(|(kind, (peer, local))| tuple(kind.number(), peer, local)),
        _ => None,
    };
    found.ok_or_else(|| {
        let message = format!("{id:?} names no connection");
        let next = "write it as `aegis-cli flows` does: tcp/PEER:PORT/LOCAL:PORT, IPv6 in brackets";
        ApiError::new(ErrorCode::InvalidRequest, message).next(next)
    })
}

/// What was asked for, of these connections, before anything is told of them.
#[derive(Debug, Default)]
pub struct Picked {
    /// Those that are to be told of, in order.
    pub entries: Vec<FlowEntry>,
    matched: usize,
    total: usize,
}

/// Picks what was asked for, by the filter of the query. Very many connections may be there, and only those that are told of cost
/// more than a look; but for an order that goes by how they stand, which [`Picked::ranked`] brings them
/// into.
pub fn pick(
    tables: &Tables,
    (query, filter): (&FlowQuery, &Filter),
    whereabouts: &mut Whereabouts,
) -> Picked {
    let lets_all = filter.is_empty();
    let mut matched = 0;
    let keyed = tables.now.entries.iter().filter_map(|entry| {
        if !lets_all && !filter.matches(entry, whereabouts) {
            return None;
        }
        matched += 1;
        Some((order::key(query.sort, entry, tables, whereabouts), entry))
    });
    let limit = query.limit.filter(|_| !query.sort.needs_standing());
    let limit = limit.unwrap_or(usize::MAX);
    Picked {
        entries: order::first(keyed, (query.reverse, limit)),
        matched,
        total: tables.now.entries.len(),
    }
}

/// Those connections in answers, with how each stands.
pub fn list(picked: &Picked, tables: &Tables, stands: &[Stand], now: &Moment) -> FlowList {
    let stands = stands.iter().chain(std::iter::repeat(&Stand::FREE));
    let mut whereabouts = Whereabouts::new();
    let told = picked.entries.iter().zip(stands);
    FlowList {
        flows: told
            .filter_map(|(entry, stand)| {
                let place = |peer| whereabouts.of(peer).place.clone();
                flow(entry, (tables.pace(entry), stand), place, now)
            })
            .collect(),
        matched: picked.matched,
        total: picked.total,
    }
}

fn bytes(entry: &FlowEntry) -> u64 {
    entry.ingress.bytes.saturating_add(entry.egress.bytes)
}

fn packets(entry: &FlowEntry) -> u64 {
    entry.ingress.packets.saturating_add(entry.egress.packets)
}

/// Bytes a second from the first packet to the last; of less than a second, as of one.
fn rate(entry: &FlowEntry) -> u64 {
    let lasted = entry.last_ns.saturating_sub(entry.first_ns).max(SECOND_NS);
    per_second(bytes(entry), lasted)
}

fn total(count: &Count) -> Total {
    Total {
        packets: count.packets,
        bytes: count.bytes,
    }
}

/// A connection in answers; `None` for one of no family, which no table can hold.
fn flow(
    entry: &FlowEntry,
    (pace, stand): (FlowRate, &Stand),
    place: impl FnOnce(IpAddr) -> Option<Place>,
    now: &Moment,
) -> Option<Flow> {
    let (peer, local) = ends(&entry.tuple)?;
    let proto = protocol(entry.tuple.protocol);
    let mut id = String::new();
    write_id(&mut id, entry);
    let since = |at: u64| now.monotonic.0.saturating_sub(at) / SECOND_NS;
    Some(Flow {
        id,
        direction: entry.origin.label().to_owned(),
        state: entry.state.label().to_owned(),
        proto,
        peer: peer.ip(),
        peer_port: peer.port(),
        local: local.ip(),
        local_port: local.port(),
        first_seen: now.wall_of(Nanos(entry.first_ns)),
        last_seen: now.wall_of(Nanos(entry.last_ns)),
        age_seconds: since(entry.first_ns),
        idle_seconds: since(entry.last_ns),
        received: total(&entry.ingress),
        sent: total(&entry.egress),
        bytes_per_second: rate(entry),
        now: pace,
        verdict: stand.verdict().to_owned(),
        standing: stand.standing,
        reason: stand.reason.clone(),
        place: place(peer.ip()),
    })
}

#[cfg(test)]
mod tests;
