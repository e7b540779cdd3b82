// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! The time, at the price of a load: see `aegis_abi::Clock`.

use crate::maps::SETTINGS;
use aegis_abi::Clock;
use aegis_core::Nanos;
use aya_ebpf::bindings::xdp_action;
use aya_ebpf::helpers::bpf_ktime_get_ns;
use aya_ebpf::helpers::generated::bpf_jiffies64;
use aya_ebpf::macros::xdp;
use aya_ebpf::programs::XdpContext;

#[inline(always)]
fn jiffies() -> u64 {
    // SAFETY: no arguments; since Linux 5.5, where the JIT makes a load of it.
    unsafe { bpf_jiffies64() }
}

/// The time, to a tick.
#[inline(always)]
pub fn now(clock: &Clock) -> Nanos {
    Nanos(clock.at(jiffies()))
}

/// Sets the clock. It is run once before programs are attached and now and then afterwards, never
/// attached itself.
#[xdp]
pub fn aegis_clock(_: XdpContext) -> u32 {
    if let Some(table) = SETTINGS.get_ptr_mut(0) {
        // SAFETY: the entry exists for as long as the table, and the clock's words are written
        // whole; the helper takes no arguments.
        unsafe {
            let clock = &mut (*table).clock;
            clock.offset_ns = clock.set(jiffies(), bpf_ktime_get_ns()).offset_ns;
        }
    }
    xdp_action::XDP_PASS
}
