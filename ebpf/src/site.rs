// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! Load-time constants: what cannot change while a program is attached to its interface. The
//! verifier sees their values and removes the branches that they exclude.

use aegis_abi::{Hook, Link};
use aegis_core::Site;

#[unsafe(no_mangle)]
static LINK: u32 = 0;
#[unsafe(no_mangle)]
static LOOPBACK: u32 = 0;

#[unsafe(no_mangle)]
static SEED: u32 = 0;
#[unsafe(no_mangle)]
static REHEARSED: u32 = 0;

#[inline(always)]
fn constant(value: &'static u32) -> u32 {
    // SAFETY: a valid reference; volatile, because the loader writes the value into the object.
    unsafe { core::ptr::read_volatile(value) }
}

/// Where this program runs.
#[inline(always)]
pub fn site(hook: Hook, interface: u32) -> Site {
    let raw_ip = constant(&LINK) == Link::RawIp as u32;
    let link = if raw_ip { Link::RawIp } else { Link::Ethernet };
    Site {
        hook,
        link,
        loopback: constant(&LOOPBACK) != 0,
        interface,
    }
}

/// Whether frames of this interface were made by user space rather than received. No packet is of
/// interface 0, which is what the constant says where nothing is rehearsed: it is compared with that
/// first, so that the verifier removes the rest.
#[inline(always)]
pub fn rehearses(interface: u32) -> bool {
    let rehearsed = constant(&REHEARSED);
    rehearsed != 0 && interface == rehearsed
}

/// Seed of the ban tables' hash.
#[inline(always)]
pub fn seed() -> u32 {
    constant(&SEED)
}
