// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! Arriving packets.

use crate::linear::Linear;
use crate::maps::{NEXT_XDP, NEXT_XDP_FRAGS};
use crate::settings;
use crate::site::site;
use crate::tables::KernelTables;
use aegis_abi::names::stage;
use aegis_abi::{Action, Hook};
use aegis_core::tables::Tables;
use aegis_core::{consider, triage};
use aya_ebpf::bindings::xdp_action;
use aya_ebpf::helpers::bpf_xdp_get_buff_len;
use aya_ebpf::macros::xdp;
use aya_ebpf::maps::ProgramArray;
use aya_ebpf::programs::XdpContext;

/// For packets in one buffer.
#[xdp]
pub fn aegis_ingress(context: XdpContext) -> u32 {
    let length = context.data_end() - context.data();
    first(&context, length, &NEXT_XDP)
}

/// For packets in several buffers (Linux 5.18).
#[xdp(frags)]
pub fn aegis_ingress_frags(context: XdpContext) -> u32 {
    // SAFETY: the context is the one this program was called with.
    let length = unsafe { bpf_xdp_get_buff_len(context.ctx) } as usize;
    first(&context, length, &NEXT_XDP_FRAGS)
}

/// What [`aegis_ingress`] leaves.
#[xdp]
pub fn aegis_ingress_new(context: XdpContext) -> u32 {
    second(&context, &NEXT_XDP)
}

/// What [`aegis_ingress_frags`] leaves.
#[xdp(frags)]
pub fn aegis_ingress_frags_new(context: XdpContext) -> u32 {
    second(&context, &NEXT_XDP_FRAGS)
}

#[inline(always)]
fn first(context: &XdpContext, length: usize, next: &ProgramArray) -> u32 {
    let Some((settings, now)) = settings::in_force() else {
        return xdp_action::XDP_PASS;
    };
    let frame = Linear::new(context.data(), context.data_end(), length);
    let site = site(Hook::XdpIngress, context.ingress_ifindex() as u32);
    let tables = KernelTables::of(context.ctx);
    let leg = triage(&frame, &site, (settings, &tables), now);
    if leg.goes_on {
        go_on(context, next, stage::NEW);
        leg.cut_short(site.hook, &tables);
    }
    carry_out(context, leg.verdict().action, next)
}

#[inline(always)]
fn second(context: &XdpContext, next: &ProgramArray) -> u32 {
    let tables = KernelTables::of(context.ctx);
    let action = tables.with_deferred(|pending| {
        let settings = settings::of(pending)?;
        let length = pending.size().bytes as usize;
        let frame = Linear::new(context.data(), context.data_end(), length);
        Some(consider(&frame, pending, (settings, &tables)))
    });
    match action.flatten() {
        Some(action) => carry_out(context, action, next),
        None => xdp_action::XDP_PASS,
    }
}

#[inline(always)]
fn carry_out(context: &XdpContext, action: Action, next: &ProgramArray) -> u32 {
    match action {
        Action::Pass => xdp_action::XDP_PASS,
        Action::Drop => xdp_action::XDP_DROP,
        Action::Answer => {
            go_on(context, next, stage::COOKIE);
            xdp_action::XDP_PASS
        }
    }
}

/// Goes on with another program; returns where there is none.
#[inline(always)]
fn go_on(context: &XdpContext, next: &ProgramArray, stage: u32) {
    // SAFETY: the array holds programs of this type, or nothing.
    unsafe { next.tail_call(context, stage) };
}
