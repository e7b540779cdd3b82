// SPDX-License-Identifier: MIT
//! Going through what there is to choose from.

/// The one so many places after another, around the end; after one that is not there, as after the first.
#[must_use]
pub fn further<T: Copy + PartialEq>(all: &[T], from: T, places: usize) -> T {
    let at = all.iter().position(|&one| one == from).unwrap_or(0);
    all[(at + places) % all.len()]
}
