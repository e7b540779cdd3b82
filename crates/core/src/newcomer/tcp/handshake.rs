// SPDX-License-Identifier: MIT
//! The handshake (RFC 9293 section 3.5), seen from between the two sides: simultaneous open, TCP
//! Fast Open (RFC 7413) and refusals included. Nobody takes a step of it who does not know the
//! numbers, so that strangers neither prove, nor end, nor keep what others have begun.

use crate::half_open::{self, Begun, Entry, find, release, touch};
use crate::newcomer::guard::{lower_gauge, pardon};
use crate::newcomer::proof::prove;
use crate::pending::{Pending, mark};
use crate::tables::Tables;
use crate::tcp::TcpFlags as F;
use aegis_abi::flow::half;
use aegis_abi::{HalfOpen, Origin, Settings};

/// Marks of what is more than a SYN.
pub const UNDER_WAY: u32 = half::ANSWERED | half::PROVEN | half::PICKED_UP;

/// What a segment is to a half-open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Step {
    /// Nothing: it does not fit.
    Foreign,
    /// Something that anybody could have sent: it passes, and does not count as use.
    Repeats,
    /// A step of the handshake.
    Goes,
    /// The one that proves it.
    Proves,
    /// The one that ends it.
    Ends,
}

/// Whether a segment belongs to a handshake that is under way; if so it is noted.
#[inline(always)]
pub fn handshake<T: Tables>(pending: &Pending, begun: Begun, context: (&Settings, &T)) -> bool {
    let entry = find(&pending.tuple, begun, context, pending.now());
    if !entry.exists() {
        return false;
    }
    let by_initiator = pending.hook().is_ingress() == matches!(begun, Begun::ByPeer);
    let step = context.1.with_half_open(entry, |half| {
        let charged = is_charged(half);
        let step = match by_initiator {
            true => from_initiator(half, pending),
            false => from_responder(half, pending),
        };
        if matches!(step, Step::Goes | Step::Ends) {
            half_open::record(half, pending.hook(), pending.size());
        }
        (step, charged)
    });
    match step {
        Some((step, charged)) => take(pending, (entry, begun), (step, charged), context),
        None => false,
    }
}

/// Whether the gauge went up for a connection and has not come down again.
#[inline(always)]
fn is_charged(half: &HalfOpen) -> bool {
    half.ingress_packets != 0 && half.marks & (half::PROVEN | half::PICKED_UP) == 0
}

#[inline(always)]
fn take<T: Tables>(
    pending: &Pending,
    (entry, begun): (Entry, Begun),
    (step, charged): (Step, bool),
    context: (&Settings, &T),
) -> bool {
    let by_peer = matches!(begun, Begun::ByPeer);
    match step {
        Step::Foreign => return false,
        Step::Repeats => return true,
        Step::Goes => touch(entry, context.1, pending.now()),
        Step::Ends => release(entry, context.1),
        Step::Proves => {
            touch(entry, context.1, pending.now());
            let origin = if by_peer { Origin::Peer } else { Origin::Local };
            prove(pending, (entry, origin), context);
            if by_peer && charged {
                pardon(pending, context);
            }
            if by_peer && pending.flags().has(F::SYN) {
                forget_own(pending, context);
            }
        }
    }
    // Whom the allowlist names has not raised it.
    let charged = by_peer && charged && !pending.has(mark::EXEMPT);
    if charged && matches!(step, Step::Proves | Step::Ends) {
        lower_gauge(context);
    }
    true
}

/// Of a simultaneous open, one of the two connections that were begun is left over.
#[inline(always)]
fn forget_own<T: Tables>(pending: &Pending, context: (&Settings, &T)) {
    let own = find(&pending.tuple, Begun::Here, context, pending.now());
    if own.exists() {
        release(own, context.1);
    }
}

/// The acknowledgement that ends the handshake, and what follows it while there is no room for a
/// flow. A SYN-ACK, of a simultaneous open, acknowledges like any other.
#[inline(always)]
fn from_initiator(half: &mut HalfOpen, pending: &Pending) -> Step {
    let (flags, numbers) = (pending.flags(), pending.numbers());
    let answered = half.marks & half::ANSWERED != 0;
    if flags.has(F::RST) {
        let first = !answered && numbers.sequence == half.responder;
        return match numbers.sequence == half.initiator || first {
            true => Step::Ends,
            false => Step::Foreign,
        };
    }
    if half.marks & half::PROVEN != 0 && !flags.has(F::SYN) {
        return Step::Proves;
    }
    if half.marks & half::PICKED_UP != 0 && !flags.has(F::SYN) {
        return Step::Repeats;
    }
    if answered && flags.has(F::ACK) && numbers.acknowledgement == half.responder {
        Step::Proves
    } else {
        Step::Foreign
    }
}

/// The answer to a SYN.
#[inline(always)]
fn from_responder(half: &mut HalfOpen, pending: &Pending) -> Step {
    let arrives = pending.hook().is_ingress();
    let flags = pending.flags();
    if flags.has(F::RST) {
        return refusal(half, pending);
    }
    if flags.has(F::SYN) {
        return answer(half, pending);
    }
    let known = if arrives {
        half::PROVEN
    } else {
        half::PROVEN | half::PICKED_UP
    };
    // This side sends data to nobody but whom it has accepted: with TCP Fast Open before the
    // handshake is over, or its SYN-ACK took another way. A bare acknowledgement is what any forged
    // segment is answered with (RFC 5961 section 4).
    let accepted = !arrives && pending.numbers().payload != 0;
    if accepted && half.marks & UNDER_WAY == 0 {
        half.initiator = pending.numbers().acknowledgement;
        half.responder = pending.numbers().sequence;
    }
    if half.marks & known != 0 || accepted {
        Step::Proves
    } else if arrives {
        Step::Foreign
    } else {
        Step::Repeats
    }
}

/// Whether a segment acknowledges the SYN, with or without what it carried.
#[inline(always)]
fn acknowledges(half: &HalfOpen, pending: &Pending) -> bool {
    let number = pending.numbers().acknowledgement;
    let first = half.marks & half::ANSWERED == 0 && number == half.responder;
    pending.flags().has(F::ACK) && (number == half.initiator || first)
}

/// A reset: what arrives must acknowledge the SYN (RFC 9293 section 3.10.7.3), and what departs
/// must be of this connection rather than the answer to something forged.
#[inline(always)]
fn refusal(half: &HalfOpen, pending: &Pending) -> Step {
    let arrives = pending.hook().is_ingress();
    let over = half.marks & UNDER_WAY != 0 && pending.numbers().sequence == half.responder;
    if acknowledges(half, pending) || !arrives && over {
        Step::Ends
    } else if arrives {
        Step::Foreign
    } else {
        Step::Repeats
    }
}

/// A SYN-ACK. What departs is true, and begins anew whatever was known.
#[inline(always)]
fn answer(half: &mut HalfOpen, pending: &Pending) -> Step {
    let arrives = pending.hook().is_ingress();
    if arrives && half.marks & half::PROVEN != 0 {
        return Step::Goes;
    }
    if arrives && !acknowledges(half, pending) {
        return Step::Foreign;
    }
    half.initiator = pending.numbers().acknowledgement;
    half.responder = pending.numbers().sequence.wrapping_add(1);
    half.marks = half.marks & half::COUNTED | half::ANSWERED;
    // Who acknowledges a number that only this side and the peer know is no invention.
    if arrives { Step::Proves } else { Step::Goes }
}
