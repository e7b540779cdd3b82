// SPDX-License-Identifier: MIT
//! What keeps strangers in bounds: what a source may do ([`crate::source`]), and what all of them
//! may do together.

use crate::bucket::admit;
use crate::newcomer::outcast;
use crate::pending::{Pending, mark};
use crate::source::{Answer, Request, ask, forget, forgive, punish};
use crate::tables::Tables;
use crate::tuple::{source_address, source_tag};
use crate::verdict::Verdict;
use crate::ways::{self, Before, Claim};
use aegis_abi::{Flags, HostBucket, Offence, Reason, Settings, Source, StateCounter, Ways};

/// Judges whoever begins something: bans on beginning, what lists and places say of it, then the
/// source's own bounds. A peer that
/// the allowlist exempts is never charged.
#[inline(always)]
pub fn admit_newcomer<T: Tables>(
    pending: &Pending,
    request: Request,
    context: (&Settings, &T),
) -> (Verdict, bool) {
    if pending.has(mark::EXEMPT) {
        return (Verdict::UNDECIDED, false);
    }
    let barred = outcast::barred(pending, context.1);
    if barred.decided().is_some() {
        return (barred, false);
    }
    let answer = charge(pending, request, context);
    (answer.verdict(), answer.counted)
}

/// Charges the source of a packet.
#[inline(never)]
pub fn charge<T: Tables>(
    pending: &Pending,
    request: Request,
    (settings, tables): (&Settings, &T),
) -> Answer {
    let watched = Flags::PORT_SCAN.with(Flags::RATE_LIMIT);
    if !pending.hook().is_ingress() || !settings.flags.any(watched) {
        return Answer::GRANTED;
    }
    let index = claim(pending, (settings, tables));
    let port = pending.tuple.local_port;
    let answer = tables.with_source(index, |source| {
        ask(source, request, port, settings, pending.now())
    });
    let Some(answer) = answer else {
        return Answer::GRANTED;
    };
    if answer.offence {
        offend(pending, index, answer.reason, (settings, tables));
    }
    answer
}

/// The entry of a packet's source, made if there was none.
#[inline(always)]
fn claim<T: Tables>(pending: &Pending, (settings, tables): (&Settings, &T)) -> u32 {
    let tag = source_tag(&pending.tuple, settings.seed);
    let line = tag as u32 & (Source::LINES - 1);
    let keep = settings.scan_window_ns;
    let claimed = tables.with_source_ways(line, |ways| ways::claim(ways, tag, keep, pending.now()));
    let (way, before) = match claimed {
        Some(Claim { way, before }) => (way, before),
        None => (0, Before::Same),
    };
    if matches!(before, Before::Evicted) {
        tables.count_state(StateCounter::SourcesEvicted);
    }
    let index = line * Ways::WAYS as u32 + way;
    // The tag tells, rather than `before`: a source that comes back keeps its strikes.
    tables.with_source(index, |source| {
        if source.tag != tag {
            *source = Source {
                tag,
                window_ns: pending.now().0,
                address: source_address(&pending.tuple),
                family: pending.tuple.family,
                ..NOBODY
            };
        }
    });
    index
}

/// Tells of an offence and lets the source cool down, unless it is one that must never be.
#[inline(never)]
fn offend<T: Tables>(
    pending: &Pending,
    index: u32,
    what: Reason,
    (settings, tables): (&Settings, &T),
) {
    let address = source_address(&pending.tuple);
    let protected = tables.protected(&address) || tables.protected(&pending.tuple.peer);
    if protected {
        tables.count_state(StateCounter::OffencesProtected);
        tables.with_source(index, forget);
        return;
    }
    let offence = tables.with_source(index, |source| {
        let told = Offence {
            time_ns: pending.now().0,
            window_ns: source.window_ns,
            until_ns: 0,
            address,
            packets: source.packets,
            refused: source.refused,
            recent: source.recent,
            tried: source.tried,
            port: pending.tuple.local_port,
            reason: what.code(),
            family: pending.tuple.family,
            proven: 0,
            strikes: source.strikes.saturating_add(1),
        };
        punish(source, settings, pending.now());
        Offence {
            until_ns: source.cool_until_ns,
            ..told
        }
    });
    let told = match offence {
        Some(offence) => tables.report(&offence),
        None => false,
    };
    tables.count_state(if told {
        StateCounter::Offences
    } else {
        StateCounter::OffencesLost
    });
}

/// The port that a source tried turned out to be one that talks to it.
#[inline(never)]
pub fn pardon<T: Tables>(pending: &Pending, (settings, tables): (&Settings, &T)) {
    let tag = source_tag(&pending.tuple, settings.seed);
    let line = tag as u32 & (Source::LINES - 1);
    let keep = settings.scan_window_ns;
    let way = tables.with_source_ways(line, |ways| ways::find(ways, tag, keep, pending.now()));
    if let Some(way) = way
        && way != ways::NONE
    {
        tables.with_source(line * Ways::WAYS as u32 + way, |source| {
            forgive(source, pending.tuple.local_port, settings.seed);
        });
    }
}

/// What all sources may do together.
#[inline(always)]
pub fn admit_to_host<T: Tables>(
    pending: &Pending,
    bucket: HostBucket,
    (settings, tables): (&Settings, &T),
) -> bool {
    if pending.has(mark::EXEMPT) || !settings.flags.has(Flags::RATE_LIMIT) {
        return true;
    }
    let rate = match bucket {
        HostBucket::HalfOpen => settings.syn_host,
        HostBucket::Udp => settings.udp_host,
        HostBucket::Icmp => settings.icmp_host,
    };
    tables.with_host_bucket(bucket, |arrival_ns| admit(arrival_ns, rate, pending.now()))
        != Some(false)
}

/// A half-open connection is one no more: the gauge goes down.
#[inline(always)]
pub fn lower_gauge<T: Tables>((settings, tables): (&Settings, &T)) {
    tables.with_host_bucket(HostBucket::HalfOpen, |arrival_ns| {
        *arrival_ns = arrival_ns.saturating_sub(settings.syn_host.interval_ns);
    });
}

const NOBODY: Source = Source {
    tag: 0,
    syn_ns: 0,
    udp_ns: 0,
    icmp_ns: 0,
    window_ns: 0,
    cool_until_ns: 0,
    packets: 0,
    refused: 0,
    tried: 0,
    strikes: 0,
    at: 0,
    reserved: 0,
    recent: [0; Source::RECENT],
    ports: [0; Source::WORDS],
    address: [0; 16],
    family: 0,
    padding: [0; 31],
};

#[cfg(test)]
mod tests;
