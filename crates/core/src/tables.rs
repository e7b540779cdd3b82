// SPDX-License-Identifier: MIT
//! State and policy, as the packet path asks for them: in its own verbs, not in those of a map.
//!
//! A table that should be there and is not answers as if it were empty; the kernel cannot be
//! loaded without its tables, so this happens to nobody.

use crate::address::{V4, V6};
use crate::half_open::Entry;
use crate::pending::Pending;
use crate::tuple::Ends;
use crate::verdict::Verdict;
use aegis_abi::{
    Allow, Ban, BudgetSlot, ClassActions, Count, Event, Flow, HalfOpen, HostBucket, Offence,
    Reason, Scope, ScopeKey, Source, StateCounter, Tally, Tuple, Ways,
};

/// What the host's own sockets have to say of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Socket {
    /// None is concerned.
    #[default]
    None,
    /// One that listens, and nothing more.
    Listening,
    /// One of this very connection, whose handshake is not over or which is over: the stack knows
    /// what to do, but the peer is not proven.
    Unproven,
    /// One of this very connection.
    Connected,
}

/// What a set says of an address: its class, and what happens to packets of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classed {
    /// The number of the class; 0 where the set does not name the address.
    pub class: u32,
    /// What happens.
    pub actions: ClassActions,
}

impl Classed {
    /// What a set that is not there says.
    pub const NOT: Self = Self {
        class: 0,
        actions: ClassActions::NONE,
    };
}

/// What packets of a class are counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Hit {
    /// Lists dropped them.
    List,
    /// Lists only watch them.
    Watched,
    /// They were dropped for where their peer is.
    Place,
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
    /// What lists say of the address; `marks` are those of its group.
    fn listed(&self, address: A, marks: u64) -> Classed;
    /// Where the address is, in the same terms.
    fn placed(&self, address: A) -> Classed;
    /// Runs `f` on a proven connection.
    fn with_own_flow<R>(&self, ends: Ends<A>, f: impl FnOnce(&mut Flow) -> R) -> Option<R>;
}

/// Everything the packet path looks up or writes.
pub trait Tables: AddressTables<V4> + AddressTables<V6> {
    /// The ban on part of a peer's traffic, expired or not; [`Scope::NONE`] where there is none.
    fn scope(&self, key: ScopeKey) -> Scope;
    /// Runs `f` on what this CPU has counted of the [`aegis_abi::CounterSlot`] of this index.
    fn with_tally<R>(&self, index: u32, f: impl FnOnce(&mut Tally) -> R) -> Option<R>;
    /// Counts packets of a class.
    fn count_hit(&self, hit: Hit, class: u32, count: Count);
    /// Runs `f` on a proven connection.
    fn with_flow<R>(&self, tuple: &Tuple, f: impl FnOnce(&mut Flow) -> R) -> Option<R>;
    /// Adds or replaces a proven connection; `false` where there is no room.
    fn insert_flow(&self, tuple: &Tuple, flow: &Flow) -> bool;
    /// Runs `f` on a line of the half-open table; `line` is below `half::ALL_LINES`.
    fn with_half_open_ways<R>(&self, line: u32, f: impl FnOnce(&mut Ways) -> R) -> Option<R>;
    /// Runs `f` on an entry of the half-open table.
    fn with_half_open<R>(&self, entry: Entry, f: impl FnOnce(&mut HalfOpen) -> R) -> Option<R>;
    /// Runs `f` on a line of the table of sources; `line` is below `Source::LINES`.
    fn with_source_ways<R>(&self, line: u32, f: impl FnOnce(&mut Ways) -> R) -> Option<R>;
    /// Runs `f` on a source; `index` is below `Source::ENTRIES`.
    fn with_source<R>(&self, index: u32, f: impl FnOnce(&mut Source) -> R) -> Option<R>;
    /// Runs `f` on this CPU's bucket that all sources share.
    fn with_host_bucket<R>(&self, bucket: HostBucket, f: impl FnOnce(&mut u64) -> R) -> Option<R>;
    /// Whether no cool-down may touch the address.
    fn protected(&self, address: &[u8; 16]) -> bool;
    /// Counts what happened to state.
    fn count_state(&self, what: StateCounter);
    /// Hands an offence to user space; `false` where the buffer is full.
    fn report(&self, offence: &Offence) -> bool;
    /// What the host's TCP sockets say of a packet that arrived.
    fn socket(&self, pending: &Pending) -> Socket;
    /// Whether an acknowledgement that arrived carries a SYN cookie of the host's.
    fn carries_cookie(&self, pending: &Pending) -> bool;
    /// Whether a UDP socket of the host waits for the packet.
    fn is_awaited(&self, pending: &Pending) -> bool;
    /// Runs `f` on the packet that this CPU's first program leaves to the second.
    fn with_deferred<R>(&self, f: impl FnOnce(&mut Pending) -> R) -> Option<R>;
    /// Runs `f` on this CPU's bucket of an infrastructure slot.
    fn with_infrastructure<R>(&self, slot: u32, f: impl FnOnce(&mut u64) -> R) -> Option<R>;
    /// Runs `f` on this CPU's event budget slot; `slot` is below `BudgetSlot::SLOTS`.
    fn with_budget<R>(&self, slot: u32, f: impl FnOnce(&mut BudgetSlot) -> R) -> Option<R>;
    /// Runs `f` on this CPU's event bucket of a reason.
    fn with_reason_budget<R>(&self, reason: Reason, f: impl FnOnce(&mut u64) -> R) -> Option<R>;
    /// Whether packets of this interface are only rehearsed, and count for nothing.
    fn rehearses(&self, _interface: u32) -> bool {
        false
    }
    /// Likewise; if so the verdict is left for whoever rehearses, and is neither counted nor told.
    fn rehearsed(&self, _interface: u32, _verdict: Verdict) -> bool {
        false
    }
    /// Hands an event to user space; `false` where the buffer is full.
    fn emit(&self, event: impl FnOnce() -> Event) -> bool;
}
