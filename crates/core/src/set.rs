// SPDX-License-Identifier: MIT
//! Looking addresses up in sets that are built whole (`aegis_abi::set`): the kernel's and the host's
//! reading of what `aegis_lists::image` writes.
//!
//! What single addresses are is found by their hash ([`hosts`]), what ranges are in sorted lines
//! ([`nets`], [`tree`]). The table of touched groups tells which of the two is worth looking at, so
//! that most addresses on lists cost one cache line, and those on none nothing. The class that is
//! found leads to what is to happen ([`SetLines::actions`]).
//!
//! Whatever the lines say, a look-up reads at most 30 of them, and does not panic.

pub mod hosts;
pub mod nets;
pub mod tree;

use crate::address::Address;
use aegis_abi::set::{ClassActions, SetHead, SetLine};
use aegis_abi::tables::touched;
use hosts::Host;

/// The lines of a set.
pub trait SetLines {
    /// Where the set has what.
    fn head(&self) -> &SetHead;
    /// A line, `None` beyond the end.
    fn line(&self, at: u32) -> Option<&SetLine>;
    /// What is to happen to packets of a class; nothing where the set does not have it.
    fn actions(&self, class: u32) -> ClassActions;
    /// The same number, of which the verifier is to know nothing: it would follow each way to it.
    #[inline(always)]
    fn obscure(&self, number: u32) -> u32 {
        number
    }
}

/// The number of the class of an address in a set of lists, 0 where no list names it. `marks` are
/// those of its group ([`touched`]).
#[inline(always)]
pub fn look_up<A: Host>(set: &impl SetLines, address: A, marks: u64) -> u32 {
    if marks & touched::LIST_HOSTS != 0 {
        let head = set.head();
        let class = hosts::value_of(set, address, (head.hosts, head.host_lines));
        if class != 0 {
            return class;
        }
    }
    if marks & touched::LIST_NETS == 0 {
        return 0;
    }
    address.range_in(set)
}

/// The number of the class of an address in a set of places, 0 where its place is not known.
#[inline(always)]
pub fn place<A: Address>(set: &impl SetLines, address: A) -> u32 {
    tree::class_of(set, address)
}
