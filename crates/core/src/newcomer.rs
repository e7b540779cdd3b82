// SPDX-License-Identifier: MIT
//! Packets of no known connection: what begins one, what answers one, and what belongs to none.
//!
//! Read [`judge`] for the order; [`outcast`] for who begins nothing; [`tcp`], [`datagram`] and [`icmp`] for what each protocol means
//! by a connection; [`guard`] for what a source may do.

pub mod datagram;
pub mod guard;
pub mod icmp;
pub mod outcast;
pub mod proof;
pub mod tcp;

use crate::conntrack::{Segment, record};
use crate::frame::Frame;
use crate::pending::{Kind, Pending, mark};
use crate::source::Request;
use crate::stage::tcp_anomaly;
use crate::tables::Tables;
use crate::verdict::Verdict;
use aegis_abi::{Action, Flags, Reason, Settings};

/// Judges a packet that the first program did not know.
#[inline(never)]
pub fn judge<F: Frame, T: Tables>(
    frame: &F,
    pending: &mut Pending,
    context: (&Settings, &T),
) -> Verdict {
    if let Some(verdict) = outcast::judge(pending, context).decided() {
        return verdict;
    }
    if let Some(verdict) = anomalies(pending, context) {
        return verdict;
    }
    if pending.has(mark::STALE) && renew(pending, context) {
        return Verdict::pass(Reason::Established);
    }
    match pending.kind() {
        Kind::Tcp => tcp::judge(pending, context),
        Kind::Ports => datagram::judge(pending, context),
        Kind::Icmp => icmp::judge(frame, pending, context),
        Kind::Later => Verdict {
            action: later_fragments(context.0),
            ..Verdict::pass(Reason::LaterFragment)
        },
        Kind::Opaque => Verdict::pass(Reason::Default),
    }
}

/// Segments that no stack sends. They are how ports are felt for, so they count as such.
#[inline(always)]
fn anomalies<T: Tables>(pending: &Pending, context: (&Settings, &T)) -> Option<Verdict> {
    let exempt = pending.has(mark::EXEMPT);
    if exempt || !matches!(pending.kind(), Kind::Tcp) || !context.0.flags.has(Flags::SCAN_DETECT) {
        return None;
    }
    let ports = (pending.tuple.peer_port, pending.tuple.local_port);
    let reason = tcp_anomaly::decide(pending.flags(), ports)?;
    // The probe that was one too many says so; the others say what is wrong with them.
    let charged = guard::charge(pending, Request::Probe, context);
    Some(match charged.reason {
        Reason::PortScan => charged.verdict(),
        _ => Verdict::drop(reason),
    })
}

/// A known connection under a new policy: nothing later than bans and anomalies has an opinion.
#[inline(never)]
fn renew<T: Tables>(pending: &Pending, (settings, tables): (&Settings, &T)) -> bool {
    let segment = segment_of(pending);
    let renewed = tables.with_flow(&pending.tuple, |flow| {
        flow.generation = settings.generation;
        record(flow, pending.hook(), segment, pending.size(), pending.now());
    });
    renewed.is_some()
}

/// The segment; of what is no TCP, one without flags.
#[inline(always)]
pub(crate) fn segment_of(pending: &Pending) -> Segment {
    Segment {
        flags: pending.flags(),
        numbers: pending.numbers(),
    }
}

/// Whether what is out of state may be dropped now.
#[inline(always)]
pub(crate) fn is_strict(pending: &Pending, settings: &Settings) -> bool {
    settings.flags.has(Flags::CONN_TRACK)
        && !settings.flags.has(Flags::LOOSE)
        && !pending.has(mark::EXEMPT)
        && pending.now().0 >= settings.grace_until_ns
}

/// The policy for later fragments that no other stage decided. A later fragment is as good as its
/// first one, which was judged with its ports: without it the kernel cannot reassemble.
#[inline(always)]
pub fn later_fragments(settings: &Settings) -> Action {
    if settings.flags.has(Flags::DROP_LATER_FRAGMENTS) {
        Action::Drop
    } else {
        Action::Pass
    }
}
