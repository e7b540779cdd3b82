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

/// What bans say of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bans {
    /// [`Verdict::UNDECIDED`] where none says anything.
    pub verdict: Verdict,
    /// Whether the peer may not begin connections.
    pub barred: bool,
    /// The rule that says so.
    pub rule: u32,
}

impl Bans {
    /// No ban, every byte defined.
    pub const NONE: Self = Self {
        verdict: Verdict::UNDECIDED,
        barred: false,
        rule: 0,
    };

    #[inline(always)]
    const fn banned(verdict: Verdict) -> Self {
        Self {
            verdict,
            ..Self::NONE
        }
    }
}

/// Drops packets of banned peers, and says whether they may begin connections.
#[inline(always)]
pub fn decide<A: Address, T: Tables + AddressTables<A>>(
    packet: &Packet<A>,
    (hook, marks): (Hook, u64),
    tables: &T,
    now: Nanos,
) -> Bans {
    if marks & touched::BAN == 0 {
        return Bans::NONE;
    }
    let peer = packet.peer(hook);
    let address = tables.banned(peer);
    if address.expires_ns > now.0 {
        return Bans::banned(Verdict::drop(Reason::BanAddress).by(address.rule));
    }
    let prefix = tables.banned_prefix(peer);
    if prefix.expires_ns > now.0 {
        return Bans::banned(Verdict::drop(Reason::BanPrefix).by(prefix.rule));
    }
    if address.scopes | prefix.scopes == 0 {
        return Bans::NONE;
    }
    let scoped = part(address.scopes, packet, tables, now)
        .or_else(|| part(prefix.scopes, packet, tables, now));
    if let Some(verdict) = scoped {
        return Bans::banned(verdict);
    }
    let own = barred(address.scopes, tables, now);
    if own.barred {
        own
    } else {
        barred(prefix.scopes, tables, now)
    }
}

/// Bans on beginning connections.
#[inline(always)]
fn barred<T: Tables>(group: u32, tables: &T, now: Nanos) -> Bans {
    if group == 0 {
        return Bans::NONE;
    }
    let scope = tables.scope(ScopeKey::unsolicited(group));
    Bans {
        verdict: Verdict::UNDECIDED,
        barred: scope.expires_ns > now.0,
        rule: scope.rule,
    }
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
            kind: ScopeKey::ALL,
        });
        (scope.expires_ns > now.0).then(|| Verdict::drop(Reason::BanScope).by(scope.rule))
    };
    live(0, packet.protocol).or_else(|| {
        let port = packet.ports()?.destination;
        live(port, packet.protocol).or_else(|| live(port, ScopeKey::ANY_PROTOCOL))
    })
}
