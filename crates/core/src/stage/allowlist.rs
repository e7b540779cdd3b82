// SPDX-License-Identifier: MIT
//! Peers that bypass every check after this one.

use crate::address::Address;
use crate::tables::AddressTables;
use crate::verdict::Verdict;
use aegis_abi::{Reason, tables::touched};

/// Passes packets of peers on the allowlist.
#[inline(always)]
pub fn decide<A: Address, T: AddressTables<A>>(peer: A, marks: u64, tables: &T) -> Option<Verdict> {
    if marks & touched::ALLOW == 0 {
        return None;
    }
    let entry = tables.allowed(peer)?;
    Some(Verdict::pass(Reason::Allowlist).by(entry.rule))
}
