// SPDX-License-Identifier: MIT
//! Sets of addresses as lists of ranges, which are searched from end to end.

use super::{HostTables, Prefix};
use crate::tables::{Classed, Hit};
use aegis_abi::{ClassActions, Count, Family};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Addresses of one class, both ends included; IPv4 in the first four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    family: Family,
    first: [u8; 16],
    last: [u8; 16],
    class: u32,
}

impl Piece {
    /// From one address to another one of the same family.
    #[must_use]
    pub fn new(first: IpAddr, last: IpAddr, class: u32) -> Self {
        let (first, last) = (Prefix::host(first), Prefix::host(last));
        Self {
            family: first.family(),
            first: first.network(),
            last: last.network(),
            class,
        }
    }

    /// The first 32 bits of either end.
    pub(super) fn leading(&self) -> (u32, u32) {
        let leading = |[a, b, c, d, ..]: [u8; 16]| u32::from_be_bytes([a, b, c, d]);
        (leading(self.first), leading(self.last))
    }

    fn contains(&self, address: &[u8; 16]) -> bool {
        (self.first..=self.last).contains(address)
    }
}

/// Pieces of one family, disjoint.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(pub(super) Vec<Piece>);

impl Pieces {
    fn of(pieces: &[Piece], family: Family) -> Self {
        let own = pieces.iter().filter(|piece| piece.family == family);
        Self(own.copied().collect())
    }

    fn class(&self, address: [u8; 16]) -> u32 {
        let around = self.0.iter().find(|piece| piece.contains(&address));
        around.map_or(0, |piece| piece.class)
    }

    /// What it says of an address, with these actions.
    pub(super) fn classed(&self, address: [u8; 16], actions: &Actions) -> Classed {
        let class = self.class(address);
        let actions = actions.get(&class).copied().unwrap_or_default();
        Classed { class, actions }
    }
}

/// What happens to packets of a class.
pub type Actions = BTreeMap<u32, ClassActions>;

/// What both families have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Sets {
    pub(super) lists: Actions,
    pub(super) places: Actions,
    pub(super) hits: std::cell::RefCell<BTreeMap<(Hit, u32), Count>>,
}

impl HostTables {
    /// Puts lists in the place of those that are there, of both families.
    #[must_use]
    pub fn with_lists(mut self, pieces: &[Piece], actions: Actions) -> Self {
        for family in [Family::V4, Family::V6] {
            let own = Pieces::of(pieces, family);
            self.policy_mut(family).replace_lists(family, own);
        }
        self.sets.lists = actions;
        self
    }

    /// The same of places.
    #[must_use]
    pub fn with_places(mut self, pieces: &[Piece], actions: Actions) -> Self {
        for family in [Family::V4, Family::V6] {
            self.policy_mut(family).places = Pieces::of(pieces, family);
        }
        self.sets.places = actions;
        self
    }

    /// Packets that were counted for a class, by what for.
    #[must_use]
    pub fn hits(&self) -> BTreeMap<(Hit, u32), Count> {
        self.sets.hits.borrow().clone()
    }

    pub(super) fn add_hit(&self, hit: Hit, class: u32, more: Count) {
        let mut hits = self.sets.hits.borrow_mut();
        let count = hits.entry((hit, class)).or_default();
        count.packets = count.packets.wrapping_add(more.packets);
        count.bytes = count.bytes.wrapping_add(more.bytes);
    }
}
