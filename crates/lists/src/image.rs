// SPDX-License-Identifier: MIT
//! Sets as the kernel has them: from sorted pieces to cache lines (`aegis_core::set` reads them).
//!
//! Single addresses go to lines that are found by hash (`hosts`), ranges into sorted lines (`tree`),
//! and which groups of addresses a packet has to be looked up for at all is marked (`touched`).

mod address;
mod error;
mod hosts;
mod sift;
mod touched;
mod tree;

pub use address::Number;
pub use error::ImageError;
pub use touched::Touched;

use crate::set::{ClassId, Piece};
use aegis_abi::set::{ClassActions, SetAction, SetChunk, SetHead, SetLine, class};
use aegis_core::address::mix;
use aegis_core::set::SetLines;
use aegis_core::set::hosts::{Key, Leading};

/// A set, as it goes into the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where it has what; [`SetHead::first_chunk`] is left to whoever loads it.
    pub head: SetHead,
    /// Its lines.
    pub lines: Vec<SetLine>,
    /// The groups it concerns; of places, none is marked.
    pub touched: Touched,
}

impl SetLines for Image {
    fn head(&self) -> &SetHead {
        &self.head
    }

    fn line(&self, at: u32) -> Option<&SetLine> {
        self.lines.get(at as usize)
    }
}

/// What is to happen to a class. Not a type of its own for each closure, so that images are made by
/// code of this crate, which is optimised even where the caller's is not.
type Actions<'a> = &'a dyn Fn(ClassId) -> SetAction;

/// Lines that a set can have.
const MOST_LINES: u64 = SetChunk::PER_SET as u64 * SetChunk::LINES as u64;

/// The set of lists of IPv4 addresses. Pieces are sorted and disjoint, as [`crate::set::compile`]
/// makes them; `actions` says what is to happen to a class; `seed` is that of the hash, and nobody
/// who chooses addresses may know it.
///
/// # Errors
///
/// [`ImageError`] where the pieces do not fit, or are not in order.
pub fn lists_v4(
    pieces: &[Piece<u32>],
    actions: impl Fn(ClassId) -> SetAction,
    seed: u32,
) -> Result<Image, ImageError> {
    lists_of_v4(pieces, &actions, seed)
}

/// The set of lists of IPv6 addresses; as [`lists_v4`].
///
/// # Errors
///
/// As [`lists_v4`].
pub fn lists_v6(
    pieces: &[Piece<u128>],
    actions: impl Fn(ClassId) -> SetAction,
    seed: u32,
) -> Result<Image, ImageError> {
    lists_of_v6(pieces, &actions, seed)
}

/// The set of places of IPv4 addresses; as [`lists_v4`], but without a hash.
///
/// # Errors
///
/// As [`lists_v4`].
pub fn places_v4(
    pieces: &[Piece<u32>],
    actions: impl Fn(ClassId) -> SetAction,
) -> Result<Image, ImageError> {
    places_of_v4(pieces, &actions)
}

/// The set of places of IPv6 addresses; as [`places_v4`].
///
/// # Errors
///
/// As [`lists_v4`].
pub fn places_v6(
    pieces: &[Piece<u128>],
    actions: impl Fn(ClassId) -> SetAction,
) -> Result<Image, ImageError> {
    places_of_v6(pieces, &actions)
}

fn lists_of_v4(
    pieces: &[Piece<u32>],
    actions: Actions<'_>,
    seed: u32,
) -> Result<Image, ImageError> {
    lists(pieces, actions, seed)
}

fn lists_of_v6(
    pieces: &[Piece<u128>],
    actions: Actions<'_>,
    seed: u32,
) -> Result<Image, ImageError> {
    lists(pieces, actions, seed)
}

fn places_of_v4(pieces: &[Piece<u32>], actions: Actions<'_>) -> Result<Image, ImageError> {
    places(pieces, actions)
}

fn places_of_v6(pieces: &[Piece<u128>], actions: Actions<'_>) -> Result<Image, ImageError> {
    places(pieces, actions)
}

fn lists<N: Number>(
    pieces: &[Piece<N>],
    actions: Actions<'_>,
    seed: u32,
) -> Result<Image, ImageError> {
    let classes = classes_below(pieces, class::LISTS)?;
    let sifted = sift::sift(pieces);
    let mut touched = Touched::none();
    sifted.mark(&mut touched);
    let (lines, leading) = N::ranges(&sifted.nets)?;
    let mut image = Image::of(lines, touched);
    image.append_keys(&sifted.hosts, &leading, seed)?;
    image.finish(classes, actions)
}

fn places<N: Number>(pieces: &[Piece<N>], actions: Actions<'_>) -> Result<Image, ImageError> {
    let classes = classes_below(pieces, class::PLACES)?;
    let lines = tree::under_directory(pieces)?;
    Image::of(lines, Touched::default()).finish(classes, actions)
}

/// The number above those of all classes.
fn classes_below<N: Number>(pieces: &[Piece<N>], limit: u32) -> Result<u32, ImageError> {
    let disorder = pieces
        .windows(2)
        .position(|pair| pair[0].span.last >= pair[1].span.first);
    if let Some(at) = disorder {
        return Err(ImageError::Disorder { at: at + 1 });
    }
    let highest = pieces.iter().map(|piece| piece.class.0).max().unwrap_or(0);
    match highest < limit {
        true => Ok(highest + 1),
        false => Err(ImageError::Classes { highest, limit }),
    }
}

/// Words of a line, each with the actions of a class.
const WORDS: u32 = 16;
/// Seeds that are tried, each with more lines than the one before.
const SEEDS: u32 = 8;

impl Image {
    fn of(lines: Vec<SetLine>, touched: Touched) -> Self {
        Self {
            head: SetHead::default(),
            lines,
            touched,
        }
    }

    /// Bytes that its lines take up in the kernel.
    pub fn bytes(&self) -> u64 {
        let chunk = u64::from(SetChunk::LINES);
        (self.lines.len() as u64).div_ceil(chunk) * size_of::<SetChunk>() as u64
    }

    /// Appends what is found by its hash: single addresses, and first words of IPv6 addresses. It
    /// fails only where somebody who knows the seed chose them.
    fn append_keys<A: Key>(
        &mut self,
        hosts: &[(A, u32)],
        leading: &[(Leading, u32)],
        seed: u32,
    ) -> Result<(), ImageError> {
        let filled = (0..SEEDS).find_map(|more| {
            let seed = if more == 0 { seed } else { mix(seed ^ more) };
            let lines = hosts::fill(hosts, seed, more)?;
            Some((seed, lines, hosts::fill(leading, seed, more)?))
        });
        let keys = hosts.len() + leading.len();
        let (seed, hosts, leading) = filled.ok_or(ImageError::Keys { keys })?;
        let head = &mut self.head;
        head.seed = seed;
        (head.hosts, head.host_lines) = hosts::append(&mut self.lines, &hosts);
        (head.leading, head.leading_lines) = hosts::append(&mut self.lines, &leading);
        Ok(())
    }

    /// Has something else happen to its classes.
    pub fn act(&mut self, actions: impl Fn(ClassId) -> SetAction) {
        let lines = &mut self.lines[self.head.actions as usize..];
        // Of places 0 is one, too: those that are not known.
        for number in 0..self.head.classes {
            let actions = ClassActions::always(actions(ClassId(number)));
            let SetLine(words) = &mut lines[(number / WORDS) as usize];
            words[(number % WORDS) as usize] = zerocopy::transmute!(actions);
        }
    }

    fn finish(mut self, classes: u32, actions: Actions<'_>) -> Result<Self, ImageError> {
        self.head.actions = self.lines.len() as u32;
        self.head.classes = classes;
        let lines = classes.div_ceil(WORDS) as usize;
        self.lines
            .resize(self.lines.len() + lines, SetLine([0; 16]));
        self.act(actions);
        let lines = self.lines.len() as u64;
        if lines > MOST_LINES {
            let (bytes, limit) = (lines * 64, MOST_LINES * 64);
            return Err(ImageError::Bytes { bytes, limit });
        }
        self.head.lines = lines as u32;
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
