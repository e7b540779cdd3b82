// SPDX-License-Identifier: MIT
//! Sets of addresses that are built whole and swapped whole: lists, and places.
//!
//! A set maps each address to a class, and each class to what is to happen at either hook. It is an
//! array of cache lines, which user space fills before any packet is judged by it; only the actions
//! of its classes are ever written while it is in use. How the lines are laid out is known to
//! `aegis_core::set`, which reads them, and to `aegis_lists::image`, which writes them.

use crate::hook::Hook;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// One cache line of a set.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct SetLine(pub [u32; 16]);

const _: () = assert!(size_of::<SetLine>() == 64);

/// Which set: places in the array of sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum SetSlot {
    /// Lists of IPv4 addresses.
    ListsV4,
    /// Lists of IPv6 addresses.
    ListsV6,
    /// Countries and autonomous systems of IPv4 addresses.
    PlacesV4,
    /// Countries and autonomous systems of IPv6 addresses.
    PlacesV6,
}

impl SetSlot {
    /// Room in the array of sets.
    pub const SLOTS: u32 = 4;
    /// Every one, by place.
    pub const ALL: [Self; 4] = [Self::ListsV4, Self::ListsV6, Self::PlacesV4, Self::PlacesV6];
}

/// What happens to packets of a class, under the settings of either slot.
///
/// Changing it is one aligned store, so that each packet sees the old or the new.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ClassActions {
    /// By [`crate::Settings::slot`].
    pub by_slot: [SetAction; 2],
    /// Always zero.
    pub reserved: [u8; 2],
}

const _: () = assert!(size_of::<ClassActions>() == 4);

impl ClassActions {
    /// The same under the settings of either slot.
    pub const fn always(action: SetAction) -> Self {
        Self {
            by_slot: [action; 2],
            reserved: [0; 2],
        }
    }
}

/// What happens to packets whose peer is of a class: bits.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct SetAction(pub u8);

impl SetAction {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything that arrives is dropped, whatever connection it belongs to.
    pub const ARRIVING: Self = Self(1 << 0);
    /// Everything that departs is dropped, likewise.
    pub const DEPARTING: Self = Self(1 << 1);
    /// What arrives and belongs to no connection that is known is dropped: the peer begins nothing.
    pub const ARRIVING_NEW: Self = Self(1 << 2);
    /// What departs and belongs to no connection that is known is dropped: the host begins nothing.
    pub const DEPARTING_NEW: Self = Self(1 << 3);
    /// Packets are counted (the table `SET_HITS`), though nothing happens to them.
    pub const WATCHED: Self = Self(1 << 4);

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any bit of `other` is set.
    #[inline(always)]
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The bit that drops everything at a hook.
    #[inline(always)]
    pub const fn whole(hook: Hook) -> Self {
        match hook {
            Hook::TcEgress => Self::DEPARTING,
            _ => Self::ARRIVING,
        }
    }

    /// The bit that drops what begins something at a hook.
    #[inline(always)]
    pub const fn beginning(hook: Hook) -> Self {
        match hook {
            Hook::TcEgress => Self::DEPARTING_NEW,
            _ => Self::ARRIVING_NEW,
        }
    }
}

/// Class numbers: 0 is no class. Lists have the same numbers in both families, and so have places.
pub mod class {
    /// Classes that lists can have: 15 bits.
    pub const LISTS: u32 = 1 << 15;
    /// Classes that places can have.
    pub const PLACES: u32 = 1 << 18;
}
