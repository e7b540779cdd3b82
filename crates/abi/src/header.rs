// SPDX-License-Identifier: MIT
//! What stands beside pinned tables, so that whoever finds them knows what they are.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The one entry of the pinned array `HEADER`. Programs never read it. Its size and the places of
/// its fields are the same in every version, so that any version can read any other's.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Header {
    /// [`Header::MAGIC`].
    pub magic: u32,
    /// [`crate::ABI_VERSION`] of the tables and programs.
    pub abi_version: u32,
    /// The seed that programs were loaded with: what lies in tables lies where it says.
    pub seed: u32,
    /// Room for so many proven connections of a family.
    pub flow_room: u32,
    /// Always zero.
    pub reserved: [u32; 12],
}

const _: () = assert!(size_of::<Header>() == 64);

impl Header {
    /// The bytes `AEGI`.
    pub const MAGIC: u32 = u32::from_le_bytes(*b"AEGI");

    /// Of tables of this version.
    pub const fn new(seed: u32, flow_room: u32) -> Self {
        Self {
            magic: Self::MAGIC,
            abi_version: crate::ABI_VERSION,
            seed,
            flow_room,
            reserved: [0; 12],
        }
    }
}
