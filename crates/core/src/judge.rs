// SPDX-License-Identifier: MIT
//! The order of judgement: the whole policy on one screen.

use crate::address::Address;
use crate::inspect::{Sighting, Site};
use crate::packet::Packet;
use crate::pending::Findings;
use crate::pending::mark::{BARRED, EXEMPT, STALE};
use crate::stage::ban::Bans;
use crate::stage::known::Known;
use crate::stage::{allowlist, ban, infrastructure, known, malformed, spoofed};
use crate::tables::{AddressTables, Tables};
use crate::verdict::Verdict;
use aegis_abi::{Flags, Reason, Settings};

/// What the first program comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// [`Verdict::UNDECIDED`] where the packet is left to the second one.
    pub verdict: Verdict,
    /// What it should know then.
    pub findings: Findings,
}

impl Judged {
    #[inline(always)]
    const fn finally(verdict: Verdict) -> Self {
        Self {
            verdict,
            findings: Findings {
                marks: 0,
                allowed_rule: 0,
                barred_rule: 0,
            },
        }
    }
}

/// Judges a parsed packet. Allowlist and bans are looked up first, infrastructure may set what they
/// say aside, and where neither decides, the packet's connection does. What belongs to no known
/// connection is left to [`crate::newcomer`].
#[inline(always)]
pub fn judge<A: Address, T: Tables + AddressTables<A>>(
    packet: &Packet<A>,
    sighting: &Sighting,
    (settings, tables): (&Settings, &T),
) -> Judged {
    let (site, now) = (&sighting.site, sighting.now);
    let hook = site.hook;
    let peer = packet.peer(hook);
    let marks = AddressTables::<A>::touched(tables, peer.group());
    let allowed = allowlist::decide(peer, marks, tables).unwrap_or(Verdict::UNDECIDED);
    let exempt = allowed.decided().is_some();
    let bans = if exempt {
        Bans::NONE
    } else {
        ban::decide(packet, (hook, marks), tables, now)
    };
    let known = if exempt { allowed } else { bans.verdict };
    let decided = infrastructure::decide(packet, (hook, known), (settings, tables), now)
        .or_else(|| bans.verdict.decided())
        .or_else(|| unreadable(packet, allowed));
    if let Some(verdict) = decided {
        return Judged::finally(verdict);
    }
    let connection = known::look_up(packet, sighting, (settings, tables));
    match connection {
        Known::Killed => return Judged::finally(Verdict::drop(Reason::FlowKilled)),
        Known::Established if exempt => return Judged::finally(allowed),
        Known::Established => return Judged::finally(Verdict::pass(Reason::Established)),
        Known::Stale | Known::Unknown => {}
    }
    if let Some(verdict) = spoofing(packet, (site, exempt), settings) {
        return Judged::finally(verdict);
    }
    let mark = |mark: u8, set: bool| if set { mark } else { 0 };
    Judged {
        verdict: Verdict::UNDECIDED,
        findings: Findings {
            marks: mark(EXEMPT, exempt)
                | mark(BARRED, bans.barred)
                | mark(STALE, matches!(connection, Known::Stale)),
            allowed_rule: allowed.rule,
            barred_rule: bans.rule,
        },
    }
}

/// The allowlist exempts from this too.
#[inline(always)]
fn unreadable<A>(packet: &Packet<A>, allowed: Verdict) -> Option<Verdict> {
    let verdict = malformed::decide(packet)?;
    Some(allowed.decided().unwrap_or(verdict))
}

#[inline(always)]
fn spoofing<A: Address>(
    packet: &Packet<A>,
    (site, exempt): (&Site, bool),
    settings: &Settings,
) -> Option<Verdict> {
    if site.faces_network() && !exempt && settings.flags.has(Flags::THREATS) {
        spoofed::decide(packet)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
