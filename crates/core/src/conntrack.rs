// SPDX-License-Identifier: MIT
//! What becomes of a proven connection: states are derived from what each side has sent, so that
//! the two hooks never write the same word and no state can be lost between them.
//!
//! RFC 9293 section 3.3.2 has the diagram of one end; a firewall sees both ends, and knows only
//! what went past it:
//!
//! ```text
//! Established --FIN of one side--> HalfClosed --FIN of the other--> Closing --both acknowledged--> TimeWait
//!      |  any state --believable RST--> Reset          (a SYN begins anew, from any state, in the half-open table)
//! ```

use crate::Nanos;
use crate::packet::protocol;
use crate::tcp::{Numbers, TcpFlags, ahead};
use aegis_abi::flow::mark;
use aegis_abi::{Count, Flow, Hook, Side, Timeouts};

/// A quarter of the sequence space: no window is larger (RFC 7323 section 2.3), so what is farther
/// away belongs to another time or was made up.
const PLAUSIBLE: u32 = 1 << 30;
/// What follows what is known without a gap, or nearly: more than the largest super-packet (BIG TCP,
/// 512 KiB). One forged number in 4,096 is as near.
const NEAR: u32 = 1 << 20;

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Both sides may send.
    Established,
    /// One side has said that it will send no more.
    HalfClosed,
    /// Both have, and not both know it.
    Closing,
    /// Both have, and know it.
    TimeWait,
    /// One side has ended it at once.
    Reset,
    /// The operator has ended it.
    Killed,
}

impl State {
    /// Every state.
    pub const ALL: &[Self] = &[
        Self::Established,
        Self::HalfClosed,
        Self::Closing,
        Self::TimeWait,
        Self::Reset,
        Self::Killed,
    ];

    /// The name in output and JSON.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::HalfClosed => "half_closed",
            Self::Closing => "closing",
            Self::TimeWait => "time_wait",
            Self::Reset => "reset",
            Self::Killed => "killed",
        }
    }
}

/// Where a connection stands; one without handshake is established for as long as it is known.
#[inline(always)]
pub fn state(flow: &Flow) -> State {
    let (ingress, egress) = (flow.ingress.marks, flow.egress.marks);
    let (any, both) = (ingress | egress, ingress & egress);
    if any & mark::KILLED != 0 {
        State::Killed
    } else if any & mark::RESET != 0 {
        State::Reset
    } else if both & (mark::FIN | mark::FIN_ACKNOWLEDGED) == mark::FIN | mark::FIN_ACKNOWLEDGED {
        State::TimeWait
    } else if both & mark::FIN != 0 {
        State::Closing
    } else if any & mark::FIN != 0 {
        State::HalfClosed
    } else {
        State::Established
    }
}

/// When a connection was last used.
#[inline(always)]
pub fn last_seen(flow: &Flow) -> u64 {
    if flow.ingress.last_ns > flow.egress.last_ns {
        flow.ingress.last_ns
    } else {
        flow.egress.last_ns
    }
}

/// How long a connection of a protocol is known after its last packet, nanoseconds.
#[inline(always)]
pub fn timeout(flow: &Flow, protocol: u8, timeouts: &Timeouts) -> u64 {
    match protocol {
        protocol::TCP => match state(flow) {
            State::Established => timeouts.tcp_established,
            _ => timeouts.tcp_closing,
        },
        protocol::ICMP | protocol::ICMPV6 => timeouts.icmp,
        _ => timeouts.udp,
    }
}

/// Whether a connection is still known.
#[inline(always)]
pub fn is_live(flow: &Flow, protocol: u8, timeouts: &Timeouts, now: Nanos) -> bool {
    now.0 < last_seen(flow).saturating_add(timeout(flow, protocol, timeouts))
}

/// A segment, as far as connections care. One without flags stands for what is no TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Flags.
    pub flags: TcpFlags,
    /// Where it lies.
    pub numbers: Numbers,
}

impl Segment {
    /// What is no TCP.
    pub const NONE: Self = Self {
        flags: TcpFlags(0),
        numbers: Numbers {
            sequence: 0,
            acknowledgement: 0,
            payload: 0,
        },
    };
}

/// Notes a packet of a connection that arrived or departed.
#[inline(always)]
pub fn record(flow: &mut Flow, hook: Hook, segment: Segment, size: Count, now: Nanos) {
    let (sender, receiver) = if hook.is_ingress() {
        (&mut flow.ingress, flow.egress)
    } else {
        (&mut flow.egress, flow.ingress)
    };
    sender.last_ns = now.0;
    sender.packets = sender.packets.wrapping_add(size.packets);
    sender.bytes = sender.bytes.wrapping_add(size.bytes);
    if segment.flags.0 != 0 {
        advance(sender, &receiver, segment);
    }
}

/// What a segment says about its sender. The numbers of a segment that cannot be of this time are
/// not believed: it may still pass, since the stack knows better, but changes nothing.
#[inline(always)]
pub fn advance(sender: &mut Side, receiver: &Side, Segment { flags, numbers }: Segment) {
    if flags.has(TcpFlags::RST) {
        // RFC 5961 section 3.2: only a reset that hits the very next octet ends a connection.
        if hits(sender, receiver, numbers.sequence) {
            sender.marks |= mark::RESET;
        }
        return;
    }
    let end = numbers.end(flags);
    if is_next(sender, receiver, end) {
        sender.next = end;
        sender.marks |= mark::SEQUENCE;
        // A forged FIN would shorten how long the connection is known.
        if flags.has(TcpFlags::FIN) {
            sender.marks |= mark::FIN;
        }
    }
    if flags.has(TcpFlags::ACK) {
        acknowledge(sender, receiver, numbers.acknowledgement);
    }
}

/// Whether a segment that ends at a sequence number goes on where the sender was. What the receiver
/// has acknowledged finds the thread again where segments went past unseen.
#[inline(always)]
fn is_next(sender: &Side, receiver: &Side, end: u32) -> bool {
    if sender.marks & mark::SEQUENCE == 0 {
        return true;
    }
    let step = ahead(end, sender.next);
    let received = receiver.acknowledged;
    let acknowledges = receiver.marks & mark::ACKNOWLEDGEMENT != 0;
    let lost = acknowledges && ahead(sender.next, received) >= PLAUSIBLE;
    (step != 0 && step < NEAR) || (lost && ahead(end, received) < NEAR)
}

/// Nobody acknowledges what the other side has not sent, unless part of it went past unseen.
#[inline(always)]
fn acknowledge(sender: &mut Side, receiver: &Side, number: u32) {
    let known = sender.marks & mark::ACKNOWLEDGEMENT != 0;
    let progress = ahead(number, sender.acknowledged);
    let sent = receiver.marks & mark::SEQUENCE == 0 || ahead(receiver.next, number) < PLAUSIBLE;
    let believed = match known {
        true => progress < if sent { PLAUSIBLE } else { NEAR },
        false => sent,
    };
    if believed {
        sender.acknowledged = number;
        sender.marks |= mark::ACKNOWLEDGEMENT;
    }
    if receiver.marks & mark::FIN != 0 && number == receiver.next {
        sender.marks |= mark::FIN_ACKNOWLEDGED;
    }
}

/// Whether a sequence number is the one that the receiver waits for, or the one after everything
/// that the sender has sent; anything is, of a connection of which neither is known.
#[inline(always)]
fn hits(sender: &Side, receiver: &Side, sequence: u32) -> bool {
    let awaited = receiver.marks & mark::ACKNOWLEDGEMENT != 0;
    let sent = sender.marks & mark::SEQUENCE != 0;
    (awaited && sequence == receiver.acknowledged)
        || (sent && sequence == sender.next)
        || (!awaited && !sent)
}

#[cfg(test)]
mod tests;
