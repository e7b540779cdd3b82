// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! Programs to measure against; not part of the product.
#![no_std]
#![no_main]

use aya_ebpf::bindings::xdp_action;
use aya_ebpf::macros::{classifier, xdp};
use aya_ebpf::programs::{TcContext, XdpContext};

/// The least an XDP program can do.
#[xdp]
pub fn empty(_: XdpContext) -> u32 {
    xdp_action::XDP_PASS
}

/// The least a TC program can do.
#[classifier]
pub fn empty_tc(_: TcContext) -> i32 {
    -1
}

/// The verifier rejects a program in which this loop can be reached.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
