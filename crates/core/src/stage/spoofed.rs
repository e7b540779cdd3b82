// SPDX-License-Identifier: MIT
//! Source addresses that are lies: nothing that arrives from a network can bear them.

use crate::address::Address;
use crate::packet::Packet;
use crate::verdict::Verdict;
use aegis_abi::Reason;

/// Drops arriving packets from the receiver's own address (LAND) or from impossible ones.
#[inline(always)]
pub fn decide<A: Address>(packet: &Packet<A>) -> Option<Verdict> {
    if packet.source.is_bogus_source() {
        Some(Verdict::drop(Reason::BogusSource))
    } else if packet.source == packet.destination {
        Some(Verdict::drop(Reason::Land))
    } else {
        None
    }
}
