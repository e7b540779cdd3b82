// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! Sets as they lie in kernel maps: see `aegis_abi::set`.

use crate::maps::{PLACE_HITS, SET_CHUNKS, SET_HITS, SET_WATCHED, SETS};
use aegis_abi::set::class;
use aegis_abi::{ClassActions, Count, HitBlock, SetChunk, SetHead, SetLine, SetRoot, SetSlot};
use aegis_core::address::Address;
use aegis_core::set::hosts::Host;
use aegis_core::set::{SetLines, look_up, place};
use aegis_core::tables::{Classed, Hit};
use aya_ebpf::maps::PerCpuArray;

/// A set. Whoever has its root has all of it: its chunks are taken away only once no program that
/// found the root is running.
struct KernelSet(&'static SetRoot);

impl KernelSet {
    #[inline(always)]
    fn find(slot: SetSlot) -> Option<Self> {
        SETS.get(slot as u32)?.get(0).map(Self)
    }

    #[inline(always)]
    fn classed(&self, class: u32) -> Classed {
        let actions = self.actions(class);
        Classed { class, actions }
    }
}

impl SetLines for KernelSet {
    #[inline(always)]
    fn head(&self) -> &SetHead {
        &self.0.head
    }

    #[inline(always)]
    fn line(&self, at: u32) -> Option<&SetLine> {
        let slot = self.0.head.first_chunk.wrapping_add(at / SetChunk::LINES);
        SET_CHUNKS.get(slot)?.get(at % SetChunk::LINES)
    }

    #[inline(always)]
    fn actions(&self, class: u32) -> ClassActions {
        self.0.actions[(class % class::ALL) as usize]
    }

    /// As [`aegis_core::frame::Frame::obscure`].
    #[inline(always)]
    fn obscure(&self, number: u32) -> u32 {
        let mut word = u64::from(number);
        // SAFETY: exclusive or, twice.
        unsafe {
            core::arch::asm!(
                "{0} ^= {1}",
                "{0} ^= {1}",
                inout(reg) word,
                in(reg) u64::from(self.0.head.lines),
                options(pure, nomem, nostack),
            );
        }
        word as u32
    }
}

/// What lists say of an address.
#[inline(always)]
pub fn listed<A: Host>(slot: SetSlot, address: A, marks: u64) -> Classed {
    let Some(set) = KernelSet::find(slot) else {
        return Classed::NOT;
    };
    match look_up(&set, address, marks) {
        0 => Classed::NOT,
        class => set.classed(class),
    }
}

/// Where an address is. Nowhere is a place, too: something may happen to packets from there.
#[inline(always)]
pub fn placed<A: Address>(slot: SetSlot, address: A) -> Classed {
    match KernelSet::find(slot) {
        Some(set) => set.classed(place(&set, address)),
        None => Classed::NOT,
    }
}

/// Counts packets of a class.
#[inline(always)]
pub fn count(hit: Hit, class: u32, more: Count) {
    match hit {
        Hit::List => count_here(&SET_HITS, class, more),
        Hit::Watched => count_here(&SET_WATCHED, class, more),
        Hit::Place => count_together(class, more),
    }
}

#[inline(always)]
fn count_here(blocks: &PerCpuArray<HitBlock>, class: u32, more: Count) {
    let (block, at) = HitBlock::place(class);
    if let Some(block) = blocks.get_ptr_mut(block) {
        // SAFETY: the entry is this CPU's own, and a program runs to its end on one CPU.
        let count = unsafe { &mut (*block).0[at] };
        count.packets += more.packets;
        count.bytes += more.bytes;
    }
}

/// There are too many places for a counter on each CPU.
#[inline(always)]
fn count_together(class: u32, more: Count) {
    if let Some(count) = PLACE_HITS.get_ptr_mut(class) {
        // SAFETY: the entry exists for as long as the table.
        let (packets, bytes) = unsafe { (&raw mut (*count).packets, &raw mut (*count).bytes) };
        add(packets, more.packets);
        add(bytes, more.bytes);
    }
}

/// Adds at once to what others add to, too.
#[inline(always)]
fn add(word: *mut u64, more: u64) {
    // SAFETY: the callers' words are in tables, aligned, and only ever added to by programs.
    unsafe {
        core::arch::asm!(
            "lock *(u64 *)({word} + 0) += {more}",
            word = in(reg) word,
            more = in(reg) more,
            options(nostack),
        );
    }
}
