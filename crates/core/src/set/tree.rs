// SPDX-License-Identifier: MIT
//! Ranges of a set: the first 16 bits of an address lead to a static B+ tree of ranges of its first
//! 32 bits. Where the next 32 bits of an IPv6 address decide, a range leads to another tree.
//!
//! The first lines of a set are the directory: a value for each 16 bits. A value is 0 for no class,
//! a class, or a node: [`NODE`], how many inner lines are above the leaf, and a line. An inner line
//! has the last 32-bit word of each of its children but the last, and the line of the first child;
//! the others follow that one. A leaf has the last word of each range but the last, and the ranges'
//! values.

use crate::address::Address;
use crate::set::SetLines;
use aegis_abi::Family;
use aegis_abi::set::SetLine;

/// Lines of the directory.
pub const DIRECTORY_LINES: u32 = (1 << 16) / 16;
/// Marks a value that is no class.
pub const NODE: u32 = 1 << 31;
/// The part of a node that is the number of its line.
pub const LINE: u32 = (1 << DEPTH_SHIFT) - 1;
/// Where in a node it stands how many inner lines are above the leaf, three bits.
pub const DEPTH_SHIFT: u32 = 28;
/// Ranges that an inner line tells apart.
pub const CHILDREN: usize = 16;
/// Word of an inner line that has the line of the first child.
pub const FIRST_CHILD: usize = CHILDREN - 1;
/// Ranges of a leaf.
pub const RANGES: usize = 8;
/// Word of a leaf that has the first range's value.
pub const FIRST_VALUE: usize = RANGES - 1;
/// Inner lines that a tree has one above the other at most: eight million ranges.
pub const DEPTH: u32 = 5;

/// A node of which `depth` inner lines are above the leaf.
pub const fn node(depth: u32, line: u32) -> u32 {
    NODE | (depth << DEPTH_SHIFT) | (line & LINE)
}

/// The class of an address, 0 where no range covers it.
#[inline(always)]
pub fn class_of<A: Address>(set: &impl SetLines, address: A) -> u32 {
    let bits = address.leading();
    let root = directory(set, bits);
    match A::FAMILY {
        Family::V6 => below::<4>(set, root, bits),
        _ => below::<1>(set, root, bits),
    }
}

/// What the first 16 of these bits lead to.
#[inline(always)]
pub(super) fn directory(set: &impl SetLines, [high, _]: [u64; 2]) -> u32 {
    let leading = (high >> 48) as u32;
    match set.line(leading >> 4) {
        Some(line) => line.0[(leading & 15) as usize],
        None => 0,
    }
}

/// What a value comes to when `WORDS` of these bits decide.
#[inline(always)]
pub(super) fn below<const WORDS: u32>(set: &impl SetLines, value: u32, bits: [u64; 2]) -> u32 {
    let (mut value, mut bits) = (value, bits);
    for _ in 0..WORDS {
        if value & NODE == 0 {
            return value;
        }
        value = within(set, value, (bits[0] >> 32) as u32);
        bits = shifted(bits);
    }
    class(value)
}

/// These bits without their first word.
#[inline(always)]
pub(super) const fn shifted([high, low]: [u64; 2]) -> [u64; 2] {
    [(high << 32) | (low >> 32), low << 32]
}

/// The class that a value is; a node is none.
#[inline(always)]
pub(super) const fn class(value: u32) -> u32 {
    match value & NODE {
        0 => value,
        _ => 0,
    }
}

/// The value of the range of a tree that a word is in; 0 where a line is missing.
#[inline(always)]
pub(super) fn within(set: &impl SetLines, root: u32, word: u32) -> u32 {
    let mut node = root;
    for _ in 0..DEPTH {
        if node & !NODE <= LINE {
            break;
        }
        let Some(line) = set.line(node & LINE) else {
            return 0;
        };
        let child = line.0[FIRST_CHILD].wrapping_add(rank::<FIRST_CHILD>(line, word));
        node = set.obscure((node & !LINE).wrapping_sub(1 << DEPTH_SHIFT) | (child & LINE));
    }
    let Some(line) = set.line(node & LINE) else {
        return 0;
    };
    let range = rank::<FIRST_VALUE>(line, word) as usize;
    set.obscure(line.0[(FIRST_VALUE + range) & 15])
}

/// How many of the first `KEYS` words are below `word`. By arithmetic: a branch for each would be
/// mispredicted once a line, and costs more than all of them; and the verifier would follow every
/// combination of them. A compiler makes a comparison, which is a branch here, of a sign bit; of a
/// borrow from a bit that was set for it, it does not.
#[inline(always)]
fn rank<const KEYS: usize>(line: &SetLine, word: u32) -> u32 {
    const BORROWED: u64 = 1 << 32;
    let mut not_below = 0;
    for at in 0..KEYS {
        let difference = (u64::from(line.0[at]) | BORROWED).wrapping_sub(u64::from(word));
        not_below += difference & BORROWED;
    }
    KEYS as u32 - (not_below >> 32) as u32
}
