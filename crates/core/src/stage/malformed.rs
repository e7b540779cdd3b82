// SPDX-License-Identifier: MIT
//! Packets whose addresses could be read, but not what follows them.

use crate::packet::{Packet, Transport};
use crate::verdict::Verdict;

/// Applies the fail policy of [`crate::malformed`].
#[inline(always)]
pub fn decide<A>(packet: &Packet<A>) -> Option<Verdict> {
    match packet.transport() {
        Transport::Malformed(malformed) => Some(malformed.verdict()),
        _ => None,
    }
}
