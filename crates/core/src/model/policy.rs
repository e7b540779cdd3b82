// SPDX-License-Identifier: MIT
//! Policy for the addresses of one family.

use super::Prefix;
use super::sets::{Piece, Pieces};
use crate::address::v6_group;
use aegis_abi::tables::touched;
use aegis_abi::{Allow, Ban, Family, TouchedLine};
use std::collections::{BTreeMap, HashMap};

/// Prefixes of IPv6 shorter than this touch every group: so many leading words hash to all of them.
const TOUCHES_EVERYTHING: u8 = 12;

#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    pub(super) touched: BTreeMap<u32, TouchedLine>,
    pub(super) allowed: Vec<(Prefix, Allow)>,
    pub(super) banned: HashMap<[u8; 16], Ban>,
    pub(super) banned_prefixes: Vec<(Prefix, Ban)>,
    pub(super) lists: Pieces,
    pub(super) places: Pieces,
}

impl Policy {
    /// Marks the groups that the prefix lies in or covers.
    pub(super) fn touch(&mut self, prefix: Prefix, mark: u64) {
        let first = prefix.leading();
        match prefix.family() {
            Family::V6 if prefix.length() < TOUCHES_EVERYTHING => self.touch_all(mark),
            Family::V6 => {
                let last = u64::from(first) + (1 << (32 - prefix.length().min(32))) - 1;
                self.touch_leading(Family::V6, (first, last as u32), mark);
            }
            Family::V4 | Family::Other => {
                let last = u64::from(first) + (1 << (32 - prefix.length())) - 1;
                self.touch_leading(Family::V4, (first, last as u32), mark);
            }
        }
    }

    /// Puts other lists in the place of those that are there.
    pub(super) fn replace_lists(&mut self, family: Family, lists: Pieces) {
        for line in self.touched.values_mut() {
            line.0 = line.0.map(|word| word & !(touched::EVERY * touched::LISTS));
        }
        for piece in &lists.0 {
            self.touch_piece(family, piece);
        }
        self.touched
            .retain(|_, line| *line != TouchedLine::default());
        self.lists = lists;
    }

    fn touch_piece(&mut self, family: Family, piece: &Piece) {
        let (first, last) = piece.leading();
        match family {
            Family::V6 if last - first >= 1 << (32 - TOUCHES_EVERYTHING) => {
                self.touch_all(touched::LISTS);
            }
            _ => self.touch_leading(family, (first, last), touched::LISTS),
        }
    }

    fn touch_all(&mut self, mark: u64) {
        (0..touched::GROUPS).for_each(|group| self.set(group, mark));
    }

    /// The groups of addresses with these first 32 bits, and those between.
    fn touch_leading(&mut self, family: Family, (first, last): (u32, u32), mark: u64) {
        match family {
            Family::V6 => (first..=last).for_each(|leading| self.set(v6_group(leading), mark)),
            _ => (first >> 8..=last >> 8).for_each(|group| self.set(group, mark)),
        }
    }

    fn set(&mut self, group: u32, mark: u64) {
        let (line, word, shift) = touched::place(group);
        self.touched.entry(line).or_default().0[word] |= mark << shift;
    }

    pub(super) fn marks(&self, group: u32) -> u64 {
        let (line, word, shift) = touched::place(group);
        let line = self.touched.get(&line);
        line.map_or(0, |line| line.0[word] >> shift) & touched::ALL
    }
}

pub(super) fn replace<V>(entries: &mut Vec<(Prefix, V)>, prefix: Prefix, value: V) {
    entries.retain(|(known, _)| *known != prefix);
    entries.push((prefix, value));
}

pub(super) fn longest<V: Copy>(entries: &[(Prefix, V)], address: [u8; 16]) -> Option<V> {
    let around = entries
        .iter()
        .filter(|(prefix, _)| prefix.contains(address));
    around
        .max_by_key(|(prefix, _)| prefix.length())
        .map(|(_, value)| *value)
}
