// SPDX-License-Identifier: MIT
//! One packet, from its first byte to its verdict, counted and reported.

use crate::Nanos;
use crate::account::{count, lose, tell};
use crate::address::{Address, V4, V6, mix};
use crate::frame::Frame;
use crate::judge::judge;
use crate::malformed::Malformed;
use crate::newcomer;
use crate::parse::ethernet::{self, ethertype};
use crate::parse::{Network, network_header};
use crate::pending::{Findings, Pending, mark};
use crate::stage::infrastructure::within_rate;
use crate::tables::{AddressTables, Tables};
use crate::verdict::Verdict;
use aegis_abi::{Action, Count, CounterSlot, Family, Hook, Infrastructure, Link, Reason, Settings};

/// Where a packet is met.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Which hook runs.
    pub hook: Hook,
    /// What frames begin with.
    pub link: Link,
    /// Whether the interface is a loopback, where every address may be a source.
    pub loopback: bool,
    /// Index of the interface.
    pub interface: u32,
}

/// One packet at one hook: where, how much, and when.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// Where.
    pub site: Site,
    /// Bytes of the frame, and the packets it stands for.
    pub size: Count,
    /// When.
    pub now: Nanos,
}

/// What the first leg comes to: a [`Verdict`] and what is left to do, in the one word that a
/// function of the kernel's programs returns without going through memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    action: Action,
    reason: Reason,
    family: Family,
    rule: u32,
    /// Whether there is a second leg, [`consider`]: nothing is decided yet, or an event is due.
    pub goes_on: bool,
}

const _: () = assert!(size_of::<Leg>() == 8);

impl Leg {
    #[inline(always)]
    const fn of(family: Family, verdict: Verdict, goes_on: bool) -> Self {
        let Verdict {
            action,
            reason,
            rule,
        } = verdict;
        Self {
            action,
            reason,
            family,
            rule,
            goes_on,
        }
    }

    /// Counts what is lost where the second leg cannot be gone on: an event that was due.
    #[inline(always)]
    pub fn cut_short<T: Tables>(self, hook: Hook, tables: &T) {
        if self.verdict().decided().is_some() {
            let slot = CounterSlot::index_of(hook, self.family, self.reason as u8);
            tables.with_tally(slot, lose);
        }
    }

    /// What becomes of the packet, unless the second leg knows better.
    #[inline(always)]
    pub const fn verdict(self) -> Verdict {
        Verdict {
            action: self.action,
            reason: self.reason,
            rule: self.rule,
        }
    }
}

/// Judges one frame, counts it, and reports it if that is due.
#[inline(always)]
pub fn inspect<F: Frame, T: Tables>(
    frame: &F,
    site: &Site,
    context: (&Settings, &T),
    now: Nanos,
) -> Verdict {
    let leg = triage(frame, site, context, now);
    if !leg.goes_on {
        return leg.verdict();
    }
    let considered = context
        .1
        .with_deferred(|pending| second_leg(frame, pending, context));
    considered.flatten().unwrap_or(leg.verdict())
}

/// The first leg: what is known of a packet. It is counted here if that decides it.
#[inline(always)]
pub fn triage<F: Frame, T: Tables>(
    frame: &F,
    site: &Site,
    context: (&Settings, &T),
    now: Nanos,
) -> Leg {
    let size = Count {
        packets: u64::from(frame.segments()),
        bytes: frame.length() as u64,
    };
    let sighting = Sighting {
        site: *site,
        size,
        now,
    };
    match network_header(frame, site.link) {
        Ok((ethertype::IPV4, at)) => at_hook::<V4, F, T>(frame, at, &sighting, context),
        Ok((ethertype::IPV6, at)) => at_hook::<V6, F, T>(frame, at, &sighting, context),
        Ok((ethertype, _)) => not_ip(frame, ethertype, &sighting, context),
        Err(malformed) => bare(frame, malformed.verdict(), &sighting, context),
    }
}

/// What is not IP: all of it passes, ARP within its rate.
#[inline(never)]
fn not_ip<F: Frame, T: Tables>(
    frame: &F,
    ethertype: u16,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Leg {
    let verdict = if ethertype == ethertype::ARP {
        let sender = link_hash(ethernet::sender(frame), context.0.seed);
        let kind = (Infrastructure::Arp, sender);
        within_rate(kind, sighting.site.hook, context, sighting.now)
    } else {
        Verdict::pass(Reason::NotIp)
    };
    bare(frame, verdict, sighting, context)
}

/// What is of no family.
#[inline(never)]
fn bare<F: Frame, T: Tables>(
    frame: &F,
    verdict: Verdict,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Leg {
    settle(
        frame,
        ((Family::Other, 0), || 0),
        verdict,
        sighting,
        context,
    )
}

/// The second leg: what begins, answers or belongs to nothing is judged, and what is due is told.
#[inline(always)]
pub fn consider<F: Frame, T: Tables>(
    frame: &F,
    pending: &mut Pending,
    context: (&Settings, &T),
) -> Action {
    match second_leg(frame, pending, context) {
        Some(verdict) => verdict.action,
        None => pending.action(),
    }
}

/// The verdict of the second leg; `None` where the first one had one.
#[inline(always)]
fn second_leg<F: Frame, T: Tables>(
    frame: &F,
    pending: &mut Pending,
    context: (&Settings, &T),
) -> Option<Verdict> {
    let readable = note(frame, pending);
    if pending.is_decided() {
        tell(pending, context.1);
        return None;
    }
    let judged = match readable {
        true => newcomer::judge(frame, pending, context),
        // It could be read a moment ago.
        false => Malformed::IpVersion.verdict(),
    };
    let verdict = if pending.has(mark::EXEMPT) {
        Verdict::pass(Reason::Allowlist).by(pending.allowed_rule())
    } else {
        judged
    };
    // As in `settle`: what follows is the same for whatever was decided.
    let verdict = Verdict {
        action: frame.obscure(verdict.action),
        reason: frame.obscure(verdict.reason),
        rule: verdict.rule,
    };
    settle_pending(pending, verdict, context);
    Some(verdict)
}

/// Notes what a packet says; whether it has addresses that can be read. A function of its own:
/// nothing is left of it but what was noted.
#[inline(never)]
pub(crate) fn note<F: Frame>(frame: &F, pending: &mut Pending) -> bool {
    let at = pending.at().network as usize;
    let read = match pending.family() {
        Family::V4 => V4::parse(frame, at).map(|packet| pending.note(&packet)),
        Family::V6 => V6::parse(frame, at).map(|packet| pending.note(&packet)),
        Family::Other => Err(Malformed::IpVersion),
    };
    if read.is_err() {
        pending.note_nothing();
    }
    read.is_ok()
}

/// Counts and reports what the second leg decided. A function of its own, so that its memory is
/// not needed while there still is something to decide.
#[inline(never)]
fn settle_pending<T: Tables>(pending: &mut Pending, verdict: Verdict, context: (&Settings, &T)) {
    if context.1.rehearsed(pending.interface(), verdict) {
        return;
    }
    let slot = CounterSlot {
        hook: pending.hook(),
        family: pending.family(),
        reason: verdict.reason,
    };
    let source_hash = || sender_hash(pending, context.0.seed);
    let judged = (verdict.action, pending.size());
    if let Some(suppressed) = count((slot, source_hash), judged, context, pending.now()) {
        pending.note_verdict(verdict, suppressed);
        tell(pending, context.1);
    }
}

/// An IP packet, at the hook where it is.
#[inline(always)]
fn at_hook<A: Network, F: Frame, T: Tables + AddressTables<A>>(
    frame: &F,
    at: usize,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Leg {
    match sighting.site.hook.is_ingress() {
        true => packet_path::<A, F, T, true>(frame, at, sighting, context),
        false => packet_path::<A, F, T, false>(frame, at, sighting, context),
    }
}

/// An IP packet: judged and accounted for, or left to the second leg. One for each way, so that nobody
/// asks which address is whose; and a part of the program, as a call would cost a banned packet an
/// eighth of all that it costs.
#[inline(always)]
fn packet_path<A: Network, F: Frame, T: Tables + AddressTables<A>, const ARRIVES: bool>(
    frame: &F,
    at: usize,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Leg {
    let head = match A::head(frame, at) {
        Ok(head) => head,
        Err(malformed) => return unreadable::<A, F, T>(frame, malformed, sighting, context),
    };
    let read = || A::packet(&head, frame);
    let judged = judge::<ARRIVES, A, T>(&head, read, sighting, context);
    if judged.verdict.decided().is_none() {
        defer((A::FAMILY, at), sighting, judged.findings, context);
        return Leg::of(A::FAMILY, judged.verdict, true);
    }
    let source_hash = || head.source.hash(context.0.seed);
    settle(
        frame,
        ((A::FAMILY, at), source_hash),
        judged.verdict,
        sighting,
        context,
    )
}

/// An IP packet that ends before its addresses, or contradicts itself about where it ends.
#[inline(never)]
fn unreadable<A: Address, F: Frame, T: Tables>(
    frame: &F,
    malformed: Malformed,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Leg {
    let verdict = malformed.verdict();
    settle(frame, ((A::FAMILY, 0), || 0), verdict, sighting, context)
}

/// Counts a verdict. An event of it is left to the second leg, if one is due.
#[inline(always)]
fn settle<F: Frame, T: Tables>(
    frame: &F,
    (network, source_hash): ((Family, usize), impl FnOnce() -> u32),
    verdict: Verdict,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Leg {
    let verdict = Verdict {
        action: frame.obscure(verdict.action),
        reason: frame.obscure(verdict.reason),
        rule: verdict.rule,
    };
    if context.1.rehearsed(sighting.site.interface, verdict) {
        return Leg::of(network.0, verdict, false);
    }
    let slot = CounterSlot {
        hook: sighting.site.hook,
        family: network.0,
        reason: verdict.reason,
    };
    let judged = (verdict.action, sighting.size);
    let suppressed = count((slot, source_hash), judged, context, sighting.now);
    if let Some(suppressed) = suppressed {
        context.1.with_deferred(|pending| {
            pending.note_sighting(sighting, network, context.0);
            pending.note_verdict(verdict, suppressed);
        });
    }
    Leg::of(network.0, verdict, suppressed.is_some())
}

/// Leaves a packet to the second leg.
#[inline(always)]
fn defer<T: Tables>(
    network: (Family, usize),
    sighting: &Sighting,
    findings: Findings,
    context: (&Settings, &T),
) {
    context.1.with_deferred(|pending| {
        pending.note_sighting(sighting, network, context.0);
        pending.note_verdict(Verdict::UNDECIDED, 0);
        pending.note_findings(findings);
    });
}

/// As [`Address::hash`] of the source.
#[inline(always)]
fn sender_hash(pending: &Pending, seed: u32) -> u32 {
    let source = if pending.hook().is_ingress() {
        pending.tuple.peer
    } else {
        pending.tuple.local
    };
    let [a, b, c, d, ..] = source;
    match pending.family() {
        Family::V6 => V6::new(source).hash(seed),
        _ => V4::new([a, b, c, d]).hash(seed),
    }
}

/// As [`Address::hash`], of a link address.
#[inline(always)]
fn link_hash([a, b, c, d, e, f]: [u8; 6], seed: u32) -> u32 {
    mix(mix(u32::from_be_bytes([a, b, c, d]) ^ seed) ^ u32::from_be_bytes([0, 0, e, f]))
}
