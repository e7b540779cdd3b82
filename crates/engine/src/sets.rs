// SPDX-License-Identifier: MIT
//! The two kinds of sets, and what they came to.

use aegis_abi::{Count, SetSlot};
use aegis_lists::ClassId;

/// A kind of set; each has one of either family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// Lists.
    Lists,
    /// Countries and autonomous systems.
    Places,
}

impl SetKind {
    /// The sets of the kind, IPv4 first.
    pub(crate) const fn slots(self) -> [SetSlot; 2] {
        match self {
            Self::Lists => [SetSlot::ListsV4, SetSlot::ListsV6],
            Self::Places => [SetSlot::PlacesV4, SetSlot::PlacesV6],
        }
    }
}

/// Packets of a class of lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Dropped.
    pub dropped: Count,
    /// Seen, where the class is watched and nothing happens to them.
    pub watched: Count,
}

/// Classes by their numbers.
pub(crate) fn named<T>(counted: Vec<(u32, T)>) -> Vec<(ClassId, T)> {
    let counted = counted.into_iter();
    counted
        .map(|(class, hits)| (ClassId(class), hits))
        .collect()
}
