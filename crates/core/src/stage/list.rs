// SPDX-License-Identifier: MIT
//! Lists of addresses that others keep. What they say of all packets of a peer is judged as early as
//! a ban on the very address; what they say of beginning connections, where one begins.

use crate::address::Address;
use crate::inspect::Sighting;
use crate::tables::{AddressTables, Classed, Hit, Tables};
use crate::verdict::Verdict;
use aegis_abi::tables::touched;
use aegis_abi::{Reason, SetAction, Settings};

/// Drops all packets of a peer whose class says so. A group that no list touches is not asked for.
#[inline(always)]
pub fn decide<A: Address, T: Tables + AddressTables<A>>(
    peer: A,
    marks: u64,
    sighting: &Sighting,
    context: (&Settings, &T),
) -> Option<Verdict> {
    if marks & touched::LISTS == 0 {
        return None;
    }
    let class = dropped((peer, marks), sighting, context);
    (class != 0).then(|| Verdict::drop(Reason::List).by(class))
}

/// The class whose packets are dropped here, all of them; 0 where there is none. That number is all that
/// is left of the look-up.
#[inline(always)]
fn dropped<A: Address, T: Tables + AddressTables<A>>(
    (peer, marks): (A, u64),
    sighting: &Sighting,
    (settings, tables): (&Settings, &T),
) -> u32 {
    let hook = sighting.site.hook;
    let Classed { class, actions } = tables.listed(peer, marks);
    let action = actions.under(settings.actions);
    let (hit, dropped) = if action.any(SetAction::whole(hook)) {
        (Hit::List, class)
    } else if action.any(SetAction::watched(hook)) && !action.any(SetAction::beginning(hook)) {
        (Hit::Watched, 0)
    } else {
        return 0;
    };
    if !tables.rehearses(sighting.site.interface) {
        tables.count_hit(hit, class, sighting.size);
    }
    dropped
}
