// SPDX-License-Identifier: MIT
//! Exact addresses in one cache line a look-up.
//!
//! The kernel's hash table takes 28 ns to say that a source is banned, more than the rest of the
//! packet path does. This one takes 5: an address hashes to a line of keys, which is scanned; its
//! ban lies at the same place of a second table. A line that is full spills into another one, and
//! says so. User space writes the tables, and only user space.

use crate::address::{Address, V4, V6, mix};
use aegis_abi::Ban;
use aegis_abi::tables::{BanLineV4, BanLineV6};

/// What a scan returns where the address is not in the line.
pub const ABSENT: u32 = u32::MAX;

/// A line of keys of addresses `A`.
pub trait Line<A> {
    /// Places a line takes up in the table of bans, a power of two.
    const PLACES: u32;
    /// Lines, a power of two.
    const LINES: u32;

    /// The place of the address in the line, or [`ABSENT`].
    fn place_of(&self, address: A) -> u32;

    /// Whether addresses of this line are in their second line.
    fn has_spilled(&self) -> bool;
}

/// The line an address belongs to.
#[inline(always)]
pub const fn first_line(hash: u32, lines: u32) -> u32 {
    hash & (lines - 1)
}

/// The line it goes to where the first is full.
#[inline(always)]
pub const fn second_line(hash: u32, lines: u32) -> u32 {
    mix(hash ^ 0x5bd1_e995) & (lines - 1)
}

/// Looks an address up; [`Ban::NONE`] where it is not banned.
#[inline(always)]
pub fn look_up<'a, A: Address, L: Line<A> + 'a>(
    address: A,
    seed: u32,
    line: impl Fn(u32) -> Option<&'a L>,
    ban: impl Fn(u32) -> Ban,
) -> Ban {
    let hash = address.hash(seed);
    let mut at = first_line(hash, L::LINES);
    let Some(first) = line(at) else {
        return Ban::NONE;
    };
    let mut place = first.place_of(address);
    if place == ABSENT && first.has_spilled() {
        at = second_line(hash, L::LINES);
        let Some(second) = line(at) else {
            return Ban::NONE;
        };
        place = second.place_of(address);
    }
    if place == ABSENT {
        Ban::NONE
    } else {
        ban(at * L::PLACES + place)
    }
}

impl Line<V4> for BanLineV4 {
    const PLACES: u32 = Self::PLACES;
    const LINES: u32 = Self::LINES;

    #[inline(always)]
    fn place_of(&self, address: V4) -> u32 {
        let key = address.word();
        let mut place = ABSENT;
        for (at, &candidate) in self.keys.iter().enumerate() {
            if candidate == key {
                place = at as u32;
                break;
            }
        }
        place
    }

    #[inline(always)]
    fn has_spilled(&self) -> bool {
        self.spilled != 0
    }
}

impl Line<V6> for BanLineV6 {
    const PLACES: u32 = Self::PLACES;
    const LINES: u32 = Self::LINES;

    #[inline(always)]
    fn place_of(&self, address: V6) -> u32 {
        let [high, low] = address.words();
        let mut place = ABSENT;
        for (at, key) in self.keys.iter().enumerate() {
            if key[1] == low && key[0] == high {
                place = at as u32;
                break;
            }
        }
        place
    }

    #[inline(always)]
    fn has_spilled(&self) -> bool {
        self.spilled != 0
    }
}
