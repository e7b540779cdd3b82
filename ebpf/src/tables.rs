// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! The packet path's questions, put to kernel maps.

use crate::maps;
use crate::site::seed;
use aegis_abi::tables::touched;
use aegis_abi::{
    Allow, Ban, BudgetSlot, Count, CounterSlot, Event, Reason, Scope, ScopeKey, TouchedLine,
};
use aegis_core::address::{V4, V6};
use aegis_core::exact;
use aegis_core::tables::{AddressTables, EventOutcome, Tables};
use aya_ebpf::maps::{Array, LpmTrie, PerCpuArray, lpm_trie::Key};

/// The maps of this object.
pub struct KernelTables;

#[inline(always)]
fn marks(lines: &Array<TouchedLine>, group: u32) -> u64 {
    let (line, word, shift) = touched::place(group);
    lines.get(line).map_or(0, |line| {
        (line.0[word & 7] >> shift) & (touched::ALLOW | touched::BAN)
    })
}

#[inline(always)]
fn longest<K, V: Copy>(trie: &LpmTrie<K, V>, key: K) -> Option<V> {
    trie.get(Key::new(size_of::<K>() as u32 * 8, key)).copied()
}

impl AddressTables<V4> for KernelTables {
    #[inline(always)]
    fn touched(&self, group: u32) -> u64 {
        marks(&maps::TOUCHED_V4, group)
    }
    #[inline(always)]
    fn allowed(&self, address: V4) -> Option<Allow> {
        longest(&maps::ALLOW_V4, address.0)
    }
    #[inline(always)]
    fn banned(&self, address: V4) -> Ban {
        exact::look_up(
            address,
            seed(),
            |line| maps::BAN_LINES_V4.get(line),
            |place| maps::BANS_V4.get(place).copied().unwrap_or(Ban::NONE),
        )
    }
    #[inline(always)]
    fn banned_prefix(&self, address: V4) -> Ban {
        longest(&maps::BAN_PREFIXES_V4, address.0).unwrap_or(Ban::NONE)
    }
}

impl AddressTables<V6> for KernelTables {
    #[inline(always)]
    fn touched(&self, group: u32) -> u64 {
        marks(&maps::TOUCHED_V6, group)
    }
    #[inline(always)]
    fn allowed(&self, address: V6) -> Option<Allow> {
        longest(&maps::ALLOW_V6, address.0)
    }
    #[inline(always)]
    fn banned(&self, address: V6) -> Ban {
        exact::look_up(
            address,
            seed(),
            |line| maps::BAN_LINES_V6.get(line),
            |place| maps::BANS_V6.get(place).copied().unwrap_or(Ban::NONE),
        )
    }
    #[inline(always)]
    fn banned_prefix(&self, address: V6) -> Ban {
        longest(&maps::BAN_PREFIXES_V6, address.0).unwrap_or(Ban::NONE)
    }
}

/// Runs `f` on this CPU's entry.
#[inline(always)]
fn with<V, R>(table: &PerCpuArray<V>, index: u32, f: impl FnOnce(&mut V) -> R) -> Option<R> {
    let entry = table.get_ptr_mut(index)?;
    // SAFETY: the entry is this CPU's own, and a program runs to its end on one CPU.
    Some(f(unsafe { &mut *entry }))
}

impl Tables for KernelTables {
    #[inline(always)]
    fn scope(&self, key: ScopeKey) -> Scope {
        // SAFETY: values are plain words that user space replaces whole; a removed element stays
        // readable until the program ends (RCU).
        match unsafe { maps::SCOPES.get(key) } {
            Some(scope) => *scope,
            None => Scope::NONE,
        }
    }

    #[inline(always)]
    fn count(&self, slot: CounterSlot, more: Count) {
        with(&maps::COUNTERS, slot.index(), |count| {
            count.packets += more.packets;
            count.bytes += more.bytes;
        });
    }

    #[inline(always)]
    fn count_event(&self, reason: Reason, outcome: EventOutcome) {
        with(
            &maps::EVENT_COUNTERS,
            reason as u32,
            |count| match outcome {
                EventOutcome::Sent => count.sent += 1,
                EventOutcome::Suppressed => count.suppressed += 1,
                EventOutcome::Lost => count.lost += 1,
            },
        );
    }

    #[inline(always)]
    fn with_infrastructure<R>(&self, slot: u32, f: impl FnOnce(&mut u64) -> R) -> Option<R> {
        with(&maps::INFRASTRUCTURE, slot, f)
    }

    #[inline(always)]
    fn with_budget<R>(&self, slot: u32, f: impl FnOnce(&mut BudgetSlot) -> R) -> Option<R> {
        with(&maps::BUDGETS, slot, f)
    }

    #[inline(always)]
    fn with_reason_budget<R>(&self, reason: Reason, f: impl FnOnce(&mut u64) -> R) -> Option<R> {
        with(&maps::REASON_BUDGETS, reason as u32, f)
    }

    #[inline(always)]
    fn emit(&self, event: &Event) -> bool {
        maps::EVENTS.output::<Event>(event, 0).is_ok()
    }
}
