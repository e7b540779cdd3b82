// SPDX-License-Identifier: MIT
//! Connections and sources on the host.

use super::HostTables;
use crate::half_open::Entry;
use crate::pending::Pending;
use crate::tables::Socket;
use aegis_abi::flow::mark;
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
    pub cookies: BTreeSet<(Tuple, u32)>,
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
            cookies: BTreeSet::new(),
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

/// What is remembered.
impl HostTables {
    /// Room for so many proven connections of a family.
    #[must_use]
    pub fn flow_room(self, flows: usize) -> Self {
        self.state.room.set(flows);
        self
    }

    /// Keeps an address from ever cooling down; IPv4 in the first four bytes.
    #[must_use]
    pub fn protect(mut self, address: [u8; 16]) -> Self {
        self.state.protected.insert(address);
        self
    }

    /// Gives the host a socket that is concerned with a connection.
    #[must_use]
    pub fn socket_of(mut self, tuple: Tuple, socket: Socket) -> Self {
        self.state.sockets.insert(tuple, socket);
        self
    }

    /// Proven connections.
    #[must_use]
    pub fn flows(&self) -> Vec<(Tuple, Flow)> {
        let flows = self.state.flows.borrow();
        flows.iter().map(|(&tuple, &flow)| (tuple, flow)).collect()
    }

    /// Counters of state that are not zero.
    #[must_use]
    pub fn state_counters(&self) -> Vec<(StateCounter, u64)> {
        let counters = self.state.counters.borrow();
        counters
            .iter()
            .map(|(&what, &count)| (what, count))
            .collect()
    }

    /// Empties the buffer of offences.
    #[must_use]
    pub fn take_offences(&self) -> Vec<Offence> {
        self.state.offences.take()
    }

    /// Makes an acknowledgement number a valid SYN cookie of a connection's.
    #[must_use]
    pub fn cookie_of(mut self, tuple: Tuple, acknowledgement: u32) -> Self {
        self.state.cookies.insert((tuple, acknowledgement));
        self
    }

    /// A proven connection.
    #[must_use]
    pub fn flow(&self, tuple: &Tuple) -> Option<Flow> {
        self.state.flows.borrow().get(tuple).copied()
    }

    /// Half-open connections that were not given back, in no order.
    #[must_use]
    pub fn half_opens(&self) -> Vec<HalfOpen> {
        let ways = self.state.half_open_ways.borrow();
        let half_open = self.state.half_open.borrow();
        let taken = ways.iter().flat_map(|(line, ways)| {
            let places = ways.tags.iter().zip(line * Ways::WAYS as u32..);
            places.filter(|(tag, _)| **tag != 0)
        });
        taken
            .filter_map(|(_, at)| half_open.get(&at).copied())
            .collect()
    }

    /// Sources, in no order.
    #[must_use]
    pub fn sources(&self) -> Vec<Source> {
        self.state.sources.borrow().values().copied().collect()
    }

    /// The bucket that all sources share.
    #[must_use]
    pub fn host_bucket(&self, bucket: HostBucket) -> u64 {
        let buckets = self.state.host_buckets.borrow();
        buckets.get(&bucket).copied().unwrap_or_default()
    }

    /// What a counter of state shows.
    #[must_use]
    pub fn state_counter(&self, what: StateCounter) -> u64 {
        let counters = self.state.counters.borrow();
        counters.get(&what).copied().unwrap_or_default()
    }

    /// The operator kills a connection.
    pub fn kill(&self, tuple: &Tuple) {
        if let Some(flow) = self.state.flows.borrow_mut().get_mut(tuple) {
            flow.ingress.marks |= mark::KILLED;
        }
    }
}
