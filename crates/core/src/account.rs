// SPDX-License-Identifier: MIT
//! The one place where a verdict is counted and, if that is due, reported.
//!
//! A report is never made per packet: each source and reason has a budget, and each reason one of
//! its own for when sources are invented. What goes over budget is counted.

use crate::Nanos;
use crate::address::Address;
use crate::bucket::admit;
use crate::inspect::Site;
use crate::packet::{Packet, Ports, Transport};
use crate::tables::{EventOutcome, Tables};
use crate::verdict::Verdict;
use aegis_abi::{Action, BudgetSlot, CounterSlot, Event, Family, Flags, Reason, Settings};

/// Whose verdict is in.
#[derive(Clone, Copy)]
pub struct Subject {
    /// What it is counted under.
    pub family: Family,
    /// Bytes of the frame.
    pub length: usize,
    /// The source, mixed into 32 bits; 0 where there is none.
    pub source_hash: u32,
}

/// What an event says of a packet, whatever became of it.
#[inline(always)]
pub fn describe<A: Address>(packet: &Packet<A>) -> Event {
    let ports = packet.ports().unwrap_or(Ports { source: 0, destination: 0 });
    let (tcp_flags, icmp_type, icmp_code) = match packet.transport {
        Transport::Tcp { flags, .. } => (flags.0, 0, 0),
        Transport::Icmp { kind, code } => (0, kind, code),
        _ => (0, 0, 0),
    };
    Event {
        source: packet.source.widen(),
        destination: packet.destination.widen(),
        source_port: ports.source,
        destination_port: ports.destination,
        tcp_flags,
        protocol: packet.protocol,
        hop_limit: packet.hop_limit,
        icmp_type,
        icmp_code,
        ..Event::EMPTY
    }
}

/// Counts the verdict, and sends an event if one is due. `description` is asked for only then.
#[inline(always)]
pub fn account<T: Tables>(
    (subject, description): (Subject, impl FnOnce() -> Event),
    site: &Site,
    verdict: Verdict,
    (settings, tables): (&Settings, &T),
    now: Nanos,
) {
    let slot = CounterSlot { hook: site.hook, family: subject.family, reason: verdict.reason };
    tables.count(slot, subject.length as u64);
    let worth_telling =
        matches!(verdict.action, Action::Drop) || settings.flags.has(Flags::VERBOSE);
    if !worth_telling {
        return;
    }
    let outcome = match budget(subject.source_hash, verdict.reason, (settings, tables), now) {
        None => EventOutcome::Suppressed,
        Some(suppressed) => {
            let mut event = description();
            event.time_ns = now.0;
            event.length = subject.length as u32;
            event.interface = site.interface;
            event.rule = verdict.rule;
            event.suppressed = suppressed;
            event.reason = verdict.reason.code();
            event.action = verdict.action.code();
            event.hook = site.hook.code();
            event.family = subject.family.code();
            if tables.emit(&event) { EventOutcome::Sent } else { EventOutcome::Lost }
        }
    };
    tables.count_event(verdict.reason, outcome);
}

/// How many events of this source and reason were held back since the last one, or `None` if
/// this one is to be held back too.
#[inline(always)]
fn budget<T: Tables>(
    source_hash: u32,
    reason: Reason,
    (settings, tables): (&Settings, &T),
    now: Nanos,
) -> Option<u32> {
    let owner = fingerprint(source_hash, reason);
    let slot = (owner >> 8) & (BudgetSlot::SLOTS - 1);
    tables.with_budget(slot, |slot| {
        if slot.owner != owner {
            *slot = BudgetSlot { owner, ..BudgetSlot::EMPTY };
        }
        let due = admit(&mut slot.arrival_ns, settings.event_source, now)
            && tables.with_reason_budget(reason, |arrival_ns| {
                admit(arrival_ns, settings.event_reason, now)
            }) == Some(true);
        if due {
            Some(core::mem::take(&mut slot.suppressed))
        } else {
            slot.suppressed = slot.suppressed.saturating_add(1);
            None
        }
    })?
}

#[inline(always)]
fn fingerprint(source_hash: u32, reason: Reason) -> u32 {
    (source_hash ^ (reason.code() as u32) << 24).wrapping_mul(0x85eb_ca6b) | 1
}
