// SPDX-License-Identifier: MIT
//! Peers that bypass every check after this one.

use crate::address::Address;
use crate::tables::AddressTables;
use crate::verdict::Verdict;
use aegis_abi::{Reason, tables::touched};

/// Passes packets of peers that are on the allowlist under a generation of the settings.
#[inline(always)]
pub fn decide<A: Address, T: AddressTables<A>>(
    peer: A,
    marks: u64,
    generation: u32,
    tables: &T,
) -> Option<Verdict> {
    if marks & touched::ALLOW == 0 {
        return None;
    }
    let rule = tables.allowed(peer)?.rule(generation);
    (rule != 0).then(|| Verdict::pass(Reason::Allowlist).by(rule))
}
