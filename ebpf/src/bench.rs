// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! Programs to measure against, and to measure with; not part of the product.
#![no_std]
#![no_main]

use aya_ebpf::bindings::xdp_action;
use aya_ebpf::btf_maps::{Array, ProgramArray};
use aya_ebpf::macros::{btf_map, classifier, xdp};
use aya_ebpf::programs::{TcContext, XdpContext};

/// Where [`vary`] and [`vary_only`] go on. Told in BTF, so that iproute2 loads this object, too.
#[btf_map]
static VARIED: ProgramArray<2> = ProgramArray::new();

/// Places in [`VARIED`].
const JUDGED: u32 = 0;
const NOT_JUDGED: u32 = 1;

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

/// Makes the packet one of another source than the last time it ran, and has it judged.
#[xdp]
pub fn vary(context: XdpContext) -> u32 {
    pass_on(&context, JUDGED)
}

/// The same without a judge: what varying costs.
#[xdp]
pub fn vary_only(context: XdpContext) -> u32 {
    pass_on(&context, NOT_JUDGED)
}

#[inline(always)]
fn pass_on(context: &XdpContext, next: u32) -> u32 {
    change_source(context);
    // SAFETY: the array holds programs of this type, or nothing.
    unsafe { VARIED.tail_call(context, next) };
    xdp_action::XDP_PASS
}

/// Sources that [`pick`] and [`pick_only`] take in turn: IPv4 ones are the first word.
#[btf_map]
static SOURCES: Array<[u32; 4], 65_536> = Array::new();

/// Gives the packet the next source of [`SOURCES`], and has it judged.
#[xdp]
pub fn pick(context: XdpContext) -> u32 {
    pick_source(&context);
    // SAFETY: as in `pass_on`.
    unsafe { VARIED.tail_call(&context, JUDGED) };
    xdp_action::XDP_PASS
}

/// The same without a judge: what picking costs.
#[xdp]
pub fn pick_only(context: XdpContext) -> u32 {
    pick_source(&context);
    // SAFETY: as in `pass_on`.
    unsafe { VARIED.tail_call(&context, NOT_JUDGED) };
    xdp_action::XDP_PASS
}

/// Where the number of the protocol is, of IPv6, and the source of each.
const PROTOCOL: usize = 12;
const IPV6: u16 = 0x86dd_u16.to_be();
const SOURCE_V6: usize = 22;

#[inline(always)]
fn pick_source(context: &XdpContext) {
    let data = context.data();
    if data + SOURCE_V6 + 16 > context.data_end() {
        return;
    }
    // SAFETY: within the packet, as was just checked; nothing else writes it.
    let (count, is_v6) = unsafe {
        let count = (data + COUNT) as *mut u32;
        count.write_unaligned(count.read_unaligned().wrapping_add(1));
        let protocol = (data + PROTOCOL) as *const u16;
        (count.read_unaligned(), protocol.read_unaligned() == IPV6)
    };
    let Some(source) = SOURCES.get(count & 0xffff) else {
        return;
    };
    // SAFETY: as above.
    unsafe {
        if is_v6 {
            ((data + SOURCE_V6) as *mut [u32; 4]).write_unaligned(*source);
        } else {
            ((data + SOURCE) as *mut u32).write_unaligned(source[0]);
        }
    }
}

/// The word of the source that is changed: all but the first byte of an IPv4 address, the second
/// word of an IPv6 one, which is still of its /64.
const SOURCE: usize = 26;
/// Where the packet remembers how often it was changed: the source's link address.
const COUNT: usize = 6;

#[inline(always)]
fn change_source(context: &XdpContext) {
    let data = context.data();
    if data + SOURCE + 4 > context.data_end() {
        return;
    }
    let (count, source) = ((data + COUNT) as *mut u32, (data + SOURCE) as *mut u32);
    // SAFETY: within the packet, as was just checked; nothing else writes it.
    unsafe {
        let next = count.read_unaligned().wrapping_add(1);
        count.write_unaligned(next);
        // An odd factor: no two of 2²⁴ in a row are the same. The first byte stays.
        let scattered = next.wrapping_mul(0x009e_3779) << 8;
        source.write_unaligned(source.read_unaligned() & 0xff | scattered);
    }
}

/// The verifier rejects a program in which this loop can be reached.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
