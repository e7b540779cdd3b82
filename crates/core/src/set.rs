// SPDX-License-Identifier: MIT
//! Looking addresses up in sets that are built whole (`aegis_abi::set`): the kernel's and the host's
//! reading of what `aegis_lists::image` writes.
//!
//! The first line is a header: see [`header`]. After it come the actions of the classes, sixteen a
//! line, and then the body, which is of one of two kinds:
//!
//! * *flat*, for lists of IPv4: half a word for each /24, and where single addresses of it differ,
//!   lines of exact addresses, in which an address is found by its hash;
//! * *tree*, for places, and for lists of IPv6: ranges of 32 bits, sorted, in a static B+ tree. Where
//!   the next 32 bits of an IPv6 address decide, a range's value leads to another tree. The first 32
//!   bits of lists are found by hash instead.

use aegis_abi::set::SetLine;

/// The lines of a set.
pub trait SetLines {
    /// A line, `None` beyond the end.
    fn line(&self, at: u32) -> Option<&SetLine>;
}

/// Words of the first line.
pub mod header {
    /// Line at which the body begins.
    pub const BODY: usize = 0;
    /// Classes, all told.
    pub const CLASSES: usize = 1;
    /// First line of exact addresses, or of leading words.
    pub const EXACT: usize = 2;
    /// How many lines of those there are, a power of two.
    pub const EXACT_LINES: usize = 3;
    /// Seed of their hash.
    pub const SEED: usize = 4;
    /// A tree: a `node` word, or a class where there is but one range.
    pub const ROOT: usize = 5;
    /// Line at which the actions of the classes begin.
    pub const ACTIONS: u32 = 1;
}
