// SPDX-License-Identifier: MIT
//! Connections and sources on the host.

use crate::half_open::Entry;
use crate::pending::Pending;
use crate::tables::Socket;
use aegis_abi::{
    Flow, HalfOpen, HostBucket, Offence, Source, StateCounter, Tuple, Ways, names::capacity,
};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the packet path remembers. Entries that were never written are not stored.
#[derive(Clone, Debug)]
pub struct State {
    pub flows: RefCell<BTreeMap<Tuple, Flow>>,
    pub room: Cell<usize>,
    pub half_open_ways: RefCell<HashMap<u32, Ways>>,
    pub half_open: RefCell<HashMap<u32, HalfOpen>>,
    pub source_ways: RefCell<HashMap<u32, Ways>>,
    pub sources: RefCell<HashMap<u32, Source>>,
    pub host_buckets: RefCell<BTreeMap<HostBucket, u64>>,
    pub counters: RefCell<BTreeMap<StateCounter, u64>>,
    pub offences: RefCell<Vec<Offence>>,
    pub protected: BTreeSet<[u8; 16]>,
    pub sockets: HashMap<Tuple, Socket>,
    pub deferred: Cell<Pending>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            flows: RefCell::default(),
            room: Cell::new(capacity::FLOWS as usize),
            half_open_ways: RefCell::default(),
            half_open: RefCell::default(),
            source_ways: RefCell::default(),
            sources: RefCell::default(),
            host_buckets: RefCell::default(),
            counters: RefCell::default(),
            offences: RefCell::default(),
            protected: BTreeSet::new(),
            sockets: HashMap::new(),
            deferred: Cell::default(),
        }
    }
}

impl State {
    /// The room is one family's, as in the kernel.
    pub fn insert(&self, tuple: &Tuple, flow: &Flow) -> bool {
        let mut flows = self.flows.borrow_mut();
        let family = tuple.family;
        let taken = flows.keys().filter(|key| key.family == family).count();
        let fits = flows.contains_key(tuple) || taken < self.room.get();
        if fits {
            flows.insert(*tuple, *flow);
        }
        fits
    }

    pub fn half_open<R>(&self, entry: Entry, f: impl FnOnce(&mut HalfOpen) -> R) -> Option<R> {
        let mut half_open = self.half_open.borrow_mut();
        entry
            .exists()
            .then(|| f(half_open.entry(entry.index()).or_default()))
    }
}
