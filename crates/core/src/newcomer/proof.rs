// SPDX-License-Identifier: MIT
//! How a half-open connection becomes a proven one.

use crate::conntrack::record;
use crate::half_open::{self, Entry, release};
use crate::newcomer::segment_of;
use crate::pending::Pending;
use crate::tables::Tables;
use aegis_abi::flow::{half, mark};
use aegis_abi::{Flow, HalfOpen, Origin, Settings, Side, StateCounter};

const NO_SIDE: Side = Side {
    last_ns: 0,
    packets: 0,
    bytes: 0,
    next: 0,
    acknowledged: 0,
    marks: 0,
    reserved: 0,
};

/// Makes a flow of a half-open connection that this packet proves. Where there is no room it stays
/// half-open, marked as proven, so that it goes on for as long as it is not forgotten.
#[inline(never)]
pub fn prove<T: Tables>(
    pending: &Pending,
    (entry, origin): (Entry, Origin),
    (settings, tables): (&Settings, &T),
) {
    let flow = tables.with_half_open(entry, |half| {
        let first = half.marks & half::PROVEN == 0;
        half.marks |= half::PROVEN;
        (flow_of(half, (pending, origin), settings), first)
    });
    let Some((flow, first)) = flow else { return };
    if add(pending, flow, tables) {
        release(entry, tables);
        return;
    }
    tables.with_half_open(entry, |half| {
        half_open::record(half, pending.hook(), pending.size());
    });
    if first {
        tables.count_state(StateCounter::FlowsFull);
    }
}

/// Makes a flow of a connection whose beginning was not seen, if there is room.
#[inline(never)]
pub fn adopt<T: Tables>(pending: &Pending, (settings, tables): (&Settings, &T)) -> bool {
    let flow = Flow {
        first_ns: pending.now().0,
        ingress: NO_SIDE,
        egress: NO_SIDE,
        generation: settings.generation,
        origin: Origin::Unknown as u8,
        reserved: [0; 3],
    };
    let added = add(pending, flow, tables);
    if !added {
        tables.count_state(StateCounter::FlowsFull);
    }
    added
}

#[inline(always)]
fn add<T: Tables>(pending: &Pending, mut flow: Flow, tables: &T) -> bool {
    record(
        &mut flow,
        pending.hook(),
        segment_of(pending),
        pending.size(),
        pending.now(),
    );
    let added = tables.insert_flow(&pending.tuple, &flow);
    if added {
        tables.count_state(StateCounter::FlowsAdded);
    }
    added
}

/// What is known of both sides when the handshake is over.
#[inline(always)]
fn flow_of(half: &HalfOpen, (pending, origin): (&Pending, Origin), settings: &Settings) -> Flow {
    let sequence = if matches!(pending.kind(), crate::pending::Kind::Tcp) {
        mark::SEQUENCE
    } else {
        0
    };
    let side = |packets: u32, bytes: u32, next: u32| Side {
        last_ns: half.first_ns,
        packets: u64::from(packets),
        bytes: u64::from(bytes),
        next,
        marks: sequence,
        ..NO_SIDE
    };
    let (peer_next, local_next) = match origin {
        Origin::Local => (half.responder, half.initiator),
        Origin::Peer | Origin::Unknown => (half.initiator, half.responder),
    };
    Flow {
        first_ns: half.first_ns,
        ingress: side(half.ingress_packets, half.ingress_bytes, peer_next),
        egress: side(half.egress_packets, half.egress_bytes, local_next),
        generation: settings.generation,
        origin: origin as u8 | unseen(half.marks),
        reserved: [0; 3],
    }
}

/// Makes [`Origin::Unknown`] of [`Origin::Peer`] where who spoke first need not have begun what
/// stood. In arithmetic, as the verifier walks both sides of every branch.
#[inline(always)]
fn unseen(marks: u32) -> u8 {
    const _: () = assert!(Origin::Peer as u8 == 0);
    let picked_up = (marks & half::PICKED_UP) / half::PICKED_UP;
    picked_up as u8 * Origin::Unknown as u8
}
