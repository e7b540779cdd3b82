// SPDX-License-Identifier: MIT
//! Bans: an address or a prefix, the whole of it or a port and protocol, until some time. They are
//! looked up before any state, so that a ban cuts a live connection at its next packet. A ban ends
//! at its expiry: a packet at that very nanosecond passes.

use crate::Nanos;
use crate::address::Address;
use crate::packet::Packet;
use crate::tables::{AddressTables, Tables};
use crate::verdict::Verdict;
use aegis_abi::{Ban, Reason, Scope, ScopeKey, tables::touched};

/// Drops all packets of a banned address. A group that no ban touches is not asked for.
#[inline(always)]
pub fn of_address<A: Address, T: AddressTables<A>>(
    peer: A,
    marks: u64,
    tables: &T,
    now: Nanos,
) -> Option<Verdict> {
    if marks & touched::BAN == 0 {
        return None;
    }
    whole(tables.banned(peer), Reason::BanAddress, now)
}

/// What a ban says of all packets of whom it is on.
#[inline(always)]
fn whole(ban: Ban, reason: Reason, now: Nanos) -> Option<Verdict> {
    (ban.expires_ns > now.0).then(|| Verdict::drop(reason).by(ban.rule))
}

/// What is asked of a packet by bans on part of a peer's traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// The destination's port; 0 where there is none.
    pub port: u16,
    /// IP protocol number.
    pub protocol: u8,
}

impl Service {
    /// Of a packet.
    #[inline(always)]
    pub fn of<A: Address>(packet: &Packet<A>) -> Self {
        Self {
            port: packet.ports().map_or(0, |ports| ports.destination),
            protocol: packet.protocol,
        }
    }
}

/// Drops packets of a peer of a banned prefix, and of what is banned in part. Where all that the
/// peer may not do is to begin something, the verdict is [`Reason::BanUnsolicited`], for packets
/// that do. A function of its own: few packets are of a group that is touched by a ban, and those
/// may look the address up again rather than have all others carry what was found.
#[inline(never)]
pub fn of_packet<A: Address, T: Tables + AddressTables<A>>(
    peer: A,
    service: Service,
    tables: &T,
    now: Nanos,
) -> Verdict {
    let (address, prefix) = (tables.banned(peer), tables.banned_prefix(peer));
    if let Some(verdict) = whole(prefix, Reason::BanPrefix, now) {
        return verdict;
    }
    if address.scopes | prefix.scopes == 0 {
        return Verdict::UNDECIDED;
    }
    part(address.scopes, service, tables, now)
        .or_else(|| part(prefix.scopes, service, tables, now))
        .or_else(|| unsolicited(address.scopes, tables, now))
        .or_else(|| unsolicited(prefix.scopes, tables, now))
        .unwrap_or(Verdict::UNDECIDED)
}

/// Bans on beginning connections.
#[inline(always)]
fn unsolicited<T: Tables>(group: u32, tables: &T, now: Nanos) -> Option<Verdict> {
    if group == 0 {
        return None;
    }
    let key = ScopeKey::unsolicited(group);
    live(tables.scope(key), Reason::BanUnsolicited, now)
}

/// Bans on a port, a protocol, or both.
#[inline(always)]
fn part<T: Tables>(
    group: u32,
    Service { port, protocol }: Service,
    tables: &T,
    now: Nanos,
) -> Option<Verdict> {
    if group == 0 {
        return None;
    }
    let banned = |port, protocol| {
        let scope = tables.scope(ScopeKey {
            group,
            port,
            protocol,
            kind: ScopeKey::ALL,
        });
        live(scope, Reason::BanScope, now)
    };
    banned(0, protocol).or_else(|| {
        // A ban on port 0 is one on all ports: it was asked for.
        if port == 0 {
            return None;
        }
        banned(port, protocol).or_else(|| banned(port, ScopeKey::ANY_PROTOCOL))
    })
}

#[inline(always)]
fn live(scope: Scope, reason: Reason, now: Nanos) -> Option<Verdict> {
    (scope.expires_ns > now.0).then(|| Verdict::drop(reason).by(scope.rule))
}
