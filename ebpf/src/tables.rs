// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! The packet path's questions, put to kernel maps.

use crate::maps;
use crate::sets;
use crate::site::{rehearses, seed};
use crate::sockets;
use aegis_abi::tables::touched;
use aegis_abi::{
    Allow, Ban, BudgetSlot, Count, Event, Flow, FlowKeyV4, FlowKeyV6, HalfOpen, HostBucket,
    Offence, Reason, Rehearsal, Scope, ScopeKey, SetSlot, Source, StateCounter, Tally, TouchedLine,
    Tuple, Ways,
};
use aegis_core::address::{V4, V6};
use aegis_core::exact;
use aegis_core::half_open::Entry;
use aegis_core::pending::Pending;
use aegis_core::tables::{AddressTables, Classed, Hit, Socket, Tables};
use aegis_core::tuple::{Ends, is_v6};
use aegis_core::verdict::Verdict;
use aya_ebpf::maps::{Array, LpmTrie, PerCpuArray, lpm_trie::Key};
use core::ffi::c_void;

/// The maps of this object, and the sockets behind a packet.
pub struct KernelTables {
    context: *mut c_void,
}

impl KernelTables {
    /// For a packet of this context, a `struct xdp_md` or `struct __sk_buff`.
    #[inline(always)]
    pub fn of<C>(context: *mut C) -> Self {
        Self {
            context: context.cast(),
        }
    }
}

/// Runs `f` on an entry of a table.
#[inline(always)]
fn with_entry<V, R>(table: &Array<V>, index: u32, f: impl FnOnce(&mut V) -> R) -> Option<R> {
    let entry = table.get_ptr_mut(index)?;
    // SAFETY: the entry exists for as long as the table. Another CPU may write it at the same time:
    // its words are plain integers, every value of which is valid.
    Some(f(unsafe { &mut *entry }))
}

#[inline(always)]
fn short([a, b, c, d, ..]: [u8; 16]) -> [u8; 4] {
    [a, b, c, d]
}

#[inline(always)]
fn key_v4(tuple: &Tuple) -> FlowKeyV4 {
    FlowKeyV4 {
        peer: short(tuple.peer),
        local: short(tuple.local),
        peer_port: tuple.peer_port,
        local_port: tuple.local_port,
        protocol: tuple.protocol.into(),
    }
}

#[inline(always)]
fn key_v6(tuple: &Tuple) -> FlowKeyV6 {
    FlowKeyV6 {
        peer: tuple.peer,
        local: tuple.local,
        peer_port: tuple.peer_port,
        local_port: tuple.local_port,
        protocol: tuple.protocol.into(),
    }
}

#[inline(always)]
fn run<R>(flow: Option<*mut Flow>, f: impl FnOnce(&mut Flow) -> R) -> Option<R> {
    // SAFETY: an element that is removed stays readable until the program ends (RCU). Each hook
    // writes words of its own.
    flow.map(|flow| f(unsafe { &mut *flow }))
}

#[inline(always)]
fn marks(lines: &Array<TouchedLine>, group: u32) -> u64 {
    let (line, word, shift) = touched::place(group);
    lines
        .get(line)
        .map_or(0, |line| (line.0[word & 7] >> shift) & touched::ALL)
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
        longest(&maps::ALLOW_V4, address.octets())
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
        longest(&maps::BAN_PREFIXES_V4, address.octets()).unwrap_or(Ban::NONE)
    }
    #[inline(always)]
    fn listed(&self, address: V4, marks: u64) -> Classed {
        sets::listed(SetSlot::ListsV4, address, marks)
    }
    #[inline(always)]
    fn placed(&self, address: V4) -> Classed {
        sets::placed(SetSlot::PlacesV4, address)
    }
    #[inline(always)]
    fn with_own_flow<R>(&self, ends: Ends<V4>, f: impl FnOnce(&mut Flow) -> R) -> Option<R> {
        let key = FlowKeyV4 {
            peer: ends.peer.octets(),
            local: ends.local.octets(),
            peer_port: ends.peer_port,
            local_port: ends.local_port,
            protocol: ends.protocol.into(),
        };
        run(maps::FLOWS_V4.get_ptr_mut(key), f)
    }
}

impl AddressTables<V6> for KernelTables {
    #[inline(always)]
    fn touched(&self, group: u32) -> u64 {
        marks(&maps::TOUCHED_V6, group)
    }
    #[inline(always)]
    fn allowed(&self, address: V6) -> Option<Allow> {
        longest(&maps::ALLOW_V6, address.octets())
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
        longest(&maps::BAN_PREFIXES_V6, address.octets()).unwrap_or(Ban::NONE)
    }
    #[inline(always)]
    fn listed(&self, address: V6, marks: u64) -> Classed {
        sets::listed(SetSlot::ListsV6, address, marks)
    }
    #[inline(always)]
    fn placed(&self, address: V6) -> Classed {
        sets::placed(SetSlot::PlacesV6, address)
    }
    #[inline(always)]
    fn with_own_flow<R>(&self, ends: Ends<V6>, f: impl FnOnce(&mut Flow) -> R) -> Option<R> {
        let key = FlowKeyV6 {
            peer: ends.peer.octets(),
            local: ends.local.octets(),
            peer_port: ends.peer_port,
            local_port: ends.local_port,
            protocol: ends.protocol.into(),
        };
        run(maps::FLOWS_V6.get_ptr_mut(key), f)
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
    fn with_tally<R>(&self, index: u32, f: impl FnOnce(&mut Tally) -> R) -> Option<R> {
        with(&maps::COUNTERS, index, f)
    }

    #[inline(always)]
    fn count_hit(&self, hit: Hit, class: u32, count: Count) {
        sets::count(hit, class, count);
    }

    #[inline(always)]
    fn with_flow<R>(&self, tuple: &Tuple, f: impl FnOnce(&mut Flow) -> R) -> Option<R> {
        let flow = if is_v6(tuple) {
            maps::FLOWS_V6.get_ptr_mut(key_v6(tuple))
        } else {
            maps::FLOWS_V4.get_ptr_mut(key_v4(tuple))
        };
        run(flow, f)
    }

    #[inline(always)]
    fn insert_flow(&self, tuple: &Tuple, flow: &Flow) -> bool {
        if is_v6(tuple) {
            maps::FLOWS_V6.insert(key_v6(tuple), flow, 0).is_ok()
        } else {
            maps::FLOWS_V4.insert(key_v4(tuple), flow, 0).is_ok()
        }
    }

    #[inline(always)]
    fn with_half_open_ways<R>(&self, line: u32, f: impl FnOnce(&mut Ways) -> R) -> Option<R> {
        with_entry(&maps::HALF_OPEN_WAYS, line, f)
    }

    #[inline(always)]
    fn with_half_open<R>(&self, entry: Entry, f: impl FnOnce(&mut HalfOpen) -> R) -> Option<R> {
        with_entry(&maps::HALF_OPEN, entry.index(), f)
    }

    #[inline(always)]
    fn with_source_ways<R>(&self, line: u32, f: impl FnOnce(&mut Ways) -> R) -> Option<R> {
        with_entry(&maps::SOURCE_WAYS, line, f)
    }

    #[inline(always)]
    fn with_source<R>(&self, index: u32, f: impl FnOnce(&mut Source) -> R) -> Option<R> {
        with_entry(&maps::SOURCES, index, f)
    }

    #[inline(always)]
    fn with_host_bucket<R>(&self, bucket: HostBucket, f: impl FnOnce(&mut u64) -> R) -> Option<R> {
        with(&maps::HOST_BUCKETS, bucket as u32, f)
    }

    #[inline(always)]
    fn protected(&self, address: &[u8; 16]) -> bool {
        maps::PROTECTED.get_ptr(address).is_some()
    }

    #[inline(always)]
    fn count_state(&self, what: StateCounter) {
        with(&maps::STATE_COUNTERS, what as u32, |count| *count += 1);
    }

    #[inline(always)]
    fn report(&self, offence: &Offence) -> bool {
        maps::OFFENCES.output::<Offence>(offence, 0).is_ok()
    }

    #[inline(always)]
    fn socket(&self, pending: &Pending) -> Socket {
        sockets::of_connection(self.context, pending)
    }

    #[inline(always)]
    fn carries_cookie(&self, pending: &Pending) -> bool {
        sockets::carries_cookie(self.context, pending)
    }

    #[inline(always)]
    fn is_awaited(&self, pending: &Pending) -> bool {
        sockets::is_awaited(self.context, pending)
    }

    #[inline(always)]
    fn with_deferred<R>(&self, f: impl FnOnce(&mut Pending) -> R) -> Option<R> {
        with(&maps::PENDING, 0, f)
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
    fn rehearses(&self, interface: u32) -> bool {
        rehearses(interface)
    }

    #[inline(always)]
    fn rehearsed(&self, interface: u32, verdict: Verdict) -> bool {
        if !rehearses(interface) {
            return false;
        }
        let Verdict {
            action,
            reason,
            rule,
        } = verdict;
        with_entry(&maps::REHEARSAL, 0, |left| {
            *left = Rehearsal::of(action, reason, rule);
        });
        true
    }

    #[inline(always)]
    fn emit(&self, event: impl FnOnce() -> Event) -> bool {
        let Some(mut place) = maps::EVENTS.reserve::<Event>(0) else {
            return false;
        };
        place.write(event());
        place.submit(0);
        true
    }
}
