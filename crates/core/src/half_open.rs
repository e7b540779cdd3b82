// SPDX-License-Identifier: MIT
//! Connections that are not proven yet. They lie apart from those that are, in a table that
//! forgets, so that inventing sources costs nobody his connection. Those that peers begin have one
//! half of the table and those that this side begins the other: strangers fill only theirs.

use crate::Nanos;
use crate::tables::Tables;
use crate::tuple::tag;
use crate::ways::{self, Before, Claim, NONE};
use aegis_abi::flow::half;
use aegis_abi::{Count, HalfOpen, Hook, Settings, StateCounter, Tuple, Ways};

/// Who began the connections of a half of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Begun {
    /// Peers.
    ByPeer = 0,
    /// This side.
    Here = 1,
}

impl Begun {
    /// Whose connection the first packet at a hook begins.
    #[inline(always)]
    pub const fn at(hook: Hook) -> Self {
        if hook.is_ingress() {
            Self::ByPeer
        } else {
            Self::Here
        }
    }

    #[inline(always)]
    fn line(self, tag: u64) -> u32 {
        self as u32 * half::LINES + (tag as u32 & (half::LINES - 1))
    }
}

/// An entry of the table, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry(u32);

impl Entry {
    /// No entry.
    pub const NONE: Self = Self(NONE);

    /// Whether there is one.
    #[inline(always)]
    pub const fn exists(self) -> bool {
        self.0 != NONE
    }

    /// Index into the table.
    #[inline(always)]
    pub const fn index(self) -> u32 {
        self.0
    }

    #[inline(always)]
    const fn of(line: u32, way: u32) -> Self {
        Self(line * Ways::WAYS as u32 + way)
    }
}

/// The entry of a connection that somebody began not too long ago. Whoever looks for it may be a
/// stranger: it is [`touch`]ed where the packet turns out to belong to it.
#[inline(never)]
pub fn find<T: Tables>(
    tuple: &Tuple,
    begun: Begun,
    (settings, tables): (&Settings, &T),
    now: Nanos,
) -> Entry {
    let tag = tag(tuple, settings.seed);
    let line = begun.line(tag);
    let keep = settings.timeouts.half_open;
    let way = tables.with_half_open_ways(line, |ways| ways::find(ways, tag, keep, now));
    match way {
        Some(way) if way != NONE => Entry::of(line, way),
        _ => Entry::NONE,
    }
}

/// An entry for a connection that begins: its own, wiped unless it is being used, or a new one.
#[inline(never)]
pub fn claim<T: Tables>(
    tuple: &Tuple,
    begun: Begun,
    (settings, tables): (&Settings, &T),
    now: Nanos,
) -> Entry {
    let tag = tag(tuple, settings.seed);
    let line = begun.line(tag);
    let keep = settings.timeouts.half_open;
    let claimed = tables.with_half_open_ways(line, |ways| ways::claim(ways, tag, keep, now));
    let Some(Claim { way, before }) = claimed else {
        return Entry::NONE;
    };
    let entry = Entry::of(line, way);
    if matches!(before, Before::Same) {
        return entry;
    }
    if matches!(before, Before::Evicted) {
        tables.count_state(StateCounter::HalfOpenEvicted);
    }
    tables.with_half_open(entry, |half| {
        *half = HalfOpen {
            tuple: *tuple,
            first_ns: now.0,
            ..EMPTY
        };
    });
    entry
}

/// A connection goes on.
#[inline(always)]
pub fn touch<T: Tables>(entry: Entry, tables: &T, now: Nanos) {
    let line = entry.0 / Ways::WAYS as u32;
    let way = entry.0 % Ways::WAYS as u32;
    tables.with_half_open_ways(line, |ways| ways::touch(ways, way, now));
}

/// Forgets a connection.
#[inline(always)]
pub fn release<T: Tables>(entry: Entry, tables: &T) {
    let line = entry.0 / Ways::WAYS as u32;
    let way = entry.0 % Ways::WAYS as u32;
    tables.with_half_open_ways(line, |ways| ways::release(ways, way));
}

/// Counts a packet.
#[inline(always)]
pub fn record(half: &mut HalfOpen, hook: Hook, size: Count) {
    let (packets, bytes) = (size.packets as u32, size.bytes as u32);
    if hook.is_ingress() {
        half.ingress_packets = half.ingress_packets.wrapping_add(packets);
        half.ingress_bytes = half.ingress_bytes.wrapping_add(bytes);
    } else {
        half.egress_packets = half.egress_packets.wrapping_add(packets);
        half.egress_bytes = half.egress_bytes.wrapping_add(bytes);
    }
}

const EMPTY: HalfOpen = HalfOpen {
    tuple: Tuple {
        peer: [0; 16],
        local: [0; 16],
        peer_port: 0,
        local_port: 0,
        protocol: 0,
        family: 0,
        reserved: [0; 2],
    },
    first_ns: 0,
    ingress_packets: 0,
    ingress_bytes: 0,
    egress_packets: 0,
    egress_bytes: 0,
    initiator: 0,
    responder: 0,
    marks: 0,
    reserved: 0,
};
