// SPDX-License-Identifier: MIT
//! Which groups of addresses a set concerns.

use aegis_abi::TouchedLine;
use aegis_abi::tables::touched;

const WORDS: usize = touched::LINES as usize * 8;

/// A mark wherever it can stand in a word.
const EVERYWHERE: u64 = 0x1111_1111_1111_1111;

/// The marks of a set ([`touched::LISTS`]), where the table of touched groups has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Eight words a line; none at all where nothing is marked.
    words: Vec<u64>,
}

impl Touched {
    /// Nothing is marked yet.
    pub(super) fn none() -> Self {
        let words = vec![0; WORDS];
        Self { words }
    }

    /// The marks of a line of the table.
    pub fn line(&self, at: u32) -> TouchedLine {
        let (lines, _) = self.words.as_chunks::<8>();
        TouchedLine(lines.get(at as usize).copied().unwrap_or_default())
    }

    /// The marks of a group.
    pub fn marks(&self, group: u32) -> u64 {
        let (line, word, shift) = touched::place(group);
        (self.line(line).0[word] >> shift) & touched::LISTS
    }

    /// Marks a group.
    pub(super) fn mark(&mut self, group: u32, mark: u64) {
        let (word, shift) = place(group);
        self.words[word] |= mark << shift;
    }

    /// Marks groups, both ends included.
    pub(super) fn mark_range(&mut self, first: u32, last: u32, mark: u64) {
        let ((from, low), (to, high)) = (place(first), place(last));
        let (low, high) = (u64::MAX << low, u64::MAX >> (60 - high));
        let mark = mark * EVERYWHERE;
        if from == to {
            self.words[from] |= mark & low & high;
            return;
        }
        self.words[from] |= mark & low;
        self.words[from + 1..to]
            .iter_mut()
            .for_each(|word| *word |= mark);
        self.words[to] |= mark & high;
    }

    /// Marks every group.
    pub(super) fn mark_all(&mut self, mark: u64) {
        self.mark_range(0, touched::GROUPS - 1, mark);
    }
}

/// Word of all words, and shift in it.
fn place(group: u32) -> (usize, u32) {
    let (line, word, shift) = touched::place(group);
    (line as usize * 8 + word, shift)
}
