// SPDX-License-Identifier: MIT
//! Connections in words: their names, filters on them, and their order.

use crate::ban::{self, Moment, protocol_name};
use crate::geo;
use aegis_abi::{Count, Family, Origin, Tuple};
use aegis_api::{ApiError, ErrorCode, Flow, FlowFilter, FlowList, FlowQuery, FlowSort, Total};
use aegis_core::Nanos;
use aegis_engine::{FlowEntry, FlowState};
use aegis_policy::Protocol;
use ipnet::IpNet;
use std::cmp::Reverse;
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

/// A filter that makes sense.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    state: Option<FlowState>,
    protocol: Option<u8>,
    source: Option<IpNet>,
    destination: Option<IpNet>,
    peer: Option<IpNet>,
    port: Option<u16>,
}

impl Filter {
    /// What was asked for.
    pub fn parse(asked: &FlowFilter) -> Result<Self, ApiError> {
        let net = |text: &Option<String>| -> Result<Option<IpNet>, ApiError> {
            let target = text.as_deref().map(ban::target).transpose()?;
            Ok(target.map(aegis_policy::Target::net))
        };
        let protocol = asked.proto.as_deref().map(str::parse::<Protocol>);
        let protocol = protocol
            .transpose()
            .map_err(|error| crate::error::from_parse(&error))?;
        Ok(Self {
            state: asked.state.as_deref().map(state).transpose()?,
            protocol: protocol.map(Protocol::number),
            source: net(&asked.src)?,
            destination: net(&asked.dst)?,
            peer: net(&asked.peer)?,
            port: asked.port,
        })
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a connection agrees.
    pub fn matches(&self, entry: &FlowEntry) -> bool {
        let tuple = &entry.tuple;
        let Some((peer, local)) = ends(tuple) else {
            return false;
        };
        let (source, destination) = match entry.origin {
            Origin::Local => (local, peer),
            Origin::Peer | Origin::Unknown => (peer, local),
        };
        let inside =
            |net: Option<IpNet>, end: SocketAddr| net.is_none_or(|net| net.contains(&end.ip()));
        self.state.is_none_or(|state| state == entry.state)
            && self.protocol.is_none_or(|number| number == tuple.protocol)
            && self
                .port
                .is_none_or(|port| port == tuple.peer_port || port == tuple.local_port)
            && inside(self.source, source)
            && inside(self.destination, destination)
            && inside(self.peer, peer)
    }
}

fn state(text: &str) -> Result<FlowState, ApiError> {
    let wanted = text.to_ascii_lowercase().replace('-', "_");
    let found = FlowState::ALL.iter().find(|state| state.label() == wanted);
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = FlowState::ALL.iter().map(|state| state.label()).collect();
        let message = format!("no connection is ever {text:?}");
        let next = format!("choose one of {}", known.join(", "));
        ApiError::new(ErrorCode::InvalidRequest, message).next(next)
    })
}

/// What was asked for, of these connections.
pub fn list(
    mut entries: Vec<FlowEntry>,
    query: &FlowQuery,
    now: &Moment,
) -> Result<FlowList, ApiError> {
    let filter = Filter::parse(&query.filter)?;
    let total = entries.len();
    if !filter.is_empty() {
        entries.retain(|entry| filter.matches(entry));
    }
    sort(&mut entries, query.sort);
    if query.reverse {
        entries.reverse();
    }
    let matched = entries.len();
    entries.truncate(query.limit.unwrap_or(usize::MAX));
    Ok(FlowList {
        flows: entries
            .iter()
            .filter_map(|entry| flow(entry, now))
            .collect(),
        matched,
        total,
    })
}

/// Ties are broken by the ends, so that a list that is shown again and again does not jump.
fn sort(entries: &mut [FlowEntry], by: FlowSort) {
    let by_ends = |entry: &FlowEntry| (entry.tuple.family, entry.tuple);
    match by {
        FlowSort::Bytes => entries.sort_unstable_by_key(|e| (Reverse(bytes(e)), by_ends(e))),
        FlowSort::Packets => entries.sort_unstable_by_key(|e| (Reverse(packets(e)), by_ends(e))),
        FlowSort::Age => entries.sort_unstable_by_key(|e| (e.first_ns, by_ends(e))),
        FlowSort::Last => entries.sort_unstable_by_key(|e| (Reverse(e.last_ns), by_ends(e))),
        FlowSort::Peer => entries.sort_unstable_by_key(by_ends),
        FlowSort::Rate => entries.sort_unstable_by_key(|e| (Reverse(rate(e)), by_ends(e))),
        _ => entries.sort_unstable_by_key(|e| (Reverse(bytes(e)), by_ends(e))),
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
    let rate = u128::from(bytes(entry)) * u128::from(SECOND_NS) / u128::from(lasted);
    u64::try_from(rate).unwrap_or(u64::MAX)
}

fn total(count: &Count) -> Total {
    Total {
        packets: count.packets,
        bytes: count.bytes,
    }
}

/// A connection in answers; `None` for one of no family, which no table can hold.
pub fn flow(entry: &FlowEntry, now: &Moment) -> Option<Flow> {
    let (peer, local) = ends(&entry.tuple)?;
    let proto = protocol(entry.tuple.protocol);
    let since = |at: u64| now.monotonic.0.saturating_sub(at) / SECOND_NS;
    Some(Flow {
        id: format!("{proto}/{peer}/{local}"),
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
        now: aegis_api::FlowRate::default(),
        verdict: String::new(),
        standing: aegis_api::Standing::default(),
        reason: None,
        place: geo::place(peer.ip()),
    })
}

#[cfg(test)]
mod tests;
