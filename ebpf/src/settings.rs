// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! The settings that a packet is judged by, all of it by the same.

use crate::clock::now;
use crate::maps::SETTINGS;
use aegis_abi::{Settings, SettingsSlots};
use aegis_core::Nanos;
use aegis_core::pending::Pending;

/// Those in force, and the time. For the first program, once a packet: a moment later others may be.
#[inline(always)]
pub fn in_force() -> Option<(&'static Settings, Nanos)> {
    let table = SETTINGS.get_ptr(0)?;
    // SAFETY: the entry exists for as long as the table; volatile, because user space stores the
    // word while programs run.
    let active = unsafe { (&raw const (*table).active).read_volatile() };
    // SAFETY: as above; each word of the clock is written whole, and none by this program.
    let clock = unsafe { &(*table).clock };
    Some((slot(table, active), now(clock)))
}

/// Those that the first program judged the packet by, for the second one.
#[inline(always)]
pub fn of(pending: &Pending) -> Option<&'static Settings> {
    Some(slot(SETTINGS.get_ptr(0)?, pending.slot()))
}

#[inline(always)]
fn slot(table: *const SettingsSlots, number: u32) -> &'static Settings {
    // SAFETY: the entry exists for as long as the table, and user space writes to a slot only when
    // no program that is running can have found its number.
    unsafe { &(&(*table).slots)[(number & 1) as usize] }
}
