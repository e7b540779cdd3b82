// SPDX-License-Identifier: MIT
//! Whom lists keep from beginning connections, and this side from beginning them with; and peers
//! whose country or autonomous system is not let through. Known connections do not come here, until
//! the policy changes.

use crate::address::{V4, V6};
use crate::pending::{Pending, mark};
use crate::tables::{AddressTables, Hit, Tables};
use crate::verdict::Verdict;
use aegis_abi::{Family, Flags, Reason, SetAction, Settings};

/// Drops packets of a place that nothing of is let through, and notes whether anything may begin:
/// those who judge beginnings ask `Pending::is_outcast`. A peer on the allowlist is never asked for.
#[inline(never)]
pub fn judge<T: Tables>(pending: &mut Pending, context: (&Settings, &T)) -> Verdict {
    pending.note_outcast(Reason::Default, 0);
    if pending.has(mark::EXEMPT) {
        return Verdict::UNDECIDED;
    }
    let asks_place = context.0.flags.has(Flags::PLACES);
    if asks_place && note_place(pending, context) {
        return refuse(pending, context.1);
    }
    if pending.lists() != 0 {
        note_list(pending, context);
    }
    Verdict::UNDECIDED
}

/// Drops what begins something where nothing may: a peer's beginnings by bans, and by lists and places
/// those of either side.
#[inline(never)]
pub fn barred<T: Tables>(pending: &Pending, tables: &T) -> Verdict {
    if pending.has(mark::BARRED) && pending.hook().is_ingress() {
        return Verdict::drop(Reason::BanUnsolicited).by(pending.barred_rule());
    }
    match pending.is_outcast() {
        true => refuse(pending, tables),
        false => Verdict::UNDECIDED,
    }
}

/// Drops a packet of an outcast, and counts it.
#[inline(always)]
fn refuse<T: Tables>(pending: &Pending, tables: &T) -> Verdict {
    let verdict = pending.outcast_verdict();
    let hit = match verdict.reason {
        Reason::Place => Hit::Place,
        _ => Hit::List,
    };
    if !tables.rehearses(pending.interface()) {
        tables.count_hit(hit, verdict.rule, pending.size());
    }
    verdict
}

#[inline(always)]
fn note_place<T: Tables>(pending: &mut Pending, context: (&Settings, &T)) -> bool {
    match pending.family() {
        Family::V4 => place_of(peer_v4(pending), pending, context),
        Family::V6 => place_of(V6::new(pending.tuple.peer), pending, context),
        Family::Other => false,
    }
}

#[inline(always)]
fn note_list<T: Tables>(pending: &mut Pending, context: (&Settings, &T)) {
    match pending.family() {
        Family::V4 => list_of(peer_v4(pending), pending, context),
        Family::V6 => list_of(V6::new(pending.tuple.peer), pending, context),
        Family::Other => {}
    }
}

/// Notes what is said of a peer's place; whether nothing of it is let through. What it is comes out
/// by way of memory: the verifier would follow all that comes after for each way to find a class.
#[inline(never)]
fn place_of<A, T: AddressTables<A>>(
    peer: A,
    pending: &mut Pending,
    (settings, tables): (&Settings, &T),
) -> bool {
    let place = tables.placed(peer);
    let (action, hook) = (place.actions.under(settings.actions), pending.hook());
    let all = action.any(SetAction::whole(hook));
    if all || action.any(SetAction::beginning(hook)) {
        pending.note_outcast(Reason::Place, place.class);
    }
    all
}

/// Notes what lists say of beginnings, likewise. Lists may have been exchanged since the first leg:
/// who is on both of them, whatever for, begins nothing.
#[inline(never)]
fn list_of<A, T: AddressTables<A>>(
    peer: A,
    pending: &mut Pending,
    (settings, tables): (&Settings, &T),
) {
    let listed = tables.listed(peer, pending.lists());
    let (action, hook) = (listed.actions.under(settings.actions), pending.hook());
    if action.any(SetAction::whole(hook).with(SetAction::beginning(hook))) {
        pending.note_outcast(Reason::ListUnsolicited, listed.class);
    }
}

#[inline(always)]
fn peer_v4(pending: &Pending) -> V4 {
    let [a, b, c, d, ..] = pending.tuple.peer;
    V4::new([a, b, c, d])
}
