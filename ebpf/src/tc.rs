// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! Departing packets.

use crate::linear::Linear;
use crate::maps::NEXT_TC;
use crate::settings;
use crate::site::site;
use crate::tables::KernelTables;
use aegis_abi::names::stage;
use aegis_abi::{Action, Hook};
use aegis_core::tables::Tables;
use aegis_core::{consider, triage};
use aya_ebpf::bindings::{__sk_buff, TC_ACT_SHOT, TC_ACT_UNSPEC};
use aya_ebpf::macros::classifier;
use aya_ebpf::programs::TcContext;

/// Bytes in which every header that the parser follows usually lies. What the stack keeps in
/// further buffers is pulled in up to here.
const HEADERS: u32 = 256;

/// For packets about to leave. A pass is "no opinion", so that other programs have their say.
#[classifier]
pub fn aegis_egress(context: TcContext) -> i32 {
    let Some((settings, now)) = settings::in_force() else {
        return TC_ACT_UNSPEC;
    };
    make_linear(&context);
    let length = context.len() as usize;
    let frame = Linear::new(context.data(), context.data_end(), length)
        .standing_for(segments(context.skb.skb));
    let site = site(Hook::TcEgress, interface(context.skb.skb));
    let tables = KernelTables::of(context.skb.skb);
    let leg = triage(&frame, &site, (settings, &tables), now);
    if leg.goes_on {
        go_on(&context);
        leg.cut_short(site.hook, &tables);
    }
    carry_out(leg.verdict().action)
}

/// What [`aegis_egress`] leaves.
#[classifier]
pub fn aegis_egress_new(context: TcContext) -> i32 {
    let tables = KernelTables::of(context.skb.skb);
    let action = tables.with_deferred(|pending| {
        let settings = settings::of(pending)?;
        let length = pending.size().bytes as usize;
        let frame = Linear::new(context.data(), context.data_end(), length);
        Some(consider(&frame, pending, (settings, &tables)))
    });
    match action.flatten() {
        Some(action) => carry_out(action),
        None => TC_ACT_UNSPEC,
    }
}

#[inline(always)]
fn carry_out(action: Action) -> i32 {
    match action {
        Action::Pass | Action::Answer => TC_ACT_UNSPEC,
        Action::Drop => TC_ACT_SHOT,
    }
}

/// Goes on with the second program; returns where there is none.
#[inline(always)]
fn go_on(context: &TcContext) {
    // SAFETY: the array holds programs of this type, or nothing.
    unsafe { NEXT_TC.tail_call(context, stage::NEW) };
}

#[inline(always)]
fn make_linear(context: &TcContext) {
    let readable = context.data_end() - context.data();
    let wanted = context.len().min(HEADERS);
    if readable < wanted as usize {
        // A refusal leaves a packet that is judged by the bytes that can be read.
        context.pull_data(wanted).ok();
    }
}

#[inline(always)]
fn interface(skb: *const __sk_buff) -> u32 {
    // SAFETY: the context that this program was called with.
    unsafe { (*skb).ifindex }
}

/// Linux 5.1; 0 where the packet is none but itself.
#[inline(always)]
fn segments(skb: *const __sk_buff) -> u32 {
    // SAFETY: as in `interface`.
    unsafe { (*skb).gso_segs }.max(1)
}
