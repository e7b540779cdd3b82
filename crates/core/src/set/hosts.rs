// SPDX-License-Identifier: MIT
//! What a set has by its hash: single addresses, and the first words of IPv6 addresses. A key hashes
//! to a line, which is scanned. A line that is full spills into others, and says so. As
//! [`crate::exact`], but never changed once it is built.
//!
//! A line has its keys first, as on the wire; then their values; and in the last word whether keys
//! of this line are in their second line. A place whose value is 0 is free.

use crate::address::{Address, V4, V6, mix};
use crate::set::SetLines;
use aegis_abi::set::SetLine;

/// Word of a line that says how many of its keys are in their second line.
pub const SPILLED: usize = 15;

/// What is found by its hash.
pub trait Key: Copy {
    /// Keys of a line.
    const PLACES: usize;
    /// Bits of a value.
    const BITS: u32;

    /// The key and a seed mixed into 32 bits.
    fn hash(self, seed: u32) -> u32;
    /// The place of the key in a line; [`Key::PLACES`] where it is not there.
    fn place_in(self, line: &SetLine) -> usize;
    /// Puts the key into a place of a line.
    fn put_in(self, line: &mut SetLine, place: usize);
}

/// An address that a set can have as a single one.
pub trait Host: Address + Key {
    /// The class of the range of a set of lists that the address is in, 0 where there is none.
    fn range_in(self, set: &impl SetLines) -> u32;
}

/// Lines of one kind of keys: the number of the first, and how many there are.
pub type Region = (u32, u32);

/// The value of a key, 0 where the set does not have it.
#[inline(always)]
pub fn value_of<K: Key>(set: &impl SetLines, key: K, (from, lines): Region) -> u32 {
    let hash = key.hash(set.head().seed);
    let at = from.wrapping_add(first_line(hash, lines));
    let Some(line) = set.line(at) else {
        return 0;
    };
    let place = set.obscure(key.place_in(line) as u32) as usize;
    if place < K::PLACES {
        return value_at::<K>(line, place);
    }
    if line.0[SPILLED] == 0 {
        return 0;
    }
    let at = from.wrapping_add(second_line(hash, lines));
    let Some(line) = set.line(at) else {
        return 0;
    };
    let place = set.obscure(key.place_in(line) as u32) as usize;
    value_at::<K>(line, place)
}

/// The line a key belongs to, counted from the first of its kind.
#[inline(always)]
pub const fn first_line(hash: u32, lines: u32) -> u32 {
    // Not a remainder, which costs a division, nor a mask, which would have lines a power of two.
    ((hash as u64 * lines as u64) >> 32) as u32
}

/// The line it goes to where the first is full.
#[inline(always)]
pub const fn second_line(hash: u32, lines: u32) -> u32 {
    first_line(mix(hash ^ 0x5bd1_e995), lines)
}

/// The value of a place of a line; of the place after the last, 0.
#[inline(always)]
fn value_at<K: Key>(line: &SetLine, place: usize) -> u32 {
    if place >= K::PLACES {
        return 0;
    }
    let (word, shift) = value_place::<K>(place);
    (line.0[word & 15] >> shift) & (u32::MAX >> (32 - K::BITS))
}

/// Word in which the value of a place is, and shift in the word.
#[inline(always)]
pub const fn value_place<K: Key>(place: usize) -> (usize, u32) {
    let first = SPILLED - (K::PLACES * K::BITS as usize).div_ceil(32);
    let bit = place as u32 * K::BITS;
    (first + (bit / 32) as usize, bit % 32)
}

impl Key for V4 {
    const PLACES: usize = 10;
    const BITS: u32 = 16;

    #[inline(always)]
    fn hash(self, seed: u32) -> u32 {
        Address::hash(self, seed)
    }

    #[inline(always)]
    fn place_in(self, line: &SetLine) -> usize {
        word_in::<{ Self::PLACES }>(line, self.word())
    }

    fn put_in(self, line: &mut SetLine, place: usize) {
        line.0[place] = self.word();
    }
}

impl Key for V6 {
    const PLACES: usize = 3;
    const BITS: u32 = 32;

    #[inline(always)]
    fn hash(self, seed: u32) -> u32 {
        Address::hash(self, seed)
    }

    #[inline(always)]
    fn place_in(self, line: &SetLine) -> usize {
        let [a, b, c, d] = self.quarters();
        let mut place = Self::PLACES;
        for at in 0..Self::PLACES {
            let key = at * 4;
            // What differs most comes first.
            if line.0[key + 3] == d
                && line.0[key + 1] == b
                && line.0[key] == a
                && line.0[key + 2] == c
            {
                place = at;
                break;
            }
        }
        place
    }

    fn put_in(self, line: &mut SetLine, place: usize) {
        line.0[place * 4..place * 4 + 4].copy_from_slice(&self.quarters());
    }
}

/// The first word of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leading(pub u32);

impl Key for Leading {
    const PLACES: usize = 7;
    const BITS: u32 = 32;

    #[inline(always)]
    fn hash(self, seed: u32) -> u32 {
        mix(self.0 ^ seed)
    }

    #[inline(always)]
    fn place_in(self, line: &SetLine) -> usize {
        word_in::<{ Self::PLACES }>(line, self.0)
    }

    fn put_in(self, line: &mut SetLine, place: usize) {
        line.0[place] = self.0;
    }
}

/// The place of a word among the first ones of a line.
#[inline(always)]
fn word_in<const PLACES: usize>(line: &SetLine, word: u32) -> usize {
    let mut place = PLACES;
    for at in 0..PLACES {
        if line.0[at] == word {
            place = at;
            break;
        }
    }
    place
}
