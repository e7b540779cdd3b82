// SPDX-License-Identifier: MIT
//! What an image needs to know of a family's addresses.

use crate::image::error::ImageError;
use crate::image::touched::Touched;
use crate::image::tree;
use crate::set::Piece;
use crate::span::{self, Span};
use aegis_abi::set::SetLine;
use aegis_core::address::{Address, V4, V6, v6_group};
use aegis_core::set::hosts::{Host, Leading};

/// Lines of ranges, and first words that are to be found by hash.
pub type Ranges = (Vec<SetLine>, Vec<(Leading, u32)>);

/// An address of either family as a number, of which images can be made.
pub trait Number: span::Number {
    /// The same, as packets have it.
    type Host: Host;
    /// The same, as packets have it.
    fn host(self) -> Self::Host;
    /// One of its words, the leading one being the first.
    fn word(self, at: usize) -> u32;
    /// Whether the words after one are all zero.
    fn begins_word(self, at: usize) -> bool;
    /// Whether the bits of the words after one are all set.
    fn ends_word(self, at: usize) -> bool;
    /// The first address that has the same words up to one.
    fn start_of_word(self, at: usize) -> Self;
    /// The last address that has the same words up to one.
    fn end_of_word(self, at: usize) -> Self;
    /// Lines of the ranges of a set of lists, and first words that are to be found by hash.
    ///
    /// # Errors
    ///
    /// As `tree` has them.
    fn ranges(nets: &[Piece<Self>]) -> Result<Ranges, ImageError>;
    /// Marks the groups that a range lies in or covers.
    fn mark(span: Span<Self>, touched: &mut Touched, mark: u64);
}

impl Number for u32 {
    type Host = V4;

    fn host(self) -> V4 {
        V4::new(self.to_be_bytes())
    }

    fn word(self, _: usize) -> u32 {
        self
    }

    fn begins_word(self, _: usize) -> bool {
        true
    }

    fn ends_word(self, _: usize) -> bool {
        true
    }

    fn start_of_word(self, _: usize) -> Self {
        self
    }

    fn end_of_word(self, _: usize) -> Self {
        self
    }

    fn ranges(nets: &[Piece<Self>]) -> Result<Ranges, ImageError> {
        Ok((tree::under_lines(nets)?, Vec::new()))
    }

    fn mark(span: Span<Self>, touched: &mut Touched, mark: u64) {
        touched.mark_range(span.first.host().group(), span.last.host().group(), mark);
    }
}

/// The bits of an IPv6 address after its word `at`.
const fn rest(at: usize) -> u128 {
    match at {
        3.. => 0,
        _ => u128::MAX >> (32 * (at + 1)),
    }
}

impl Number for u128 {
    type Host = V6;

    fn host(self) -> V6 {
        V6::new(self.to_be_bytes())
    }

    fn word(self, at: usize) -> u32 {
        (self >> (96 - 32 * at)) as u32
    }

    fn begins_word(self, at: usize) -> bool {
        self & rest(at) == 0
    }

    fn ends_word(self, at: usize) -> bool {
        self | !rest(at) == u128::MAX
    }

    fn start_of_word(self, at: usize) -> Self {
        self & !rest(at)
    }

    fn end_of_word(self, at: usize) -> Self {
        self | rest(at)
    }

    fn ranges(nets: &[Piece<Self>]) -> Result<Ranges, ImageError> {
        tree::under_words(nets)
    }

    fn mark(span: Span<Self>, touched: &mut Touched, mark: u64) {
        let (first, last) = (span.first.word(0), span.last.word(0));
        // Groups are hashed: so many words leave few of them out.
        if last - first > WIDE {
            return touched.mark_all(mark);
        }
        (first..=last).for_each(|leading| touched.mark(v6_group(leading), mark));
    }
}

/// Leading words of a range, from which on every group is marked: those of a /9.
const WIDE: u32 = 1 << 23;
