// SPDX-License-Identifier: MIT
//! Ranges of a set of lists.
//!
//! Of IPv4: the first lines of the set are one for each 16 bits that an address begins with, which
//! has up to sixteen ranges of it: fifteen half words, each the last address of a range, and then the
//! classes of the ranges, half a word each. Where the half word after the fifteen is 0, word
//! [`VALUE`] has a class for all of them, or the node of a tree ([`tree`]) of more ranges.
//!
//! Of IPv6: the first word of an address is found by its hash and leads to a class, or to the tree of
//! the next one. Ranges of many first words are in the directory of [`tree`].

use crate::address::{Address, V4, V6};
use crate::set::hosts::{self, Host, Leading};
use crate::set::{SetLines, tree};
use aegis_abi::set::SetLine;

/// Lines of ranges of IPv4.
pub const LINES: u32 = 1 << 16;
/// Ranges of such a line.
pub const RANGES: usize = 16;
/// Half word of a line that is 0 where there is but one value.
pub const SEVERAL: usize = RANGES - 1;
/// Word of a line that has this value.
pub const VALUE: usize = 8;

impl Host for V4 {
    #[inline(always)]
    fn range_in(self, set: &impl SetLines) -> u32 {
        let word = self.leading()[0] >> 32;
        let Some(line) = set.line((word >> 16) as u32) else {
            return 0;
        };
        if half(line, SEVERAL) == 0 {
            return match line.0[VALUE] {
                value if value & tree::NODE == 0 => value,
                node => tree::class(tree::within(set, node, word as u32)),
            };
        }
        let range = rank(line, word as u32 & 0xffff);
        half(line, RANGES + range as usize)
    }
}

impl Host for V6 {
    #[inline(always)]
    fn range_in(self, set: &impl SetLines) -> u32 {
        let bits @ [high, _] = self.leading();
        let (key, head) = (Leading((high >> 32) as u32), set.head());
        match hosts::value_of(set, key, (head.leading, head.leading_lines)) {
            0 => tree::below::<1>(set, tree::directory(set, bits), bits),
            value => tree::below::<3>(set, value, tree::shifted(bits)),
        }
    }
}

/// A half word of a line.
#[inline(always)]
fn half(line: &SetLine, at: usize) -> u32 {
    (line.0[(at / 2) & 15] >> (at as u32 % 2 * 16)) & 0xffff
}

/// How many of the fifteen half words are below `low`: of every fourth one first, and then of the
/// three before the one that is not. By arithmetic, as in [`tree`].
#[inline(always)]
fn rank(line: &SetLine, low: u32) -> u32 {
    let below = |half: u32| {
        const BORROWED: u32 = 1 << 16;
        1 - (((half | BORROWED).wrapping_sub(low) >> 16) & 1)
    };
    let quarter = below(half(line, 3)) + below(half(line, 7)) + below(half(line, 11));
    let at = quarter as usize * 2;
    let (pair, third) = (line.0[at & 15], line.0[(at + 1) & 15] & 0xffff);
    quarter * 4 + below(pair & 0xffff) + below(pair >> 16) + below(third)
}
