// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! The kernel half of Aegis: it connects hooks and tables to `aegis_core`, which decides.
//! No policy lives here.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]

mod clock;
mod cookie;
mod linear;
mod maps;
mod sets;
mod settings;
mod site;
mod sockets;
mod tables;
mod tc;
mod xdp;

/// The verifier rejects a program in which this loop can be reached, so nothing that loads panics.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

/// The kernel's helpers are for GPL-compatible programs.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
