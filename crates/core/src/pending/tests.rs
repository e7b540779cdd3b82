// SPDX-License-Identifier: MIT
//! The layout that two versions share.

use super::*;
use std::mem::offset_of;

/// While a daemon's successor replaces the programs, a first one of the old version leads to a
/// second one of the new: another layout, or meaning, needs a new `ABI_VERSION`.
#[test]
fn what_one_version_notes_another_reads() {
    let offsets = [
        offset_of!(Pending, now_ns),
        offset_of!(Pending, size),
        offset_of!(Pending, tuple),
        offset_of!(Pending, sequence),
        offset_of!(Pending, interface),
        offset_of!(Pending, allowed_rule),
        offset_of!(Pending, suppressed),
        offset_of!(Pending, tcp_flags),
        offset_of!(Pending, network_at),
        offset_of!(Pending, icmp_type),
        offset_of!(Pending, action),
        offset_of!(Pending, slot),
        offset_of!(Pending, outcast_rule),
    ];
    let golden = [0, 8, 24, 64, 76, 80, 92, 96, 98, 106, 113, 114, 116];
    assert_eq!((aegis_abi::ABI_VERSION, offsets), (8, golden));
}
