// SPDX-License-Identifier: MIT
//! ICMP (RFC 792) and ICMPv6 (RFC 4443): echoes are exchanges, errors belong to the connection
//! whose packet they quote, and the rest is bounded. Path MTU and neighbour discovery are judged
//! before ([`crate::stage::infrastructure`]).

use crate::address::{Address, V4};
use crate::conntrack::{State, is_live, state};
use crate::frame::Frame;
use crate::half_open::{Begun, find};
use crate::newcomer::datagram::{begin, exchange};
use crate::newcomer::guard::{admit_newcomer, admit_to_host};
use crate::newcomer::{is_strict, outcast};
use crate::packet::{Ports, protocol};
use crate::pending::Pending;
use crate::source::Request;
use crate::tables::Tables;
use crate::tuple::echo;
use crate::verdict::Verdict;
use aegis_abi::{HostBucket, Reason, Settings, Tuple};

/// Where the quoted packet begins in an error message.
const QUOTED: usize = 8;

/// Judges an ICMP message of no known exchange.
#[inline(never)]
pub fn judge<F: Frame, T: Tables>(
    frame: &F,
    pending: &Pending,
    context: (&Settings, &T),
) -> Verdict {
    let (kind, _) = pending.icmp();
    let protocol = pending.tuple.protocol;
    if echo::is_exchange(protocol, kind) {
        return echoes(pending, context);
    }
    if !pending.hook().is_ingress() {
        return Verdict::pass(Reason::Default);
    }
    if is_error(protocol, kind) {
        return error(frame, pending, context);
    }
    bounded(pending, context)
}

/// Whoever asks is answered, so that an answer says nothing in favour of who asked: each question
/// of a peer is charged, where a flood of them would be a conversation otherwise.
#[inline(always)]
fn echoes<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let (kind, _) = pending.icmp();
    let asks = echo::asks(kind);
    let arrives = pending.hook().is_ingress();
    if arrives && asks {
        let verdict = bounded(pending, context);
        if !matches!(verdict.reason, Reason::Default) {
            return verdict;
        }
    }
    if exchange(pending, context).answered {
        return Verdict::pass(Reason::Established);
    }
    if arrives && !asks {
        return unasked(pending, context, Reason::IcmpUnsolicited);
    }
    if asks {
        let barred = outcast::barred(pending, context.1);
        if barred.decided().is_some() {
            return barred;
        }
        begin(pending, false, context);
    }
    Verdict::pass(Reason::Default)
}

#[inline(always)]
fn unasked<T: Tables>(pending: &Pending, context: (&Settings, &T), reason: Reason) -> Verdict {
    if is_strict(pending, context.0) {
        Verdict::drop(reason)
    } else {
        Verdict::pass(Reason::Untracked)
    }
}

/// What a source, and all of them, may send without being asked.
#[inline(always)]
fn bounded<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let (verdict, _) = admit_newcomer(pending, Request::Icmp, context);
    if verdict.decided().is_some() {
        return verdict;
    }
    if !admit_to_host(pending, HostBucket::Icmp, context) {
        return Verdict::drop(Reason::IcmpHostRate);
    }
    Verdict::pass(Reason::Default)
}

/// Destination unreachable, source quench, redirect, time exceeded, parameter problem; of ICMPv6
/// every type below 128 (RFC 4443 section 2.1).
#[inline(always)]
fn is_error(protocol: u8, kind: u8) -> bool {
    if protocol == protocol::ICMP {
        matches!(kind, 3 | 4 | 5 | 11 | 12)
    } else {
        kind < 128
    }
}

/// An error about a packet that this side sent.
#[inline(always)]
fn error<F: Frame, T: Tables>(frame: &F, pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let mut quoted = Tuple {
        family: pending.tuple.family,
        ..NOTHING
    };
    let readable = quote(frame, pending, &mut quoted);
    if readable && is_known(&quoted, pending, context) {
        // What is known may be quoted by anybody who knows it; a host needs few of them.
        match admit_to_host(pending, HostBucket::Icmp, context) {
            true => Verdict::pass(Reason::Related),
            false => Verdict::drop(Reason::IcmpHostRate),
        }
    } else if readable && !is_tracked(quoted.protocol) {
        // ESP, GRE and the like have no connections that it could belong to.
        bounded(pending, context)
    } else {
        unasked(pending, context, Reason::IcmpUnrelated)
    }
}

/// Whether there are connections of a protocol.
#[inline(always)]
const fn is_tracked(protocol: u8) -> bool {
    matches!(
        protocol,
        protocol::TCP
            | protocol::UDP
            | protocol::UDP_LITE
            | protocol::SCTP
            | protocol::DCCP
            | protocol::ICMP
            | protocol::ICMPV6
    )
}

#[inline(never)]
fn is_known<T: Tables>(tuple: &Tuple, pending: &Pending, context: (&Settings, &T)) -> bool {
    let (settings, tables) = context;
    let lives = tables.with_flow(tuple, |flow| {
        is_live(flow, tuple.protocol, &settings.timeouts, pending.now())
            && !matches!(state(flow), State::Killed)
    });
    lives == Some(true)
        || find(tuple, Begun::Here, context, pending.now()).exists()
        || find(tuple, Begun::ByPeer, context, pending.now()).exists()
}

/// Notes the connection of the quoted packet, which this side sent: its source is `local`.
#[inline(always)]
fn quote<F: Frame>(frame: &F, pending: &Pending, tuple: &mut Tuple) -> bool {
    let at = pending.at().transport as usize + QUOTED;
    let at = if crate::tuple::is_v6(&pending.tuple) {
        quote_v6(frame, at, tuple)
    } else {
        quote_v4(frame, at, tuple)
    };
    let Some(bytes) = at.and_then(|at| frame.take::<6>(at)) else {
        return false;
    };
    let [a, b, c, d, e, f] = bytes;
    let sent = match tuple.protocol {
        protocol::ICMP | protocol::ICMPV6 => echo::ports(a, u16::from_be_bytes([e, f])),
        _ => Ports {
            source: u16::from_be_bytes([a, b]),
            destination: u16::from_be_bytes([c, d]),
        },
    };
    (tuple.local_port, tuple.peer_port) = (sent.source, sent.destination);
    true
}

#[inline(always)]
fn quote_v4<F: Frame>(frame: &F, at: usize, tuple: &mut Tuple) -> Option<usize> {
    let [first] = frame.take(at)?;
    let [protocol] = frame.take(at + 9)?;
    let [a, b, c, d, e, f, g, h] = frame.take(at + 12)?;
    tuple.protocol = protocol;
    tuple.local = V4::new([a, b, c, d]).widen();
    tuple.peer = V4::new([e, f, g, h]).widen();
    Some(at + (first & 0x0f) as usize * 4)
}

/// Extension headers of a quoted packet are not followed: such an error counts as unrelated.
#[inline(always)]
fn quote_v6<F: Frame>(frame: &F, at: usize, tuple: &mut Tuple) -> Option<usize> {
    let [next] = frame.take(at + 6)?;
    tuple.protocol = next;
    tuple.local = frame.take(at + 8)?;
    tuple.peer = frame.take(at + 24)?;
    Some(at + 40)
}

const NOTHING: Tuple = Tuple {
    peer: [0; 16],
    local: [0; 16],
    peer_port: 0,
    local_port: 0,
    protocol: 0,
    family: 0,
    reserved: [0; 2],
};

#[cfg(test)]
mod tests;
