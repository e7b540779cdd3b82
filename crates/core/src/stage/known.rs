// SPDX-License-Identifier: MIT
//! Packets of a connection that is known: one look-up, and they are accounted for.

use crate::Nanos;
use crate::address::Address;
use crate::conntrack::{Segment, State, is_live, record, state};
use crate::inspect::Sighting;
use crate::packet::{Packet, Transport};
use crate::tables::AddressTables;
use crate::tcp::TcpFlags as F;
use crate::tuple::ends_of;
use aegis_abi::{Flow, Hook, Settings};

/// What is known of a packet's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Known {
    /// Nothing, or the packet may begin another one in its place.
    Unknown,
    /// It stands, and this packet belongs to it.
    Established,
    /// It stands, but was judged under another policy.
    Stale,
    /// The operator has ended it.
    Killed,
}

/// Looks a packet's connection up, and counts the packet if that is all there is to do.
#[inline(always)]
pub fn look_up<const ARRIVES: bool, A: Address, T: AddressTables<A>>(
    packet: &Packet<A>,
    sighting: &Sighting,
    (settings, tables): (&Settings, &T),
) -> Known {
    let (hook, now) = (Hook::of_arriving(ARRIVES), sighting.now);
    let segment = match packet.transport() {
        Transport::Tcp { flags, numbers, .. } if continues(flags) => Segment { flags, numbers },
        Transport::Tcp { .. } => return Known::Unknown,
        _ => Segment::NONE,
    };
    let Some(ends) = ends_of(packet, hook) else {
        return Known::Unknown;
    };
    let known = tables.with_own_flow(ends, |flow| {
        let known = known(flow, packet.protocol, settings, now);
        if matches!(known, Known::Established) {
            record(flow, hook, segment, sighting.size, now);
        }
        known
    });
    match known {
        Some(known) => known,
        None => Known::Unknown,
    }
}

/// Flags of a segment in the middle of a connection. Any other combination begins one, or is none
/// that a stack sends.
#[inline(always)]
pub const fn continues(flags: F) -> bool {
    flags.any(F::ACK.with(F::RST)) && !flags.any(F::SYN) && !flags.has(F::FIN.with(F::RST))
}

#[inline(always)]
fn known(flow: &Flow, protocol: u8, settings: &Settings, now: Nanos) -> Known {
    if !is_live(flow, protocol, &settings.timeouts, now) {
        Known::Unknown
    } else if matches!(state(flow), State::Killed) {
        Known::Killed
    } else if matches!(state(flow), State::Reset) {
        // Another connection may have begun in its place.
        Known::Unknown
    } else if flow.generation != settings.generation {
        Known::Stale
    } else {
        Known::Established
    }
}
