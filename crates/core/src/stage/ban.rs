// SPDX-License-Identifier: MIT
//! Bans: an address or a prefix, the whole of it or a port and protocol, until some time. They are
//! looked up before any state, so that a ban cuts a live connection at its next packet. A ban ends
//! at its expiry: a packet at that very nanosecond passes.

use crate::Nanos;
use crate::address::Address;
use crate::packet::Packet;
use crate::tables::{AddressTables, Tables};
use crate::verdict::Verdict;
use aegis_abi::{Hook, Reason, ScopeKey, tables::touched};

/// Drops packets of banned peers.
#[inline(always)]
pub fn decide<A: Address, T: Tables + AddressTables<A>>(
    packet: &Packet<A>,
    (hook, marks): (Hook, u64),
    tables: &T,
    now: Nanos,
) -> Option<Verdict> {
    if marks & touched::BAN == 0 {
        return None;
    }
    let peer = packet.peer(hook);
    let address = tables.banned(peer);
    if address.expires_ns > now.0 {
        return Some(Verdict::drop(Reason::BanAddress).by(address.rule));
    }
    let prefix = tables.banned_prefix(peer);
    if prefix.expires_ns > now.0 {
        return Some(Verdict::drop(Reason::BanPrefix).by(prefix.rule));
    }
    part(address.scopes, packet, tables, now).or_else(|| part(prefix.scopes, packet, tables, now))
}

/// Bans on a port, a protocol, or both.
#[inline(always)]
fn part<A: Address, T: Tables>(
    group: u32,
    packet: &Packet<A>,
    tables: &T,
    now: Nanos,
) -> Option<Verdict> {
    if group == 0 {
        return None;
    }
    let live = |port, protocol| {
        let scope = tables.scope(ScopeKey {
            group,
            port,
            protocol,
            reserved: 0,
        });
        (scope.expires_ns > now.0).then(|| Verdict::drop(Reason::BanScope).by(scope.rule))
    };
    live(0, packet.protocol).or_else(|| {
        let port = packet.ports()?.destination;
        live(port, packet.protocol).or_else(|| live(port, ScopeKey::ANY_PROTOCOL))
    })
}
