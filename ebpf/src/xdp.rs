// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! Arriving packets.

use crate::clock::now;
use crate::linear::Linear;
use crate::maps::SETTINGS;
use crate::site::site;
use crate::tables::KernelTables;
use aegis_abi::{Action, Hook};
use aegis_core::inspect;
use aya_ebpf::bindings::xdp_action;
use aya_ebpf::helpers::bpf_xdp_get_buff_len;
use aya_ebpf::macros::xdp;
use aya_ebpf::programs::XdpContext;

/// For packets in one buffer.
#[xdp]
pub fn aegis_ingress(context: XdpContext) -> u32 {
    let length = context.data_end() - context.data();
    judge(&context, length)
}

/// For packets in several buffers (Linux 5.18).
#[xdp(frags)]
pub fn aegis_ingress_frags(context: XdpContext) -> u32 {
    // SAFETY: the context is the one this program was called with.
    let length = unsafe { bpf_xdp_get_buff_len(context.ctx) } as usize;
    judge(&context, length)
}

#[inline(always)]
fn judge(context: &XdpContext, length: usize) -> u32 {
    let Some(settings) = SETTINGS.get(0) else {
        return xdp_action::XDP_PASS;
    };
    let frame = Linear::new(context.data(), context.data_end(), length);
    let site = site(Hook::XdpIngress, context.ingress_ifindex() as u32);
    match inspect(&frame, &site, (settings, &KernelTables), now()).action {
        Action::Pass => xdp_action::XDP_PASS,
        Action::Drop => xdp_action::XDP_DROP,
    }
}
