// SPDX-License-Identifier: MIT
//! The kernel's tables on the host, for tests, fuzzing and replay.
//!
//! It is meant to be evidently right rather than fast: prefixes are a list that is searched from
//! end to end, so that this model is the oracle for the kernel's tries. There is one CPU.

mod host;
mod partial;
mod policy;
mod prefix;
mod sets;
mod state;

pub use host::{Host, Talk};
pub use partial::Partial;
pub use prefix::Prefix;
pub use sets::{Actions, Piece};

use crate::address::{Address, V4, V6};
use crate::half_open::Entry;
use crate::pending::Pending;
use crate::tables::{AddressTables, Classed, Hit, Socket, Tables};
use crate::tuple::Ends;
use aegis_abi::tables::touched;
use aegis_abi::{
    Allow, Ban, BudgetSlot, Count, CounterSlot, Event, EventCount, Family, Flow, HalfOpen,
    HostBucket, Infrastructure, Offence, Reason, Scope, ScopeKey, Source, StateCounter, Tally,
    TouchedLine, Tuple, Ways,
};
use policy::{Policy, longest, replace};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// Tables as the packet path asks for them, with policy put in by the caller.
#[derive(Clone, Debug)]
pub struct HostTables {
    v4: Arc<Policy>,
    v6: Arc<Policy>,
    scopes: HashMap<ScopeKey, Scope>,
    tallies: RefCell<BTreeMap<u32, Tally>>,
    infrastructure: RefCell<Vec<u64>>,
    budgets: RefCell<Vec<BudgetSlot>>,
    reason_budgets: RefCell<Vec<u64>>,
    events: RefCell<Vec<Event>>,
    event_room: Cell<usize>,
    sets: sets::Sets,
    state: state::State,
}

impl Default for HostTables {
    fn default() -> Self {
        Self {
            v4: Arc::default(),
            v6: Arc::default(),
            scopes: HashMap::new(),
            tallies: RefCell::default(),
            infrastructure: RefCell::new(vec![0; Infrastructure::SLOTS as usize]),
            budgets: RefCell::new(vec![BudgetSlot::EMPTY; BudgetSlot::SLOTS as usize]),
            reason_budgets: RefCell::new(vec![0; Reason::SLOTS]),
            events: RefCell::default(),
            event_room: Cell::new(usize::MAX),
            sets: sets::Sets::default(),
            state: state::State::default(),
        }
    }
}

/// Policy.
impl HostTables {
    /// Tables without any policy, and nothing counted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bans an address.
    #[must_use]
    pub fn ban(mut self, address: IpAddr, ban: Ban) -> Self {
        let prefix = Prefix::host(address);
        self.policy_mut(prefix.family()).touch(prefix, touched::BAN);
        self.policy_mut(prefix.family())
            .banned
            .insert(prefix.network(), ban);
        self
    }

    /// Bans a prefix. A narrower one hides it, as in the kernel.
    #[must_use]
    pub fn ban_prefix(mut self, prefix: Prefix, ban: Ban) -> Self {
        self.policy_mut(prefix.family()).touch(prefix, touched::BAN);
        replace(
            &mut self.policy_mut(prefix.family()).banned_prefixes,
            prefix,
            ban,
        );
        self
    }

    /// Bans part of the traffic of the peers whose ban names the key's group.
    #[must_use]
    pub fn scope_ban(mut self, key: ScopeKey, scope: Scope) -> Self {
        self.scopes.insert(key, scope);
        self
    }

    /// Puts a prefix on the allowlist.
    #[must_use]
    pub fn allow(mut self, prefix: Prefix, allow: Allow) -> Self {
        self.policy_mut(prefix.family())
            .touch(prefix, touched::ALLOW);
        replace(&mut self.policy_mut(prefix.family()).allowed, prefix, allow);
        self
    }

    /// The lines of the touched table that are not zero, with their index.
    pub fn touched_lines(&self, family: Family) -> impl Iterator<Item = (u32, TouchedLine)> + '_ {
        self.policy(family)
            .touched
            .iter()
            .map(|(&line, &value)| (line, value))
    }

    fn policy(&self, family: Family) -> &Policy {
        if matches!(family, Family::V6) {
            &self.v6
        } else {
            &self.v4
        }
    }

    fn policy_mut(&mut self, family: Family) -> &mut Policy {
        let policy = if matches!(family, Family::V6) {
            &mut self.v6
        } else {
            &mut self.v4
        };
        // Copies of the tables share their policy until one of them changes.
        Arc::make_mut(policy)
    }
}

/// What the packet path wrote.
impl HostTables {
    /// Room for so many events in the buffer until it is emptied; the rest is lost.
    #[must_use]
    pub fn event_room(self, events: usize) -> Self {
        self.event_room.set(events);
        self
    }

    /// Counters that are not zero, in index order.
    #[must_use]
    pub fn counters(&self) -> Vec<(CounterSlot, Count)> {
        let tallies = self.tallies();
        let counts = tallies.into_iter().map(|(slot, tally)| (slot, tally.count));
        counts
            .filter(|(_, count)| *count != Count::default())
            .collect()
    }

    /// Event counters that are not zero, in code order.
    #[must_use]
    pub fn event_counters(&self) -> Vec<(Reason, EventCount)> {
        let tallies = self.tallies();
        let of = |&reason: &Reason| (reason, Tally::events_of(reason, &tallies));
        let counts = Reason::ALL.iter().map(of);
        counts
            .filter(|(_, count)| *count != EventCount::default())
            .collect()
    }

    fn tallies(&self) -> Vec<(CounterSlot, Tally)> {
        let tallies = self.tallies.borrow();
        let of = |slot: CounterSlot| Some((slot, *tallies.get(&slot.index())?));
        CounterSlot::all().filter_map(of).collect()
    }

    /// Empties the event buffer.
    #[must_use]
    pub fn take_events(&self) -> Vec<Event> {
        self.events.take()
    }
}

macro_rules! address_tables {
    ($address:ty, $policy:ident) => {
        impl AddressTables<$address> for HostTables {
            fn touched(&self, group: u32) -> u64 {
                self.$policy.marks(group)
            }
            fn allowed(&self, address: $address) -> Option<Allow> {
                longest(&self.$policy.allowed, address.widen())
            }
            fn banned(&self, address: $address) -> Ban {
                self.$policy
                    .banned
                    .get(&address.widen())
                    .copied()
                    .unwrap_or(Ban::NONE)
            }
            fn banned_prefix(&self, address: $address) -> Ban {
                longest(&self.$policy.banned_prefixes, address.widen()).unwrap_or(Ban::NONE)
            }
            fn listed(&self, address: $address, _marks: u64) -> Classed {
                // Who is on no list is left alone, whatever is said of the class.
                match self
                    .$policy
                    .lists
                    .classed(address.widen(), &self.sets.lists)
                {
                    Classed { class: 0, .. } => Classed::NOT,
                    listed => listed,
                }
            }
            fn placed(&self, address: $address) -> Classed {
                self.$policy
                    .places
                    .classed(address.widen(), &self.sets.places)
            }
            fn with_own_flow<R>(
                &self,
                ends: Ends<$address>,
                f: impl FnOnce(&mut Flow) -> R,
            ) -> Option<R> {
                self.with_flow(&ends.tuple(), f)
            }
        }
    };
}

address_tables!(V4, v4);
address_tables!(V6, v6);

impl Tables for HostTables {
    fn scope(&self, key: ScopeKey) -> Scope {
        self.scopes.get(&key).copied().unwrap_or(Scope::NONE)
    }

    fn with_tally<R>(&self, index: u32, f: impl FnOnce(&mut Tally) -> R) -> Option<R> {
        Some(f(self.tallies.borrow_mut().entry(index).or_default()))
    }

    fn count_hit(&self, hit: Hit, class: u32, count: Count) {
        self.add_hit(hit, class, count);
    }

    fn with_flow<R>(&self, tuple: &Tuple, f: impl FnOnce(&mut Flow) -> R) -> Option<R> {
        self.state.flows.borrow_mut().get_mut(tuple).map(f)
    }

    fn insert_flow(&self, tuple: &Tuple, flow: &Flow) -> bool {
        self.state.insert(tuple, flow)
    }

    fn with_half_open_ways<R>(&self, line: u32, f: impl FnOnce(&mut Ways) -> R) -> Option<R> {
        let mut ways = self.state.half_open_ways.borrow_mut();
        Some(f(ways.entry(line).or_default()))
    }

    fn with_half_open<R>(&self, entry: Entry, f: impl FnOnce(&mut HalfOpen) -> R) -> Option<R> {
        self.state.half_open(entry, f)
    }

    fn with_source_ways<R>(&self, line: u32, f: impl FnOnce(&mut Ways) -> R) -> Option<R> {
        Some(f(self
            .state
            .source_ways
            .borrow_mut()
            .entry(line)
            .or_default()))
    }

    fn with_source<R>(&self, index: u32, f: impl FnOnce(&mut Source) -> R) -> Option<R> {
        Some(f(self.state.sources.borrow_mut().entry(index).or_default()))
    }

    fn with_host_bucket<R>(&self, bucket: HostBucket, f: impl FnOnce(&mut u64) -> R) -> Option<R> {
        Some(f(self
            .state
            .host_buckets
            .borrow_mut()
            .entry(bucket)
            .or_default()))
    }

    fn protected(&self, address: &[u8; 16]) -> bool {
        self.state.protected.contains(address)
    }

    fn count_state(&self, what: StateCounter) {
        *self.state.counters.borrow_mut().entry(what).or_default() += 1;
    }

    fn report(&self, offence: &Offence) -> bool {
        self.state.offences.borrow_mut().push(*offence);
        true
    }

    fn socket(&self, pending: &Pending) -> Socket {
        self.state
            .sockets
            .get(&pending.tuple)
            .copied()
            .unwrap_or_default()
    }

    fn carries_cookie(&self, pending: &Pending) -> bool {
        let carried = (pending.tuple, pending.numbers().acknowledgement);
        self.state.cookies.contains(&carried)
    }

    fn is_awaited(&self, pending: &Pending) -> bool {
        self.socket(pending) != Socket::None
    }

    fn with_deferred<R>(&self, f: impl FnOnce(&mut Pending) -> R) -> Option<R> {
        // Taken out while it is looked at: what `f` does may defer another one.
        let mut pending = self.state.deferred.get();
        let result = f(&mut pending);
        self.state.deferred.set(pending);
        Some(result)
    }

    fn with_infrastructure<R>(&self, slot: u32, f: impl FnOnce(&mut u64) -> R) -> Option<R> {
        self.infrastructure
            .borrow_mut()
            .get_mut(slot as usize)
            .map(f)
    }

    fn with_budget<R>(&self, slot: u32, f: impl FnOnce(&mut BudgetSlot) -> R) -> Option<R> {
        self.budgets.borrow_mut().get_mut(slot as usize).map(f)
    }

    fn with_reason_budget<R>(&self, reason: Reason, f: impl FnOnce(&mut u64) -> R) -> Option<R> {
        self.reason_budgets
            .borrow_mut()
            .get_mut(reason as usize)
            .map(f)
    }

    fn emit(&self, event: impl FnOnce() -> Event) -> bool {
        let mut events = self.events.borrow_mut();
        let fits = events.len() < self.event_room.get();
        if fits {
            events.push(event());
        }
        fits
    }
}

#[cfg(test)]
mod tests;
