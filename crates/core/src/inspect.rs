// SPDX-License-Identifier: MIT
//! One packet, from its first byte to its verdict, counted and reported.

use crate::Nanos;
use crate::account::{Subject, account, describe};
use crate::address::{Address, V4, V6, mix};
use crate::frame::Frame;
use crate::judge::judge;
use crate::newcomer;
use crate::packet::Packet;
use crate::parse::{Parsed, Unreadable, parse};
use crate::pending::{Pending, mark};
use crate::stage::infrastructure::within_rate;
use crate::tables::{AddressTables, Tables};
use crate::verdict::Verdict;
use aegis_abi::{Count, Event, Family, Hook, Infrastructure, Link, Reason, Settings};

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

impl Site {
    /// Whether packets come from a network here.
    #[inline(always)]
    pub fn faces_network(&self) -> bool {
        self.hook.is_ingress() && !self.loopback
    }
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

/// Judges one frame, counts it, and reports it if that is due.
#[inline(always)]
pub fn inspect<F: Frame, T: Tables>(
    frame: &F,
    site: &Site,
    context: (&Settings, &T),
    now: Nanos,
) -> Verdict {
    let verdict = triage(frame, site, context, now);
    match verdict.decided() {
        Some(verdict) => verdict,
        None => context
            .1
            .with_deferred(|pending| consider(frame, pending, context))
            .unwrap_or(verdict),
    }
}

/// The first half: what is known of a packet. [`Verdict::UNDECIDED`] where the packet was deferred
/// to the second half, [`consider`], which counts it then.
#[inline(always)]
pub fn triage<F: Frame, T: Tables>(
    frame: &F,
    site: &Site,
    context: (&Settings, &T),
    now: Nanos,
) -> Verdict {
    let size = Count {
        packets: u64::from(frame.segments()),
        bytes: frame.length() as u64,
    };
    let sighting = Sighting {
        site: *site,
        size,
        now,
    };
    // By reference: a copy would read bytes of variants that were not parsed.
    match &parse(frame, site.link) {
        Ok(Parsed::V4(packet)) => packet_path(packet, &sighting, context),
        Ok(Parsed::V6(packet)) => packet_path(packet, &sighting, context),
        Ok(Parsed::Arp { sender }) => {
            let verdict = within_rate(
                (Infrastructure::Arp, link_hash(*sender, context.0.seed)),
                site.hook,
                context,
                now,
            );
            bare(Family::Other, verdict, &sighting, context)
        }
        Ok(Parsed::NotIp) => {
            let verdict = Verdict::pass(Reason::NotIp);
            bare(Family::Other, verdict, &sighting, context)
        }
        Err(Unreadable { family, malformed }) => {
            bare(*family, malformed.verdict(), &sighting, context)
        }
    }
}

/// The second half: what begins, answers or belongs to nothing.
#[inline(always)]
pub fn consider<F: Frame, T: Tables>(
    frame: &F,
    pending: &Pending,
    context: (&Settings, &T),
) -> Verdict {
    let judged = newcomer::judge(frame, pending, context);
    let verdict = if pending.has(mark::EXEMPT) {
        Verdict::pass(Reason::Allowlist).by(pending.allowed_rule())
    } else {
        judged
    };
    settle(pending, verdict, context);
    verdict
}

/// Counts and reports what the second half decided. A function of its own, so that its memory is
/// not needed while there still is something to decide.
#[inline(never)]
fn settle<T: Tables>(pending: &Pending, verdict: Verdict, context: (&Settings, &T)) {
    let subject = Subject {
        place: (pending.hook(), pending.interface()),
        family: pending.family(),
        size: pending.size(),
        source_hash: sender_hash(pending, context.0.seed),
    };
    account(
        (subject, || pending.describe()),
        verdict,
        context,
        pending.now(),
    );
}

/// A packet with addresses: judged, then accounted for.
#[inline(always)]
fn packet_path<A: Address, T: Tables + AddressTables<A>>(
    packet: &Packet<A>,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Verdict {
    let verdict = first_half(packet, sighting, context);
    if verdict.decided().is_some() {
        tell(packet, verdict, sighting, context);
    }
    verdict
}

/// Judges a packet, or leaves it to the second half.
#[inline(never)]
fn first_half<A: Address, T: Tables + AddressTables<A>>(
    packet: &Packet<A>,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Verdict {
    let judged = judge(packet, sighting, context);
    if judged.verdict.decided().is_none() {
        context
            .1
            .with_deferred(|pending| pending.note(packet, sighting, judged.findings));
    }
    judged.verdict
}

/// As [`settle`], of a packet of which nothing is pending.
#[inline(never)]
fn tell<A: Address, T: Tables>(
    packet: &Packet<A>,
    verdict: Verdict,
    sighting: &Sighting,
    context: (&Settings, &T),
) {
    let subject = Subject {
        place: (sighting.site.hook, sighting.site.interface),
        family: A::FAMILY,
        size: sighting.size,
        source_hash: packet.source.hash(context.0.seed),
    };
    account(
        (subject, || describe(packet)),
        verdict,
        context,
        sighting.now,
    );
}

/// A frame without addresses, of which little can be said.
#[inline(always)]
fn bare<T: Tables>(
    family: Family,
    verdict: Verdict,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Verdict {
    let subject = Subject {
        place: (sighting.site.hook, sighting.site.interface),
        family,
        size: sighting.size,
        source_hash: 0,
    };
    account((subject, || Event::EMPTY), verdict, context, sighting.now);
    verdict
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
        Family::V6 => V6(source).hash(seed),
        _ => V4([a, b, c, d]).hash(seed),
    }
}

/// As [`Address::hash`], of a link address.
#[inline(always)]
fn link_hash([a, b, c, d, e, f]: [u8; 6], seed: u32) -> u32 {
    mix(mix(u32::from_be_bytes([a, b, c, d]) ^ seed) ^ u32::from_be_bytes([0, 0, e, f]))
}
