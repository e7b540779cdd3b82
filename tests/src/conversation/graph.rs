// SPDX-License-Identifier: MIT
//! Which states may follow which: the diagram of `aegis_core::conntrack`, written down once more.

use aegis_abi::Flow;
use aegis_core::conntrack::{State, state};

/// Whether one packet may bring a connection from one state to another.
const fn leads(from: State, to: State) -> bool {
    use State::{Closing, Established, HalfClosed, Killed, Reset, TimeWait};
    match from {
        Established => matches!(to, Established | HalfClosed | Reset),
        HalfClosed => matches!(to, HalfClosed | Closing | Reset),
        Closing => matches!(to, Closing | TimeWait | Reset),
        TimeWait => matches!(to, TimeWait | Reset),
        Reset => matches!(to, Reset),
        Killed => matches!(to, Killed),
    }
}

/// Whether a connection may stand like this after a packet; `begun` where the packet made it, in
/// the place of another one or in none. What makes it may end it too: it need not be a bare
/// acknowledgement.
#[must_use]
pub fn follows(before: Option<&Flow>, after: Option<&Flow>, begun: bool) -> bool {
    match (before, after) {
        (_, Some(after)) if begun => matches!(
            state(after),
            State::Established | State::HalfClosed | State::Reset
        ),
        (None, after) => after.is_none(),
        (Some(_), None) => false,
        (Some(before), Some(after)) => leads(state(before), state(after)) && keeps(before, after),
    }
}

/// Whether nothing that was known of either side was forgotten.
fn keeps(before: &Flow, after: &Flow) -> bool {
    let kept = |before: u32, after: u32| before & !after == 0;
    kept(before.ingress.marks, after.ingress.marks)
        && kept(before.egress.marks, after.egress.marks)
        && before.ingress.packets <= after.ingress.packets
        && before.egress.packets <= after.egress.packets
        && before.first_ns == after.first_ns
        && before.origin == after.origin
}
