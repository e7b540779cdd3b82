// SPDX-License-Identifier: MIT
//! Ranges as trees under a directory: the writer of what `aegis_core::set::tree` reads.

use crate::image::address::{Number, Ranges};
use crate::image::error::ImageError;
use crate::set::Piece;
use crate::span::Span;
use aegis_abi::set::SetLine;
use aegis_core::set::hosts::Leading;
use aegis_core::set::nets;
use aegis_core::set::tree::{
    CHILDREN, DEPTH, DIRECTORY_LINES, FIRST_CHILD, FIRST_VALUE, LINE, RANGES, node,
};

/// Lines of a set: a directory, and the trees that it leads to.
///
/// # Errors
///
/// [`ImageError::Depth`] and [`ImageError::Bytes`].
pub fn under_directory<N: Number>(pieces: &[Piece<N>]) -> Result<Vec<SetLine>, ImageError> {
    let (mut grove, ranges) = Grove::grown(pieces, DIRECTORY_LINES);
    grove.direct(&ranges);
    grove.lines()
}

/// Lines of a set of lists of IPv4: those of ranges, and the trees of what finds no room there.
///
/// # Errors
///
/// As [`under_directory`].
pub fn under_lines(pieces: &[Piece<u32>]) -> Result<Vec<SetLine>, ImageError> {
    let (mut grove, ranges) = Grove::grown(pieces, nets::LINES);
    for (at, ranges) in by_sixteen_bits(&ranges).enumerate() {
        grove.lines[at] = match ranges.len() {
            2..=nets::RANGES => several(ranges),
            _ => {
                let mut line = SetLine::default();
                line.0[nets::VALUE] = grove.plant(ranges);
                line
            }
        };
    }
    grove.lines()
}

/// Lines of a set of lists of IPv6, and the first words that are to be found by hash.
///
/// # Errors
///
/// As [`under_directory`].
pub fn under_words(pieces: &[Piece<u128>]) -> Result<Ranges, ImageError> {
    let (mut grove, mut ranges) = Grove::grown(pieces, DIRECTORY_LINES);
    let leading = take_narrow(&mut ranges);
    grove.direct(&ranges);
    Ok((grove.lines()?, leading))
}

/// A range of so many first words at most is found by the hash of each.
const NARROW: u32 = 16;

/// Takes out what is narrow.
fn take_narrow(ranges: &mut Vec<Range>) -> Vec<(Leading, u32)> {
    let mut leading = Vec::new();
    let mut first = 0;
    for range in ranges.iter_mut() {
        if range.value != 0 && range.last - first < NARROW {
            leading.extend((first..=range.last).map(|word| (Leading(word), range.value)));
            range.value = 0;
        }
        first = range.last.wrapping_add(1);
    }
    ranges.dedup_by(|later, earlier| {
        let same = later.value == earlier.value;
        if same {
            earlier.last = later.last;
        }
        same
    });
    leading
}

/// The ranges of each 16 bits that a first word begins with; the last one may go on behind them.
fn by_sixteen_bits(ranges: &[Range]) -> impl Iterator<Item = &[Range]> {
    let mut rest = ranges;
    (0..1_u32 << 16).map(move |leading| {
        let end = (leading << 16) | 0xffff;
        let others = rest.iter().position(|range| range.last >= end);
        let within = others.unwrap_or(rest.len() - 1) + 1;
        let ranges = &rest[..within];
        let goes_on = rest[within - 1].last > end;
        rest = &rest[within - usize::from(goes_on)..];
        ranges
    })
}

/// The values of a word that the range before does not have, up to `last`, and what they lead to.
#[derive(Clone, Copy)]
struct Range {
    last: u32,
    value: u32,
}

/// What is known so far of the addresses that have the words before one in common.
#[derive(Clone, Default)]
struct Level {
    ranges: Vec<Range>,
}

impl Level {
    /// Values of the word are added from left to right.
    fn push(&mut self, first: u32, last: u32, value: u32) {
        let gap = match self.ranges.last() {
            Some(range) => first - range.last > 1,
            None => first > 0,
        };
        if gap {
            let last = first - 1;
            self.ranges.push(Range { last, value: 0 });
        }
        self.ranges.push(Range { last, value });
    }

    fn complete(&mut self) {
        if self.ranges.last().is_none_or(|range| range.last < u32::MAX) {
            let last = u32::MAX;
            self.ranges.push(Range { last, value: 0 });
        }
    }
}

/// Trees while they grow: pieces come from left to right, so that of each word only the addresses
/// under one prefix are looked at.
struct Grove<N> {
    lines: Vec<SetLine>,
    /// Last words of the lines of a tree's level, kept for its room.
    lasts: Vec<u32>,
    /// By word; beyond `top` they are empty.
    levels: Vec<Level>,
    /// The level that grows.
    top: usize,
    /// The depth of the deepest tree.
    deepest: u32,
    /// Whatever was added last: its words before `top` are those that level `top` is under.
    latest: Option<N>,
}

impl<N: Number> Grove<N> {
    /// Trees of all words but the first, behind so many lines; and the ranges of the first.
    fn grown(pieces: &[Piece<N>], lines: u32) -> (Self, Vec<Range>) {
        let mut grove = Self {
            lines: vec![SetLine::default(); lines as usize],
            lasts: Vec::new(),
            levels: vec![Level::default(); size_of::<N>() / size_of::<u32>()],
            top: 0,
            deepest: 0,
            latest: None,
        };
        for piece in pieces {
            grove.add(piece.span, piece.class.0, 0);
        }
        while let Some(latest) = grove.latest.filter(|_| grove.top > 0) {
            grove.close(latest);
        }
        let mut level = std::mem::take(&mut grove.levels[0]);
        level.complete();
        (grove, level.ranges)
    }

    /// All lines, where a look-up can read them.
    fn lines(self) -> Result<Vec<SetLine>, ImageError> {
        let (depth, lines) = (self.deepest, self.lines.len() as u64);
        let (bytes, limit) = (lines * 64, u64::from(LINE) * 64);
        match (depth > DEPTH, bytes > limit) {
            (true, _) => Err(ImageError::Depth {
                depth,
                limit: DEPTH,
            }),
            (_, true) => Err(ImageError::Bytes { bytes, limit }),
            _ => Ok(self.lines),
        }
    }

    /// Writes the directory.
    fn direct(&mut self, ranges: &[Range]) {
        for (at, ranges) in by_sixteen_bits(ranges).enumerate() {
            let value = self.plant(ranges);
            self.lines[at / 16].0[at % 16] = value;
        }
    }

    /// Adds a range of which all addresses have the words before `at` in common.
    fn add(&mut self, span: Span<N>, class: u32, at: usize) {
        let (first, last) = (span.first, span.last);
        let (low, high) = (first.word(at), last.word(at));
        let (begins, ends) = (first.begins_word(at), last.ends_word(at));
        if low == high && !(begins && ends) {
            return self.add(span, class, at + 1);
        }
        if !begins {
            let last = first.end_of_word(at);
            self.add(Span { first, last }, class, at + 1);
        }
        let (from, to) = (low + u32::from(!begins), high - u32::from(!ends));
        if from <= to {
            self.turn_to(first, at);
            self.levels[at].push(from, to, class);
        }
        if !ends {
            let first = last.start_of_word(at);
            self.add(Span { first, last }, class, at + 1);
        }
    }

    /// Has level `at` be the one that grows, under the words of `address` before it.
    fn turn_to(&mut self, address: N, at: usize) {
        if let Some(latest) = self.latest {
            while self.top > at || (0..self.top).any(|w| latest.word(w) != address.word(w)) {
                self.close(latest);
            }
        }
        self.top = at;
        self.latest = Some(address);
    }

    /// Plants the level that grows, and has the one above lead to it.
    fn close(&mut self, latest: N) {
        let mut level = std::mem::take(&mut self.levels[self.top]);
        self.top -= 1;
        level.complete();
        let value = self.plant(&level.ranges);
        level.ranges.clear();
        self.levels[self.top + 1] = level;
        let word = latest.word(self.top);
        self.levels[self.top].push(word, word, value);
    }

    /// Writes a tree of ranges, of which there is one at least. Says what leads to it.
    fn plant(&mut self, ranges: &[Range]) -> u32 {
        if let [range] = ranges {
            return range.value;
        }
        let mut first = self.lines.len() as u32;
        self.lines.extend(ranges.chunks(RANGES).map(leaf));
        self.lasts.clear();
        self.lasts.extend(ranges.chunks(RANGES).map(last_of));
        let mut depth = 0;
        while self.lasts.len() > 1 {
            let above = self.lines.len() as u32;
            for (nth, lasts) in self.lasts.chunks(CHILDREN).enumerate() {
                let child = first + (nth * CHILDREN) as u32;
                self.lines.push(inner(lasts, child));
            }
            let groups = self.lasts.chunks(CHILDREN);
            self.lasts = groups.map(|lasts| lasts[lasts.len() - 1]).collect();
            first = above;
            depth += 1;
        }
        self.deepest = self.deepest.max(depth);
        node(depth, first)
    }
}

/// A line of ranges of the lower 16 bits.
fn several(ranges: &[Range]) -> SetLine {
    let mut halves = [u32::from(u16::MAX); 2 * nets::RANGES];
    for (at, range) in ranges.iter().enumerate() {
        if at + 1 < ranges.len() {
            halves[at] = range.last & 0xffff;
        }
        halves[nets::RANGES + at] = range.value;
    }
    let (pairs, _) = halves.as_chunks::<2>();
    let mut line = SetLine::default();
    for (word, [low, high]) in line.0.iter_mut().zip(pairs) {
        *word = low | (high << 16);
    }
    line
}

fn last_of(ranges: &[Range]) -> u32 {
    ranges[ranges.len() - 1].last
}

fn leaf(ranges: &[Range]) -> SetLine {
    let mut line = [0; 16];
    line[..FIRST_VALUE].fill(u32::MAX);
    for (at, range) in ranges.iter().enumerate() {
        if at + 1 < ranges.len() {
            line[at] = range.last;
        }
        line[FIRST_VALUE + at] = range.value;
    }
    SetLine(line)
}

fn inner(lasts: &[u32], first_child: u32) -> SetLine {
    let mut line = [u32::MAX; 16];
    let told = lasts.len() - 1;
    line[..told].copy_from_slice(&lasts[..told]);
    line[FIRST_CHILD] = first_child;
    SetLine(line)
}
