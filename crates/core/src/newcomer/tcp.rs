// SPDX-License-Identifier: MIT
//! TCP outside known connections: the handshake (RFC 9293 section 3.5, simultaneous open
//! included), and what turns up in the middle of a connection whose beginning was not seen.

use crate::half_open::{self, Begun, Entry, claim, find, release};
use crate::newcomer::guard::{admit_newcomer, admit_to_host, charge, lower_gauge, pardon};
use crate::newcomer::is_strict;
use crate::newcomer::proof::{adopt, prove};
use crate::pending::{Pending, mark};
use crate::source::Request;
use crate::tables::{Socket, Tables};
use crate::tcp::TcpFlags as F;
use crate::verdict::Verdict;
use aegis_abi::flow::half;
use aegis_abi::{Flags, HalfOpen, HostBucket, Origin, Reason, Settings, StateCounter};

/// What a segment is to a half-open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Step {
    /// Nothing: it does not fit.
    Foreign,
    /// One more of the same.
    Goes,
    /// The one that proves it.
    Proves,
    /// The one that ends it.
    Ends,
}

/// Judges a segment of no known connection.
#[inline(never)]
pub fn judge<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let arrives = pending.hook().is_ingress();
    if pending.flags().has(F::SYN) && !pending.flags().has(F::ACK) {
        return match arrives {
            true => attempt(pending, context),
            false => begin(pending, context),
        };
    }
    if handshake(pending, Begun::ByPeer, context) || handshake(pending, Begun::Here, context) {
        return Verdict::pass(Reason::Established);
    }
    match arrives {
        true => stray(pending, context),
        false => departing(pending, context),
    }
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

/// Remembers who asked whom for a connection.
#[inline(always)]
fn begin<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let begun = Begun::at(pending.hook());
    let entry = claim(&pending.tuple, begun, context, pending.now());
    context.1.with_half_open(entry, |half| {
        half.initiator = pending.numbers().sequence.wrapping_add(1);
        // Asked again, it begins again.
        half.marks &= half::COUNTED;
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

/// Whether a segment belongs to a handshake that is under way; if so it is noted.
#[inline(always)]
fn handshake<T: Tables>(pending: &Pending, begun: Begun, context: (&Settings, &T)) -> bool {
    let entry = find(&pending.tuple, begun, context, pending.now());
    if !entry.exists() {
        return false;
    }
    let by_initiator = pending.hook().is_ingress() == matches!(begun, Begun::ByPeer);
    let step = context.1.with_half_open(entry, |half| {
        let step = match by_initiator {
            true => from_initiator(half, pending),
            false => from_responder(half, pending),
        };
        if matches!(step, Step::Goes | Step::Ends) {
            half_open::record(half, pending.hook(), pending.size());
        }
        step
    });
    take(
        pending,
        (entry, begun),
        step.unwrap_or(Step::Foreign),
        context,
    )
}

#[inline(always)]
fn take<T: Tables>(
    pending: &Pending,
    (entry, begun): (Entry, Begun),
    step: Step,
    context: (&Settings, &T),
) -> bool {
    match step {
        Step::Foreign => false,
        Step::Goes => true,
        Step::Ends => {
            release(entry, context.1);
            if matches!(begun, Begun::ByPeer) {
                lower_gauge(context);
            }
            true
        }
        Step::Proves => {
            let by_peer = matches!(begun, Begun::ByPeer);
            let origin = if by_peer { Origin::Peer } else { Origin::Local };
            prove(pending, (entry, origin), context);
            if by_peer {
                lower_gauge(context);
                pardon(pending, context);
            }
            true
        }
    }
}

/// The acknowledgement that ends the handshake, and what follows it while there is no room for a
/// flow.
#[inline(always)]
fn from_initiator(half: &mut HalfOpen, pending: &Pending) -> Step {
    let (flags, numbers) = (pending.flags(), pending.numbers());
    if half.marks & (half::PROVEN | half::PICKED_UP) != 0 {
        return Step::Goes;
    }
    if flags.has(F::SYN) {
        // Simultaneous open: it acknowledges the other SYN.
        return if flags.has(F::ACK) {
            Step::Goes
        } else {
            Step::Foreign
        };
    }
    if flags.has(F::RST) {
        let next = numbers.sequence == half.initiator;
        return if next { Step::Ends } else { Step::Foreign };
    }
    let answered = half.marks & half::ANSWERED != 0;
    if answered && flags.has(F::ACK) && numbers.acknowledgement == half.responder {
        Step::Proves
    } else {
        Step::Foreign
    }
}

/// The answer to a SYN.
#[inline(always)]
fn from_responder(half: &mut HalfOpen, pending: &Pending) -> Step {
    let (flags, numbers) = (pending.flags(), pending.numbers());
    if half.marks & half::PICKED_UP != 0 {
        return Step::Proves;
    }
    if half.marks & half::PROVEN != 0 {
        return Step::Goes;
    }
    let arrives = pending.hook().is_ingress();
    let acknowledges = flags.has(F::ACK) && numbers.acknowledgement == half.initiator;
    if flags.has(F::RST) {
        // RFC 9293 section 3.10.7.3: what arrives must acknowledge the SYN.
        return if acknowledges || !arrives {
            Step::Ends
        } else {
            Step::Foreign
        };
    }
    if !flags.has(F::SYN) {
        return Step::Foreign;
    }
    if !arrives {
        half.initiator = numbers.acknowledgement;
    } else if !acknowledges {
        return Step::Foreign;
    }
    half.responder = numbers.sequence.wrapping_add(1);
    half.marks |= half::ANSWERED;
    // Who acknowledges a number that only this side and the peer know is no invention.
    if arrives { Step::Proves } else { Step::Goes }
}

/// A segment that arrived out of the blue.
#[inline(always)]
fn stray<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let (settings, tables) = context;
    match tables.socket(pending) {
        Socket::Connected => {
            tables.count_state(StateCounter::SocketsAdopted);
            adopt(pending, context);
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
        half.initiator = pending.numbers().end(pending.flags());
        half.responder = pending.numbers().acknowledgement;
        half.marks |= half::PICKED_UP;
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
    adopt(pending, context);
    Verdict::pass(Reason::PickedUp)
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
