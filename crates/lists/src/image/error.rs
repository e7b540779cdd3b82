// SPDX-License-Identifier: MIT
//! Why there is no image of some pieces.

use thiserror::Error;

/// Why there is no image of some pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ImageError {
    /// A class has a number that the kernel has no room for.
    #[error(
        "there are {highest} different combinations of lists and categories, and the kernel has \
         room for {} of them: use fewer lists, or lists with fewer categories",
        limit - 1
    )]
    Classes {
        /// The highest number.
        highest: u32,
        /// Numbers have to be below.
        limit: u32,
    },
    /// The whole is too large.
    #[error(
        "the set takes {} MiB, of {} MiB that a set can have: use fewer or smaller lists",
        bytes >> 20,
        limit >> 20
    )]
    Bytes {
        /// What it would take.
        bytes: u64,
        /// What it can have.
        limit: u64,
    },
    /// More ranges are near each other than a look-up can tell apart.
    #[error(
        "ranges are so dense that a tree of them has {depth} levels, of {limit} that it can have: \
         use fewer or smaller lists"
    )]
    Depth {
        /// What it would have.
        depth: u32,
        /// What it can have.
        limit: u32,
    },
    /// Keys find no places, whatever the seed.
    #[error(
        "{keys} addresses and networks find no places in the set, with several seeds: try again"
    )]
    Keys {
        /// How many there are.
        keys: usize,
    },
    /// Pieces overlap, or are not sorted.
    #[error("piece {at} of the set does not lie behind the one before it")]
    Disorder {
        /// Its place, from 0.
        at: usize,
    },
}
