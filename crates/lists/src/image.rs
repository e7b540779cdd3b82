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
use aegis_abi::set::{ClassActions, SetAction, SetChunk, SetHead, SetLine, SetRoot, class};
use aegis_core::address::mix;
use aegis_core::set::SetLines;
use aegis_core::set::hosts::{Key, Leading};

/// A set, as it goes into the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where it has what; [`SetHead::first_chunk`] is left to whoever loads it.
    pub head: SetHead,
    /// What happens to packets of its classes, by number.
    pub actions: Vec<ClassActions>,
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

    fn actions(&self, class: u32) -> ClassActions {
        let actions = self.actions.get(class as usize);
        actions.copied().unwrap_or(ClassActions::NONE)
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

/// Seeds that are tried, each with more lines than the one before.
const SEEDS: u32 = 8;

impl Image {
    fn of(lines: Vec<SetLine>, touched: Touched) -> Self {
        Self {
            head: SetHead::default(),
            actions: Vec::new(),
            lines,
            touched,
        }
    }

    /// Bytes that it takes up in the kernel.
    pub fn bytes(&self) -> u64 {
        let chunks = self.lines.len().div_ceil(SetChunk::LINES as usize);
        (size_of::<SetRoot>() + chunks * SetChunk::BYTES) as u64
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
        // Of places 0 is one, too: those that are not known.
        let of = |number| ClassActions::always(actions(ClassId(number)));
        self.actions = (0..self.head.classes).map(of).collect();
    }

    fn finish(mut self, classes: u32, actions: Actions<'_>) -> Result<Self, ImageError> {
        self.head.classes = classes;
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
