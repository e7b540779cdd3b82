// SPDX-License-Identifier: MIT
//! Keys, put into lines by their hash: the writer of what `aegis_core::set::hosts` reads.

use aegis_abi::set::SetLine;
use aegis_core::set::hosts::{Key, Region, SPILLED, first_line, second_line, value_place};

/// Of a hundred places, so many are taken.
const LOAD: usize = 60;
/// Keys that may give way to each other before another seed is to be tried.
const MOVES: usize = 500;

/// Puts every key into one of its two lines; `None` where that fails with this seed. `more` is how
/// many eighths of the lines are to be added to what keys commonly need.
pub fn fill<K: Key>(keys: &[(K, u32)], seed: u32, more: u32) -> Option<Vec<SetLine>> {
    let least = keys.len() * 100 / (LOAD * K::PLACES) + 1;
    let lines = least + least * more as usize / 8;
    let mut places = Places::of(keys, (seed, lines));
    places.take_all().then(|| places.lines())
}

/// Appends lines of keys to others; says which those are.
pub fn append(lines: &mut Vec<SetLine>, of_keys: &[SetLine]) -> Region {
    let region = (lines.len() as u32, of_keys.len() as u32);
    lines.extend_from_slice(of_keys);
    region
}

/// Nobody, among the numbers of keys.
const NOBODY: u32 = u32::MAX;

/// Who is where.
struct Places<'a, K> {
    keys: &'a [(K, u32)],
    seed: u32,
    lines: u32,
    /// Numbers of the keys in each line, [`Key::PLACES`] a line, filled from the left.
    taken: Vec<u32>,
    /// How many keys of each line are in their second line.
    spilled: Vec<u32>,
}

impl<'a, K: Key> Places<'a, K> {
    fn of(keys: &'a [(K, u32)], (seed, lines): (u32, usize)) -> Self {
        Self {
            keys,
            seed,
            lines: lines as u32,
            taken: vec![NOBODY; lines * K::PLACES],
            spilled: vec![0; lines],
        }
    }

    /// Whether all have found a place: first those whose first line has one, then the others.
    fn take_all(&mut self) -> bool {
        let mut left: Vec<u32> = Vec::new();
        for key in 0..self.keys.len() as u32 {
            let [first, _] = self.lines_of(key);
            if !self.take(first, key) {
                left.push(key);
            }
        }
        left.into_iter().all(|key| self.settle(key))
    }

    /// Puts a key into its second line, or into its first if somebody can leave that.
    fn settle(&mut self, key: u32) -> bool {
        let mut key = key;
        for turn in 0..MOVES {
            let [first, second] = self.lines_of(key);
            if self.take(second, key) {
                self.spilled[first as usize] += 1;
                return true;
            }
            if self.take(first, key) {
                return true;
            }
            // Somebody of the second line leaves it for their other one, a different one each turn.
            let place = second as usize * K::PLACES + turn % K::PLACES;
            let leaves = std::mem::replace(&mut self.taken[place], key);
            self.spilled[first as usize] += 1;
            let [left, _] = self.lines_of(leaves);
            if left != second {
                self.spilled[left as usize] -= 1;
            }
            key = leaves;
        }
        false
    }

    fn take(&mut self, line: u32, key: u32) -> bool {
        let from = line as usize * K::PLACES;
        let places = &mut self.taken[from..from + K::PLACES];
        let free = places.iter_mut().find(|place| **place == NOBODY);
        let found = free.is_some();
        if let Some(place) = free {
            *place = key;
        }
        found
    }

    fn lines_of(&self, key: u32) -> [u32; 2] {
        let hash = self.keys[key as usize].0.hash(self.seed);
        [first_line(hash, self.lines), second_line(hash, self.lines)]
    }

    fn lines(&self) -> Vec<SetLine> {
        let taken = self.taken.chunks_exact(K::PLACES);
        let lines = taken.zip(&self.spilled);
        lines
            .map(|(taken, &spilled)| self.line(taken, spilled))
            .collect()
    }

    fn line(&self, taken: &[u32], spilled: u32) -> SetLine {
        let mut line = SetLine::default();
        for (place, &key) in taken.iter().enumerate() {
            if let Some(&(key, value)) = self.keys.get(key as usize) {
                key.put_in(&mut line, place);
                let (word, shift) = value_place::<K>(place);
                line.0[word] |= value << shift;
            }
        }
        line.0[SPILLED] = spilled;
        line
    }
}
