// SPDX-License-Identifier: MIT
//! The order of judgement: the whole policy on one screen.

use crate::Nanos;
use crate::address::Address;
use crate::inspect::Site;
use crate::packet::{Fragment, Packet};
use crate::stage::{allowlist, ban, infrastructure, malformed, spoofed, tcp_anomaly};
use crate::tables::{AddressTables, Tables};
use crate::verdict::Verdict;
use aegis_abi::{Action, Flags, Reason, Settings};

/// Judges a parsed packet. Allowlist and bans are looked up first, infrastructure may set what they
/// say aside, and where neither decides, the first later stage that has an opinion does.
#[inline(always)]
pub fn judge<A: Address, T: Tables + AddressTables<A>>(
    packet: &Packet<A>,
    site: &Site,
    (settings, tables): (&Settings, &T),
    now: Nanos,
) -> Verdict {
    let hook = site.hook;
    let peer = packet.peer(hook);
    let marks = AddressTables::<A>::touched(tables, peer.group());
    let known = allowlist::decide(peer, marks, tables)
        .or_else(|| ban::decide(packet, (hook, marks), tables, now))
        .unwrap_or(Verdict::UNDECIDED);
    infrastructure::decide(packet, (hook, known), (settings, tables), now)
        .or_else(|| known.decided())
        .or_else(|| malformed::decide(packet))
        .or_else(|| {
            site.faces_network()
                .then(|| spoofing(packet, settings))
                .flatten()
        })
        .or_else(|| anomalies(packet, settings))
        .unwrap_or_else(|| default(packet, settings))
}

#[inline(always)]
fn spoofing<A: Address>(packet: &Packet<A>, settings: &Settings) -> Option<Verdict> {
    if settings.flags.has(Flags::SPOOFED_SOURCES) {
        spoofed::decide(packet)
    } else {
        None
    }
}

#[inline(always)]
fn anomalies<A>(packet: &Packet<A>, settings: &Settings) -> Option<Verdict> {
    if settings.flags.has(Flags::TCP_ANOMALIES) {
        tcp_anomaly::decide(packet)
    } else {
        None
    }
}

/// What nobody objected to. A later fragment is as good as its first one, which was judged with
/// its ports: without it the kernel cannot reassemble.
#[inline(always)]
fn default<A>(packet: &Packet<A>, settings: &Settings) -> Verdict {
    match packet.fragment {
        Fragment::Later => Verdict {
            action: later_fragments(settings),
            ..Verdict::pass(Reason::LaterFragment)
        },
        Fragment::Whole | Fragment::First => Verdict::pass(Reason::Default),
    }
}

/// The policy for later fragments that no other stage decided.
#[inline(always)]
pub fn later_fragments(settings: &Settings) -> Action {
    if settings.flags.has(Flags::DROP_LATER_FRAGMENTS) {
        Action::Drop
    } else {
        Action::Pass
    }
}

#[cfg(test)]
mod tests;
