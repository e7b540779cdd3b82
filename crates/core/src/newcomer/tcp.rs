// SPDX-License-Identifier: MIT
//! TCP outside known connections: what begins one, and what turns up in the middle of one whose
//! beginning was not seen. `handshake` is what lies between.

mod handshake;

use crate::conntrack::{Segment, State, is_live, last_seen, record, state};
use crate::half_open::{self, Begun, claim, find};
use crate::newcomer::guard::{admit_newcomer, admit_to_host, charge};
use crate::newcomer::proof::adopt;
use crate::newcomer::{is_strict, outcast};
use crate::pending::{Pending, mark};
use crate::source::Request;
use crate::tables::{Socket, Tables};
use crate::tcp::{TcpFlags as F, ahead};
use crate::verdict::Verdict;
use aegis_abi::flow::{half, mark as side};
use aegis_abi::{Flags, HostBucket, Reason, Settings, StateCounter};
use handshake::{UNDER_WAY, handshake};

/// What whoever believes a reset still sends departs within this time: whatever departs later shows
/// that the reset was not believed.
const LAST_WORDS_NS: u64 = 1_000_000_000;
/// As far as a side may have come when it repeats its SYN-ACK: a window, with TCP Fast Open.
const FIRST_WINDOW: u32 = 1 << 16;

/// Judges a segment of no known connection.
#[inline(never)]
pub fn judge<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let arrives = pending.hook().is_ingress();
    if pending.flags().has(F::SYN) && !pending.flags().has(F::ACK) {
        return match arrives {
            true => attempt(pending, context),
            false => open(pending, context),
        };
    }
    if pending.flags().has(F::SYN) && !arrives {
        replace(pending, context.1);
    }
    if handshake(pending, Begun::ByPeer, context)
        || handshake(pending, Begun::Here, context)
        || lingers(pending, context)
    {
        return Verdict::pass(Reason::Established);
    }
    match arrives {
        true => stray(pending, context),
        false => departing(pending, context),
    }
}

/// This side accepts a new connection: what is known of an older one between the same ends is over,
/// and must not swallow the acknowledgement that proves the new one.
#[inline(always)]
fn replace<T: Tables>(pending: &Pending, tables: &T) {
    let next = pending.numbers().end(pending.flags());
    tables.with_flow(&pending.tuple, |flow| {
        let sent = flow.egress.marks & side::SEQUENCE != 0;
        if !sent || ahead(flow.egress.next, next) > FIRST_WINDOW {
            flow.egress.marks |= side::RESET;
        }
    });
}

/// Whether a segment belongs to a proven connection after all: a SYN-ACK that is repeated, or what
/// is still under way after a reset. Only the former keeps it known.
#[inline(always)]
fn lingers<T: Tables>(pending: &Pending, (settings, tables): (&Settings, &T)) -> bool {
    let (hook, now) = (pending.hook(), pending.now());
    let ends = pending.flags().any(F::RST.with(F::FIN));
    let known = tables.with_flow(&pending.tuple, |flow| {
        if !is_live(flow, pending.tuple.protocol, &settings.timeouts, now) {
            return false;
        }
        match state(flow) {
            State::Killed => false,
            State::Reset => {
                let late = now.0 > last_seen(flow).saturating_add(LAST_WORDS_NS);
                hook.is_ingress() || ends || !late
            }
            _ => {
                record(flow, hook, Segment::NONE, pending.size(), now);
                true
            }
        }
    });
    matches!(known, Some(true))
}

/// A peer asks for a connection.
#[inline(always)]
fn attempt<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let (verdict, counted) = admit_newcomer(pending, Request::Connection, context);
    if verdict.decided().is_some() {
        return verdict;
    }
    if !admit_to_host(pending, HostBucket::HalfOpen, context) {
        context.1.count_state(StateCounter::GaugeExceeded);
        // Nothing is remembered: the cookie, the kernel's or ours, is the memory.
        return match context.0.flags.has(Flags::SYN_COOKIES) {
            true => Verdict::answer(Reason::SynCookie),
            false => Verdict::pass(Reason::Default),
        };
    }
    begin(pending, context);
    if counted {
        note_counted(pending, context);
    }
    Verdict::pass(Reason::Default)
}

/// This side asks for a connection.
#[inline(always)]
fn open<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let barred = outcast::barred(pending, context.1);
    match barred.decided() {
        Some(verdict) => verdict,
        None => begin(pending, context),
    }
}

/// Remembers who asked whom for a connection. Who asks in the name of a peer that has been answered
/// changes nothing, until this side answers anew.
#[inline(always)]
fn begin<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let begun = Begun::at(pending.hook());
    let entry = claim(&pending.tuple, begun, context, pending.now());
    context.1.with_half_open(entry, |half| {
        if matches!(begun, Begun::Here) || half.marks & UNDER_WAY == 0 {
            // What a SYN carries (TCP Fast Open, RFC 7413) may be acknowledged with it, or not.
            half.initiator = pending.numbers().end(pending.flags());
            half.responder = pending.numbers().sequence.wrapping_add(1);
            half.marks &= half::COUNTED;
        }
        half_open::record(half, pending.hook(), pending.size());
    });
    Verdict::pass(Reason::Default)
}

#[inline(always)]
fn note_counted<T: Tables>(pending: &Pending, context: (&Settings, &T)) {
    let entry = find(&pending.tuple, Begun::ByPeer, context, pending.now());
    if entry.exists() {
        context
            .1
            .with_half_open(entry, |half| half.marks |= half::COUNTED);
    }
}

/// A segment that arrived out of the blue.
#[inline(always)]
fn stray<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let (settings, tables) = context;
    match tables.socket(pending) {
        Socket::Connected => {
            // What begins or ends something says little of what stands.
            if !pending.flags().any(F::SYN.with(F::RST)) && adopt(pending, context) {
                tables.count_state(StateCounter::SocketsAdopted);
            }
            return Verdict::pass(Reason::PickedUp);
        }
        Socket::Unproven => return Verdict::pass(Reason::PickedUp),
        Socket::Listening if tables.carries_cookie(pending) => {
            tables.count_state(StateCounter::CookiesValid);
            adopt(pending, context);
            return Verdict::pass(Reason::PickedUp);
        }
        Socket::Listening | Socket::None => {}
    }
    if pending.now().0 < settings.grace_until_ns {
        pick_up(pending, context);
        return Verdict::pass(Reason::PickedUp);
    }
    if !is_strict(pending, settings) {
        return Verdict::pass(Reason::Untracked);
    }
    out_of_state(pending, context)
}

/// Drops a segment that belongs to nothing; where it feels for a port, that counts.
#[inline(always)]
fn out_of_state<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let port = pending.tuple.local_port;
    // Resets and SYN-ACKs are what victims of forged packets send: they prove nothing. And what
    // goes to a port that this side would begin a connection from is late rather than curious.
    let innocent =
        pending.flags().any(F::RST.with(F::SYN)) || u32::from(port) >= context.0.ephemeral_from;
    if !innocent {
        let charged = charge(pending, Request::Probe, context);
        if matches!(charged.reason, Reason::PortScan) {
            return charged.verdict();
        }
    }
    Verdict::drop(Reason::TcpOutOfState)
}

/// During the grace period a connection in its middle is believed, and proven by an answer.
#[inline(always)]
fn pick_up<T: Tables>(pending: &Pending, context: (&Settings, &T)) {
    if pending.flags().any(F::SYN.with(F::RST)) {
        return;
    }
    let entry = claim(&pending.tuple, Begun::ByPeer, context, pending.now());
    context.1.with_half_open(entry, |half| {
        if half.marks & UNDER_WAY == 0 {
            half.initiator = pending.numbers().end(pending.flags());
            half.responder = pending.numbers().acknowledgement;
            half.marks |= half::PICKED_UP;
        }
        half_open::record(half, pending.hook(), pending.size());
    });
}

/// What this side sends of a connection that is not known is believed: it is ours.
#[inline(always)]
fn departing<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let flags = pending.flags();
    if flags.any(F::RST.with(F::FIN)) || pending.has(mark::EXEMPT) && flags.has(F::SYN) {
        return Verdict::pass(Reason::Default);
    }
    if flags.has(F::SYN) {
        answer_unseen(pending, context);
        return Verdict::pass(Reason::Default);
    }
    if !adopt(pending, context) {
        keep(pending, context);
    }
    Verdict::pass(Reason::PickedUp)
}

/// What there is no room for is kept among the half-open connections, where strangers fill nothing.
#[inline(always)]
fn keep<T: Tables>(pending: &Pending, context: (&Settings, &T)) {
    let entry = claim(&pending.tuple, Begun::Here, context, pending.now());
    context.1.with_half_open(entry, |half| {
        half.initiator = pending.numbers().end(pending.flags());
        half.responder = pending.numbers().acknowledgement;
        half.marks = half::ANSWERED | half::PROVEN;
        half_open::record(half, pending.hook(), pending.size());
    });
}

/// A SYN-ACK to a SYN that was not seen, or is forgotten.
#[inline(always)]
fn answer_unseen<T: Tables>(pending: &Pending, context: (&Settings, &T)) {
    let entry = claim(&pending.tuple, Begun::ByPeer, context, pending.now());
    context.1.with_half_open(entry, |half| {
        half.initiator = pending.numbers().acknowledgement;
        half.responder = pending.numbers().sequence.wrapping_add(1);
        half.marks |= half::ANSWERED;
        half_open::record(half, pending.hook(), pending.size());
    });
}

#[cfg(test)]
mod tests;
