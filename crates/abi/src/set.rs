// SPDX-License-Identifier: MIT
//! Sets of addresses that are built whole and swapped whole: lists, and places.
//!
//! A set maps each address to a class, and each class to what is to happen at either hook. It is a
//! head, the actions of its classes, and an array of cache lines, which user space fills before any
//! packet is judged by it; only the actions are ever written while it is in use. How the lines are laid
//! out is known to `aegis_core::set`, which reads them, and to `aegis_lists::image`, which writes them.
//!
//! In the kernel head and actions are the one entry ([`SetRoot`]) of an array that is put into a slot
//! ([`SetSlot`]) of an array of maps: what swaps the set. Whoever has the head has the actions at a
//! fixed distance from it, without another look-up. The lines are cut into chunks, all of one size, in
//! slots of a second array of maps that the head tells. Arrays of one size, as the verifier then turns
//! a look-up into a few instructions; where sizes differ it is a call, several times as dear.

use crate::counter::Count;
use crate::hook::Hook;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// One cache line of a set.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct SetLine(pub [u32; 16]);

const _: () = assert!(size_of::<SetLine>() == 64);

/// Where a set has what.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct SetHead {
    /// Slot of the chunk with the first lines; the next ones follow. The engine's to fill in.
    pub first_chunk: u32,
    /// How many lines there are.
    pub lines: u32,
    /// Seed of the hash that addresses are found by.
    pub seed: u32,
    /// First line of single addresses.
    pub hosts: u32,
    /// How many lines of those there are.
    pub host_lines: u32,
    /// First line of first words of IPv6 addresses.
    pub leading: u32,
    /// How many lines of those there are.
    pub leading_lines: u32,
    /// Numbers that classes have are below.
    pub classes: u32,
    /// Always zero.
    pub reserved: [u32; 8],
}

const _: () = assert!(size_of::<SetHead>() == 64);

/// The one entry of the array in a set's slot.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SetRoot {
    /// Where the set has what.
    pub head: SetHead,
    /// What happens to packets of each class, by its number.
    pub actions: [ClassActions; class::ALL as usize],
}

const _: () = assert!(size_of::<SetRoot>() == 64 + (1 << 20));

/// Lines that follow each other: an array in a slot of the array of chunks.
#[derive(Clone, Copy, Debug)]
pub struct SetChunk;

impl SetChunk {
    /// Lines of a chunk, a power of two. Putting each into its slot waits for every packet under
    /// way.
    pub const LINES: u32 = 1 << 15;
    /// Bytes of a chunk: 2 MiB.
    pub const BYTES: usize = Self::LINES as usize * size_of::<SetLine>();
    /// Chunks that a set can have: 128 MiB.
    pub const PER_SET: u32 = 64;
    /// Room in the array of chunks: for each set, and for the one that is to follow it.
    pub const SLOTS: u32 = 2 * SetSlot::SLOTS * Self::PER_SET;
}

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

/// What happens to packets of a class, under settings of either kind.
///
/// Changing it is one aligned store, so that each packet sees the old or the new.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ClassActions {
    /// By [`crate::Settings::actions`].
    pub by_slot: [SetAction; 2],
    /// Always zero.
    pub reserved: [u8; 2],
}

const _: () = assert!(size_of::<ClassActions>() == 4);

impl ClassActions {
    /// Nothing, whatever the settings.
    pub const NONE: Self = Self::always(SetAction::NONE);

    /// The same under all settings.
    pub const fn always(action: SetAction) -> Self {
        Self {
            by_slot: [action; 2],
            reserved: [0; 2],
        }
    }

    /// What happens under settings that say so; the lowest bit of the number counts.
    #[inline(always)]
    pub const fn under(self, slot: u32) -> SetAction {
        // Not by an index: what is indexed lies in memory.
        match slot & 1 {
            0 => self.by_slot[0],
            _ => self.by_slot[1],
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
    /// What arrives is counted (the table `SET_WATCHED`), though nothing happens to it.
    pub const WATCHED_ARRIVING: Self = Self(1 << 4);
    /// What departs is counted, likewise.
    pub const WATCHED_DEPARTING: Self = Self(1 << 5);
    /// Both.
    pub const WATCHED: Self = Self::WATCHED_ARRIVING.with(Self::WATCHED_DEPARTING);

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

    /// The bit that has packets counted at a hook.
    #[inline(always)]
    pub const fn watched(hook: Hook) -> Self {
        match hook {
            Hook::TcEgress => Self::WATCHED_DEPARTING,
            _ => Self::WATCHED_ARRIVING,
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
    /// Classes that any set can have, a power of two.
    pub const ALL: u32 = PLACES;
}

/// Packets of neighbouring classes, on one CPU. Per-CPU memory is given out entry by entry, so that
/// there are few and large ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct HitBlock(pub [Count; Self::CLASSES as usize]);

const _: () = assert!(size_of::<HitBlock>() == 4096);

impl HitBlock {
    /// Classes in a block, a power of two.
    pub const CLASSES: u32 = 256;
    /// Blocks for every class that lists can have.
    pub const BLOCKS: u32 = class::LISTS / Self::CLASSES;

    /// The block of a class of lists, and its place in there.
    #[inline(always)]
    pub const fn place(class: u32) -> (u32, usize) {
        (class / Self::CLASSES, (class % Self::CLASSES) as usize)
    }
}
