// SPDX-License-Identifier: MIT
//! State and policy, as the packet path asks for them: in its own verbs, not in those of a map.
//!
//! A table that should be there and is not answers as if it were empty; the kernel cannot be
//! loaded without its tables, so this happens to nobody.

use crate::address::{V4, V6};
use aegis_abi::{Allow, Ban, BudgetSlot, Count, CounterSlot, Event, Reason, Scope, ScopeKey};

/// What became of a packet's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// Handed to user space.
    Sent,
    /// Over budget.
    Suppressed,
    /// The buffer was full.
    Lost,
}

/// Policy that is keyed by an address.
pub trait AddressTables<A> {
    /// Bits of `aegis_abi::tables::touched` for a group; other look-ups are for groups that have
    /// the bit.
    fn touched(&self, group: u32) -> u64;
    /// The narrowest allowlist prefix around the address.
    fn allowed(&self, address: A) -> Option<Allow>;
    /// The ban on this very address, expired or not; [`Ban::NONE`] where there is none.
    fn banned(&self, address: A) -> Ban;
    /// The ban on the narrowest banned prefix around the address, likewise.
    fn banned_prefix(&self, address: A) -> Ban;
}

/// Everything the packet path looks up or writes.
pub trait Tables: AddressTables<V4> + AddressTables<V6> {
    /// The ban on part of a peer's traffic, expired or not; [`Scope::NONE`] where there is none.
    fn scope(&self, key: ScopeKey) -> Scope;
    /// Adds to a counter.
    fn count(&self, slot: CounterSlot, count: Count);
    /// Counts what became of a packet's event.
    fn count_event(&self, reason: Reason, outcome: EventOutcome);
    /// Runs `f` on this CPU's bucket of an infrastructure slot.
    fn with_infrastructure<R>(&self, slot: u32, f: impl FnOnce(&mut u64) -> R) -> Option<R>;
    /// Runs `f` on this CPU's event budget slot; `slot` is below `BudgetSlot::SLOTS`.
    fn with_budget<R>(&self, slot: u32, f: impl FnOnce(&mut BudgetSlot) -> R) -> Option<R>;
    /// Runs `f` on this CPU's event bucket of a reason.
    fn with_reason_budget<R>(&self, reason: Reason, f: impl FnOnce(&mut u64) -> R) -> Option<R>;
    /// Hands an event to user space; `false` where the buffer is full.
    fn emit(&self, event: &Event) -> bool;
}
