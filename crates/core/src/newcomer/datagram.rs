// SPDX-License-Identifier: MIT
//! UDP and other protocols with ports but without a handshake that is followed: whoever is
//! answered has an exchange. Nobody is proven by it, so it takes a flow only once it goes on.

use crate::half_open::{self, Begun, Entry, claim, find, touch};
use crate::newcomer::guard::{admit_newcomer, admit_to_host, pardon};
use crate::newcomer::proof::prove;
use crate::newcomer::{is_strict, outcast};
use crate::packet::protocol;
use crate::pending::{Kind, Pending};
use crate::source::Request;
use crate::tables::Tables;
use crate::tuple::is_group;
use crate::verdict::Verdict;
use aegis_abi::flow::half;
use aegis_abi::{Flags, HostBucket, Origin, Reason, Settings, Tuple};

/// Source ports of services that answer a small forged question with a large answer
/// (US-CERT alert TA14-017A).
const AMPLIFIERS: [u16; 16] = [
    17,     // QOTD
    19,     // CHARGEN
    53,     // DNS
    69,     // TFTP
    111,    // portmapper
    123,    // NTP
    137,    // NetBIOS
    161,    // SNMP
    389,    // CLDAP
    520,    // RIP
    1_900,  // SSDP
    3_283,  // Apple remote desktop
    3_702,  // WS-Discovery
    5_683,  // CoAP
    11_211, // memcached
    27_015, // Source engine
];
/// Ports below are where services wait, not where answers are waited for.
const FIRST_CLIENT_PORT: u16 = 1_024;

/// Judges a datagram of no known exchange.
#[inline(never)]
pub fn judge<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Verdict {
    let entry = exchange(pending, context);
    if entry.answered {
        return Verdict::pass(Reason::Established);
    }
    if !pending.hook().is_ingress() {
        let barred = outcast::barred(pending, context.1);
        if barred.decided().is_some() {
            return barred;
        }
        begin(pending, false, context);
        return Verdict::pass(Reason::Default);
    }
    if is_group(&pending.tuple.local, &pending.tuple) {
        return Verdict::pass(Reason::Default);
    }
    if is_amplified(pending, context) {
        return Verdict::drop(Reason::Amplification);
    }
    // Who only repeats himself tries no new port.
    let request = match entry.exists {
        true => Request::Repetition,
        false => Request::Datagram,
    };
    let (verdict, counted) = admit_newcomer(pending, request, context);
    if verdict.decided().is_some() {
        return verdict;
    }
    if !admit_to_host(pending, HostBucket::Udp, context) {
        return Verdict::drop(Reason::UdpHostRate);
    }
    begin(pending, counted, context);
    Verdict::pass(Reason::Default)
}

/// What is known of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Somebody has begun it.
    pub exists: bool,
    /// Both sides have taken part.
    pub answered: bool,
}

/// Looks for the exchange of a packet, and notes the packet where both sides have taken part.
#[inline(never)]
pub fn exchange<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Exchange {
    let entry = find(&pending.tuple, Begun::Here, context, pending.now());
    if entry.exists() {
        return continued(pending, (entry, Begun::Here), context);
    }
    let entry = find(&pending.tuple, Begun::ByPeer, context, pending.now());
    if entry.exists() {
        return continued(pending, (entry, Begun::ByPeer), context);
    }
    Exchange {
        exists: false,
        answered: false,
    }
}

#[inline(always)]
fn continued<T: Tables>(
    pending: &Pending,
    (entry, begun): (Entry, Begun),
    context: (&Settings, &T),
) -> Exchange {
    let arrives = pending.hook().is_ingress();
    let by_peer = matches!(begun, Begun::ByPeer);
    let answers = arrives != by_peer;
    // Echoes that a peer asks for are charged one by one, which a flow would end.
    let may_last = !(by_peer && matches!(pending.kind(), Kind::Icmp));
    let marks = context.1.with_half_open(entry, |half| {
        let before = half.marks;
        if answers {
            half.marks |= half::ANSWERED;
        }
        let lasting = may_last && half.ingress_packets >= half::DATAGRAMS;
        if half.marks & half::ANSWERED != 0 && !lasting {
            half_open::record(half, pending.hook(), pending.size());
        }
        (before, half.marks, lasting)
    });
    let Some((before, after, lasting)) = marks else {
        return Exchange {
            exists: false,
            answered: false,
        };
    };
    let answered = after & half::ANSWERED != 0;
    if answered {
        touch(entry, context.1, pending.now());
    }
    if before & (half::ANSWERED | half::COUNTED) == half::COUNTED && answered {
        pardon(pending, context);
    }
    if answered && lasting {
        let origin = if by_peer { Origin::Peer } else { Origin::Local };
        prove(pending, (entry, origin), context);
    }
    Exchange {
        exists: true,
        answered,
    }
}

/// Remembers who sent to whom.
#[inline(never)]
pub fn begin<T: Tables>(pending: &Pending, counted: bool, context: (&Settings, &T)) {
    let begun = Begun::at(pending.hook());
    let asks_all = matches!(begun, Begun::Here) && is_group(&pending.tuple.peer, &pending.tuple);
    let entry = if asks_all {
        claim(&of_anybody(&pending.tuple), begun, context, pending.now())
    } else {
        claim(&pending.tuple, begun, context, pending.now())
    };
    context.1.with_half_open(entry, |half| {
        if counted {
            half.marks |= half::COUNTED;
        }
        half_open::record(half, pending.hook(), pending.size());
    });
}

/// The exchange of whoever answers a question that was put to a group, as in SSDP.
#[inline(always)]
fn of_anybody(tuple: &Tuple) -> Tuple {
    Tuple {
        peer: [0; 16],
        ..*tuple
    }
}

/// An answer of an amplifier that nobody waits for.
#[inline(always)]
fn is_amplified<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> bool {
    let (settings, tables) = context;
    let tuple = &pending.tuple;
    let guarded = settings.flags.has(Flags::THREATS)
        && tuple.protocol == protocol::UDP
        && !pending.has(crate::pending::mark::EXEMPT);
    guarded
        && tuple.local_port >= FIRST_CLIENT_PORT
        && tuple.local_port != tuple.peer_port
        && AMPLIFIERS.contains(&tuple.peer_port)
        && (is_strict(pending, settings) || !tables.is_awaited(pending))
        && !find(&of_anybody(tuple), Begun::Here, context, pending.now()).exists()
}

#[cfg(test)]
mod tests;
