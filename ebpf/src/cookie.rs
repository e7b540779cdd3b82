// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! SYN cookies (`bpf_tcp_gen_syncookie`, Linux 5.3): where more SYNs arrive than the host can
//! remember, this program answers in its name before the stack has spent anything on them. The
//! listener takes the acknowledgement as if the cookie were its own, because it is.
//!
//! Programs of their own, reached by tail call: kernels without the helpers go without.

use crate::linear::Linear;
use crate::maps::{PENDING, PROTECTED, STATE_COUNTERS};
use crate::sockets;
use aegis_abi::names::protected;
use aegis_abi::{Family, StateCounter};
use aegis_core::cookie::{self, Cookie};
use aegis_core::frame::Frame;
use aegis_core::pending::Pending;
use aya_ebpf::bindings::xdp_action;
use aya_ebpf::helpers::bpf_xdp_get_buff_len;
use aya_ebpf::helpers::generated::bpf_xdp_adjust_tail;
use aya_ebpf::macros::xdp;
use aya_ebpf::programs::XdpContext;

/// Answers the SYN that is pending, or leaves it to the stack.
#[xdp]
pub fn aegis_cookie(context: XdpContext) -> u32 {
    let length = context.data_end() - context.data();
    finish(&context, length)
}

/// The same among programs for packets in several buffers (Linux 5.18). A SYN in several buffers
/// is left to the stack.
#[xdp(frags)]
pub fn aegis_cookie_frags(context: XdpContext) -> u32 {
    // SAFETY: the context is the one this program was called with.
    let length = unsafe { bpf_xdp_get_buff_len(context.ctx) } as usize;
    finish(&context, length)
}

#[inline(always)]
fn finish(context: &XdpContext, length: usize) -> u32 {
    let Some(pending) = PENDING.get(0) else {
        return xdp_action::XDP_PASS;
    };
    let action = reply(context, length, pending);
    count(match action {
        xdp_action::XDP_PASS => StateCounter::CookiesPassed,
        _ => StateCounter::CookiesSent,
    });
    action
}

#[inline(always)]
fn count(what: StateCounter) {
    if let Some(count) = STATE_COUNTERS.get_ptr_mut(what as u32) {
        // SAFETY: the entry is this CPU's own, and a program runs to its end on one CPU.
        unsafe { *count += 1 };
    }
}

#[inline(always)]
fn reply(context: &XdpContext, length: usize, pending: &Pending) -> u32 {
    let frame = Linear::new(context.data(), context.data_end(), length);
    let Some(request) = cookie::request(&frame, pending) else {
        return xdp_action::XDP_PASS;
    };
    if frame.readable() != length || !is_ours(pending) {
        return xdp_action::XDP_PASS;
    }
    let Some(cookie) = sockets::cookie(context.ctx.cast(), pending, request) else {
        return xdp_action::XDP_PASS;
    };
    let at = usize::from(pending.at().transport);
    let more = (at + cookie::SEGMENT) as i32 - length as i32;
    // SAFETY: the context is the one this program was called with; every packet pointer is read
    // anew below.
    if unsafe { bpf_xdp_adjust_tail(context.ctx, more) } != 0 {
        return xdp_action::XDP_PASS;
    }
    let mut frame = Linear::new(context.data(), context.data_end(), 0);
    match turn_round(&mut frame, pending, cookie) {
        true => xdp_action::XDP_TX,
        // It is no SYN any more. Nothing leads here: the packet was made as long as this.
        false => xdp_action::XDP_DROP,
    }
}

/// Whether the SYN is for this host: a listener on every address is found for whatever passes
/// through or by, too. The host has told which addresses are its own.
#[inline(always)]
fn is_ours(pending: &Pending) -> bool {
    // SAFETY: the entry is an integer; whoever replaces it meanwhile, either answer was true.
    let told = unsafe { PROTECTED.get(pending.tuple.local) };
    told == Some(&protected::OWN)
}

/// Makes the answer of the SYN where it lies. What is between the link's addresses and the network
/// header, tags that is, stays.
#[inline(always)]
fn turn_round(frame: &mut Linear, pending: &Pending, cookie: Cookie) -> bool {
    let Some([a, b, c, d, e, f, g, h, i, j, k, l]) = frame.take::<12>(0) else {
        return false;
    };
    let at = pending.at();
    let (network, transport) = (usize::from(at.network), usize::from(at.transport));
    let header = match pending.family() {
        Family::V6 => frame.put(network, &cookie::header_v6(pending)),
        _ => frame.put(network, &cookie::header_v4(pending)),
    };
    frame.put(0, &[g, h, i, j, k, l, a, b, c, d, e, f])
        && header
        && frame.put(transport, &cookie::answer(pending, cookie))
}
