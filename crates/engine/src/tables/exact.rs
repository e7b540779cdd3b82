// SPDX-License-Identifier: MIT
//! The tables of banned addresses, written in place through shared memory.
//!
//! `aegis_core::exact` says how they are read. A place is published by the last store to it: the
//! ban before its key, and a spilled key before its line says that it has spilled. Replacing a ban
//! stores its words one by one, so a packet in between may see the new expiry with the old rule.

use super::failed;
use super::mapped::Mapped;
use crate::EngineError;
use aegis_abi::Ban;
use aegis_core::exact::{first_line, second_line};
use aya::maps::MapData;
use std::sync::atomic::{AtomicU32, Ordering};

/// How lines of one family are laid out.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Words of four bytes in a key.
    pub(crate) key_words: usize,
    /// Keys in a line.
    pub(crate) keys: usize,
    /// Words in a line.
    pub(crate) line_words: usize,
    /// Lines.
    pub(crate) lines: u32,
    /// Places of a line in the table of bans.
    pub(crate) places: u32,
    /// Hashes a key with a seed, as the kernel does.
    pub(crate) hash: fn(&[u32], u32) -> u32,
}

/// The two lines that a key may be in.
#[derive(Clone, Copy)]
struct Lines {
    first: u32,
    second: u32,
}

/// Banned addresses of one family.
pub(crate) struct ExactTable {
    name: &'static str,
    shape: Shape,
    seed: u32,
    lines: Mapped,
    bans: Mapped,
}

impl ExactTable {
    pub(crate) fn new(
        (line_name, lines): (&'static str, MapData),
        (name, bans): (&'static str, MapData),
        (shape, seed): (Shape, u32),
    ) -> Result<Self, EngineError> {
        let line_bytes = shape.lines as usize * shape.line_words * 4;
        let ban_bytes = shape.lines as usize * shape.places as usize * size_of::<Ban>();
        let lines = Mapped::new(line_name, lines, line_bytes)?;
        Ok(Self {
            name,
            shape,
            seed,
            lines,
            bans: Mapped::new(name, bans, ban_bytes)?,
        })
    }

    /// See [`Mapped::rest`].
    pub(crate) fn rest(&mut self) {
        self.lines.rest();
        self.bans.rest();
    }

    /// Writes or removes a ban.
    pub(crate) fn set(&self, key: &[u32], ban: Option<Ban>) -> Result<(), EngineError> {
        match (self.find(key), ban) {
            (Some(place), Some(ban)) => self.store_ban(place, ban),
            (Some(place), None) => self.clear(place, self.lines_of(key)),
            (None, None) => {}
            (None, Some(ban)) => self.insert(key, ban)?,
        }
        Ok(())
    }

    /// The ban on an address.
    pub(crate) fn get(&self, key: &[u32]) -> Option<Ban> {
        self.find(key).map(|place| self.load_ban(place))
    }

    fn load_ban(&self, place: Place) -> Ban {
        let words = self.bans.long_words();
        let at = self.ban_index(place) * 2;
        let rest = words[at + 1].load(Ordering::Acquire);
        let expires_ns = words[at].load(Ordering::Acquire);
        Ban {
            expires_ns,
            rule: rest as u32,
            scopes: (rest >> 32) as u32,
        }
    }

    /// Addresses in the table, counted.
    pub(crate) fn count(&self) -> u64 {
        let lines = 0..self.shape.lines;
        lines
            .map(|line| {
                self.places(line)
                    .filter(|place| !self.is_free(*place))
                    .count() as u64
            })
            .sum()
    }

    /// The key of every address in the table.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Vec<u32>> {
        let places = (0..self.shape.lines).flat_map(|line| self.places(line));
        let taken = places.filter(|place| !self.is_free(*place));
        taken.map(|place| self.key_of(place))
    }

    fn key_of(&self, place: Place) -> Vec<u32> {
        let words = self.key_words(place).iter();
        words.map(|word| word.load(Ordering::Acquire)).collect()
    }

    /// Addresses that the table is made for.
    pub(crate) const fn capacity() -> u64 {
        aegis_abi::names::capacity::BANS as u64
    }

    fn lines_of(&self, key: &[u32]) -> Lines {
        let hash = (self.shape.hash)(key, self.seed);
        Lines {
            first: first_line(hash, self.shape.lines),
            second: second_line(hash, self.shape.lines),
        }
    }

    fn insert(&self, key: &[u32], ban: Ban) -> Result<(), EngineError> {
        if is_nothing(key) {
            let reason = "the unspecified address is on no wire, so it cannot be banned";
            return Err(failed(self.name, reason.to_owned()));
        }
        let lines = self.lines_of(key);
        let place = self
            .free_place(lines.first)
            .or_else(|| self.free_place(lines.second))
            .or_else(|| self.make_room(lines.first))
            .or_else(|| self.make_room(lines.second))
            .ok_or(EngineError::TableFull {
                table: self.name,
                capacity: Self::capacity(),
            })?;
        self.put(place, key, ban, lines);
        Ok(())
    }

    fn free_place(&self, line: u32) -> Option<Place> {
        self.places(line).find(|place| self.is_free(*place))
    }

    /// Moves one key of a full line to its other line. It is in both for a moment; only a look-up
    /// that has been to one of them and not yet to the other, or to its ban, can miss it, once.
    fn make_room(&self, line: u32) -> Option<Place> {
        self.places(line).find_map(|place| {
            let key = self.key_of(place);
            let lines = self.lines_of(&key);
            let other = if place.line == lines.first {
                lines.second
            } else {
                lines.first
            };
            let new_place = self.free_place(other)?;
            self.put(new_place, &key, self.load_ban(place), lines);
            self.clear(place, lines);
            Some(place)
        })
    }

    fn put(&self, place: Place, key: &[u32], ban: Ban, lines: Lines) {
        self.store_ban(place, ban);
        self.store_key(place, key);
        if place.line != lines.first {
            self.spilled(lines.first).fetch_add(1, Ordering::Release);
        }
    }

    fn clear(&self, place: Place, lines: Lines) {
        self.store_key(place, &[0; 4][..self.shape.key_words]);
        // A packet from the unspecified address finds the first free place.
        self.store_ban(place, Ban::NONE);
        if place.line != lines.first {
            self.spilled(lines.first).fetch_sub(1, Ordering::Release);
        }
    }

    fn find(&self, key: &[u32]) -> Option<Place> {
        if is_nothing(key) {
            return None;
        }
        let lines = self.lines_of(key);
        let here = |line| self.places(line).find(|place| self.has_key(*place, key));
        here(lines.first).or_else(|| {
            let spilled = self.spilled(lines.first).load(Ordering::Acquire) != 0;
            spilled.then(|| here(lines.second)).flatten()
        })
    }

    fn places(&self, line: u32) -> impl Iterator<Item = Place> + use<> {
        (0..self.shape.keys).map(move |at| Place { line, at })
    }

    fn key_words(&self, place: Place) -> &[AtomicU32] {
        let start = place.line as usize * self.shape.line_words + place.at * self.shape.key_words;
        &self.lines.words()[start..start + self.shape.key_words]
    }

    fn has_key(&self, place: Place, key: &[u32]) -> bool {
        let words = self.key_words(place);
        words
            .iter()
            .zip(key)
            .all(|(word, wanted)| word.load(Ordering::Acquire) == *wanted)
    }

    fn is_free(&self, place: Place) -> bool {
        self.key_words(place)
            .iter()
            .all(|word| word.load(Ordering::Acquire) == 0)
    }

    /// The first word goes last: until then the key is that of an address in ::/32, which is on
    /// no wire either.
    fn store_key(&self, place: Place, key: &[u32]) {
        let removes = is_nothing(key);
        let words = self.key_words(place);
        let store = |at: usize| words[at].store(key[at], Ordering::Release);
        if removes {
            (0..words.len()).for_each(store);
        } else {
            (0..words.len()).rev().for_each(store);
        }
    }

    fn store_ban(&self, place: Place, ban: Ban) {
        let words = self.bans.long_words();
        let at = self.ban_index(place) * 2;
        let rest = u64::from(ban.rule) | u64::from(ban.scopes) << 32;
        words[at + 1].store(rest, Ordering::Release);
        words[at].store(ban.expires_ns, Ordering::Release);
    }

    fn ban_index(&self, place: Place) -> usize {
        place.line as usize * self.shape.places as usize + place.at
    }

    fn spilled(&self, line: u32) -> &AtomicU32 {
        let at = line as usize * self.shape.line_words + self.shape.keys * self.shape.key_words;
        &self.lines.words()[at]
    }
}

/// The key of a free place, which is that of the unspecified address too.
fn is_nothing(key: &[u32]) -> bool {
    key.iter().all(|word| *word == 0)
}

/// Where a key lies.
#[derive(Clone, Copy)]
struct Place {
    line: u32,
    at: usize,
}

// `store_ban` and `get` pack the rule and the scopes into one word in this order.
const _: () = assert!(
    cfg!(target_endian = "little"),
    "the layout of `Ban` is read as little-endian"
);

#[cfg(test)]
mod tests;
