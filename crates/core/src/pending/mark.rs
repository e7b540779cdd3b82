// SPDX-License-Identifier: MIT
//! Marks of [`super::Findings`].

use aegis_abi::tables::touched;

/// The allowlist exempts the peer from every check.
pub const EXEMPT: u8 = 1 << 0;
/// A ban keeps the peer from beginning connections.
pub const BARRED: u8 = 1 << 1;
/// The connection is known, but was judged under another policy.
pub const STALE: u8 = 1 << 2;

/// [`touched::LISTS`] of the peer's group, in two bits: what lists say of beginnings is still to
/// be asked.
#[inline(always)]
pub(crate) const fn of_lists(marks: u64) -> u8 {
    ((marks & touched::LISTS) << LISTS_SHIFT) as u8
}

/// The same bits, where they were.
#[inline(always)]
pub(super) const fn to_lists(marks: u8) -> u64 {
    (marks >> LISTS_SHIFT) as u64 & touched::LISTS
}

/// From [`touched::LISTS`] to behind the marks above.
const LISTS_SHIFT: u32 = 1;
const _: () = assert!(of_lists(touched::LISTS) == 0b11 << 3);
