// SPDX-License-Identifier: MIT
//! The order of judgement: the whole policy on one screen.

use crate::address::Address;
use crate::inspect::{Sighting, Site};
use crate::packet::{Head, Packet};
use crate::pending::Findings;
use crate::pending::mark::{BARRED, EXEMPT, STALE, of_lists};
use crate::stage::ban::Service;
use crate::stage::known::Known;
use crate::stage::{allowlist, ban, infrastructure, known, list, malformed, spoofed};
use crate::tables::{AddressTables, Tables};
use crate::verdict::Verdict;
use aegis_abi::tables::touched;
use aegis_abi::{Action, Flags, Hook, Reason, Settings};

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

/// Judges a packet. Who its peer is comes first: the allowlist, a ban on the very address, and lists,
/// for which nothing else has to be `read`. Infrastructure may set aside what wider bans say, and where
/// none of these decides, the packet's connection does. What belongs to no known connection is left
/// to [`crate::newcomer`].
#[inline(always)]
pub fn judge<const ARRIVES: bool, A: Address, T: Tables + AddressTables<A>>(
    head: &Head<A>,
    read: impl FnOnce() -> Packet<A>,
    sighting: &Sighting,
    (settings, tables): (&Settings, &T),
) -> Judged {
    let (hook, now) = (Hook::of_arriving(ARRIVES), sighting.now);
    let peer = head.peer(hook);
    let marks = AddressTables::<A>::touched(tables, peer.group());
    let standing = match marks {
        0 => Verdict::UNDECIDED,
        _ => standing((peer, marks), sighting, (settings, tables)),
    };
    if matches!(standing.action, Action::Drop) {
        return Judged::finally(standing);
    }
    // What is left to decide anything is the allowlist.
    let allowed = standing;
    let exempt = allowed.decided().is_some();
    let packet = &read();
    let banned = match exempt || marks & touched::BAN == 0 {
        true => Verdict::UNDECIDED,
        false => ban::of_packet(peer, Service::of(packet), tables, now),
    };
    let barred = matches!(banned.reason, Reason::BanUnsolicited);
    let known = match (exempt, barred) {
        (true, _) => allowed,
        (false, true) => Verdict::UNDECIDED,
        (false, false) => banned,
    };
    let decided = infrastructure::decide(packet, (hook, known), (settings, tables), now)
        .or_else(|| known.decided().filter(|_| !exempt))
        .or_else(|| unreadable(packet, allowed));
    if let Some(verdict) = decided {
        return Judged::finally(verdict);
    }
    let connection = known::look_up::<ARRIVES, A, T>(packet, sighting, (settings, tables));
    match connection {
        Known::Killed => return Judged::finally(Verdict::drop(Reason::FlowKilled)),
        Known::Established if exempt => return Judged::finally(allowed),
        Known::Established => return Judged::finally(Verdict::pass(Reason::Established)),
        Known::Stale | Known::Unknown => {}
    }
    if let Some(verdict) = spoofing(packet, (hook, exempt), (settings, &sighting.site)) {
        return Judged::finally(verdict);
    }
    let mark = |mark: u8, set: bool| if set { mark } else { 0 };
    Judged {
        verdict: Verdict::UNDECIDED,
        findings: Findings {
            marks: mark(EXEMPT, exempt)
                | mark(BARRED, barred)
                | mark(STALE, matches!(connection, Known::Stale))
                | of_lists(marks),
            allowed_rule: allowed.rule,
            barred_rule: banned.rule,
        },
    }
}

/// What is known of a peer of a touched group, whatever its packet is: a pass if it is allowed, a
/// drop if the very address is banned, or is on a list that says so.
#[inline(always)]
fn standing<A: Address, T: Tables + AddressTables<A>>(
    (peer, marks): (A, u64),
    sighting: &Sighting,
    (settings, tables): (&Settings, &T),
) -> Verdict {
    allowlist::decide(peer, marks, settings.generation, tables)
        .or_else(|| ban::of_address(peer, marks, tables, sighting.now))
        .or_else(|| list::decide(peer, marks, sighting, (settings, tables)))
        .unwrap_or(Verdict::UNDECIDED)
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
    (hook, exempt): (Hook, bool),
    (settings, site): (&Settings, &Site),
) -> Option<Verdict> {
    let faces_network = hook.is_ingress() && !site.loopback;
    if faces_network && !exempt && settings.flags.has(Flags::THREATS) {
        spoofed::decide(packet)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
