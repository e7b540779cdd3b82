// SPDX-License-Identifier: MIT
//! The tables of connections and sources.

use super::mapped::Mapped;
use super::{Row, TableFill, failed, take, take_array};
use crate::EngineError;
use crate::batch;
use crate::error::one_line;
use crate::flows::FlowFill;
use aegis_abi::flow::half;
use aegis_abi::names::table;
use aegis_abi::{
    Flow, FlowKeyV4, FlowKeyV6, HalfOpen, HostBucket, Source, StateCounter, Tuple, Ways,
};
use aya::Ebpf;
use aya::maps::IterableMap;
use aya::maps::{HashMap, MapData, PerCpuArray};
use std::os::fd::AsFd;

/// What the programs remember.
pub(crate) struct StateTables {
    flows_v4: HashMap<MapData, Row<FlowKeyV4>, Row<Flow>>,
    flows_v6: HashMap<MapData, Row<FlowKeyV6>, Row<Flow>>,
    half_open_ways: Mapped,
    half_open: Mapped,
    source_ways: Mapped,
    sources: Mapped,
    host_buckets: PerCpuArray<MapData, Row<u64>>,
    counters: PerCpuArray<MapData, Row<u64>>,
    protected: HashMap<MapData, Row<[u8; 16]>, Row<u32>>,
}

/// A half-open connection, and when it was last used.
pub(crate) struct Waiting {
    pub(crate) begun_here: bool,
    pub(crate) half: HalfOpen,
    pub(crate) last_ns: u64,
}

fn mapped(ebpf: &mut Ebpf, name: &'static str, length: usize) -> Result<Mapped, EngineError> {
    let array = take_array(ebpf, name)?;
    Mapped::new(name, array, length)
}

const HALF_OPEN_LINES: usize = half::ALL_LINES as usize;
const SOURCE_LINES: usize = Source::LINES as usize;

impl StateTables {
    pub(crate) fn take(ebpf: &mut Ebpf) -> Result<Self, EngineError> {
        let (half_open, sources) = (half::ENTRIES as usize, Source::ENTRIES as usize);
        Ok(Self {
            flows_v4: take(ebpf, table::FLOWS_V4)?,
            flows_v6: take(ebpf, table::FLOWS_V6)?,
            half_open_ways: mapped(
                ebpf,
                table::HALF_OPEN_WAYS,
                HALF_OPEN_LINES * size_of::<Ways>(),
            )?,
            half_open: mapped(ebpf, table::HALF_OPEN, half_open * size_of::<HalfOpen>())?,
            source_ways: mapped(ebpf, table::SOURCE_WAYS, SOURCE_LINES * size_of::<Ways>())?,
            sources: mapped(ebpf, table::SOURCES, sources * size_of::<Source>())?,
            host_buckets: take(ebpf, table::HOST_BUCKETS)?,
            counters: take(ebpf, table::STATE_COUNTERS)?,
            protected: take(ebpf, table::PROTECTED)?,
        })
    }

    /// See [`Mapped::rest`].
    pub(crate) fn rest(&mut self) {
        for table in [
            &mut self.half_open_ways,
            &mut self.half_open,
            &mut self.source_ways,
            &mut self.sources,
        ] {
            table.rest();
        }
    }

    /// Every proven connection, over or not.
    pub(crate) fn flows(&self) -> Result<Vec<(Tuple, Flow)>, EngineError> {
        let mut flows = Vec::new();
        self.each_flow(|tuple, flow| flows.push((tuple, flow)))?;
        Ok(flows)
    }

    /// Likewise, one after the other.
    pub(crate) fn each_flow(&self, mut visit: impl FnMut(Tuple, Flow)) -> Result<(), EngineError> {
        let (v4, v6) = (self.flows_v4.map().fd(), self.flows_v6.map().fd());
        batch::each::<FlowKeyV4, Flow>(v4.as_fd(), |key, flow| visit(of_v4(&key), flow))
            .map_err(|error| failed(table::FLOWS_V4, error.to_string()))?;
        batch::each::<FlowKeyV6, Flow>(v6.as_fd(), |key, flow| visit(of_v6(&key), flow))
            .map_err(|error| failed(table::FLOWS_V6, error.to_string()))
    }

    /// A proven connection.
    pub(crate) fn flow(&self, tuple: &Tuple) -> Option<Flow> {
        let found = match to_v4(tuple) {
            Some(key) => self.flows_v4.get(&Row(key), 0),
            None => self.flows_v6.get(&Row(to_v6(tuple)), 0),
        };
        found.ok().map(|Row(flow)| flow)
    }

    /// Writes a proven connection; `false` where one is there already, or there is no room.
    pub(crate) fn add_flow(&mut self, tuple: &Tuple, flow: &Flow) -> bool {
        const ONLY_NEW: u64 = 1;
        let row = Row(*flow);
        match to_v4(tuple) {
            Some(key) => self.flows_v4.insert(Row(key), row, ONLY_NEW).is_ok(),
            None => self
                .flows_v6
                .insert(Row(to_v6(tuple)), row, ONLY_NEW)
                .is_ok(),
        }
    }

    /// Overwrites a proven connection.
    pub(crate) fn set_flow(&mut self, tuple: &Tuple, flow: &Flow) -> Result<(), EngineError> {
        let row = Row(*flow);
        let (name, written) = match to_v4(tuple) {
            Some(key) => (table::FLOWS_V4, self.flows_v4.insert(Row(key), row, 0)),
            None => (
                table::FLOWS_V6,
                self.flows_v6.insert(Row(to_v6(tuple)), row, 0),
            ),
        };
        written.map_err(|error| failed(name, one_line(&error)))
    }

    /// Removes a proven connection and returns what it was.
    pub(crate) fn remove_flow(&mut self, tuple: &Tuple) -> Result<Option<Flow>, EngineError> {
        let (name, removed) = match to_v4(tuple) {
            Some(key) => {
                let table = self.flows_v4.map().fd();
                (table::FLOWS_V4, batch::remove(table.as_fd(), &key))
            }
            None => {
                let table = self.flows_v6.map().fd();
                (table::FLOWS_V6, batch::remove(table.as_fd(), &to_v6(tuple)))
            }
        };
        removed.map_err(|error| failed(name, error.to_string()))
    }

    /// Every half-open connection, over or not.
    pub(crate) fn half_open(&self) -> Vec<Waiting> {
        let mut waiting = Vec::new();
        self.each_half_open(|one| waiting.push(one));
        waiting
    }

    /// Likewise, one after the other.
    pub(crate) fn each_half_open(&self, mut visit: impl FnMut(Waiting)) {
        each_taken(&self.half_open_ways, HALF_OPEN_LINES, |line, way, ways| {
            if let Some(half) = self.half_open.entry(line * Ways::WAYS + way) {
                visit(Waiting {
                    begun_here: line >= half::LINES as usize,
                    half,
                    last_ns: ways.last_ns[way],
                });
            }
        });
    }

    /// Forgets the half-open entries of a connection.
    pub(crate) fn forget_half_open(&self, tag: u64) -> bool {
        let line = (tag as u32 & (half::LINES - 1)) as usize;
        let both = [line, line + half::LINES as usize];
        let forgotten = both.map(|line| release(&self.half_open_ways, line, tag).is_some());
        forgotten.contains(&true)
    }

    /// What is known of a source.
    pub(crate) fn source(&self, tag: u64) -> Option<Source> {
        let line = (tag as u32 & (Source::LINES - 1)) as usize;
        let ways = self.source_ways.entry::<Ways>(line)?;
        let way = ways.tags.iter().position(|known| *known == tag)?;
        self.sources.entry(line * Ways::WAYS + way)
    }

    /// Forgets a source.
    pub(crate) fn forget_source(&self, tag: u64) -> bool {
        let line = (tag as u32 & (Source::LINES - 1)) as usize;
        let Some(way) = release(&self.source_ways, line, tag) else {
            return false;
        };
        let place = line * Ways::WAYS + way;
        self.sources.set_entry(place, &Source::default());
        true
    }

    /// Every source that is known.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let mut found = Vec::new();
        self.each_source(|source| found.push(source));
        found
    }

    /// Likewise, one after the other.
    pub(crate) fn each_source(&self, mut visit: impl FnMut(Source)) {
        each_taken(&self.source_ways, SOURCE_LINES, |line, way, ways| {
            let source = self.sources.entry::<Source>(line * Ways::WAYS + way);
            if let Some(source) = source.filter(|source| source.tag == ways.tags[way]) {
                visit(source);
            }
        });
    }

    /// Makes these the addresses that no cool-down may touch, with what they are; of two that are
    /// the same the later one counts.
    pub(crate) fn set_protected(
        &mut self,
        addresses: &[([u8; 16], u32)],
    ) -> Result<(), EngineError> {
        let refused = |error: &aya::maps::MapError| failed(table::PROTECTED, one_line(error));
        let standing: Vec<[u8; 16]> = self
            .protected
            .keys()
            .filter_map(|key| key.ok().map(|Row(address)| address))
            .collect();
        // First, so that what comes finds room.
        let stays = |known: &[u8; 16]| addresses.iter().any(|(address, _)| address == known);
        for gone in standing.iter().filter(|known| !stays(known)) {
            self.protected
                .remove(&Row(*gone))
                .map_err(|error| refused(&error))?;
        }
        for (address, what) in addresses {
            let written = self.protected.insert(Row(*address), Row(*what), 0);
            written.map_err(|error| refused(&error))?;
        }
        Ok(())
    }

    /// Counts that are not zero, CPUs summed.
    pub(crate) fn counters(&self) -> Result<Vec<(StateCounter, u64)>, EngineError> {
        let mut counted = Vec::new();
        for &what in StateCounter::ALL {
            let cpus = self.counters.get(&(what as u32), 0);
            let cpus = cpus.map_err(|error| failed(table::STATE_COUNTERS, one_line(&error)))?;
            let sum = cpus
                .iter()
                .fold(0_u64, |sum, Row(count)| sum.wrapping_add(*count));
            if sum != 0 {
                counted.push((what, sum));
            }
        }
        Ok(counted)
    }

    /// The arrival times of a bucket that all sources share, one for each CPU.
    pub(crate) fn host_bucket(&self, bucket: HostBucket) -> Result<Vec<u64>, EngineError> {
        let cpus = self.host_buckets.get(&(bucket as u32), 0);
        let cpus = cpus.map_err(|error| failed(table::HOST_BUCKETS, one_line(&error)))?;
        Ok(cpus.iter().map(|Row(arrival_ns)| *arrival_ns).collect())
    }

    /// How full the tables are, given how many entries those of connections have, over or not.
    pub(crate) fn fill(&self, flows: &FlowFill) -> Result<[TableFill; 4], EngineError> {
        let capacity = |name, map: &MapData| {
            let info = map.info().map_err(|error| failed(name, one_line(&error)))?;
            Ok::<u64, EngineError>(u64::from(info.max_entries()))
        };
        let mut sources = 0;
        self.each_source(|_| sources += 1);
        let fill = |name, entries, capacity| TableFill {
            name,
            entries,
            capacity,
        };
        let (v4, v6) = (self.flows_v4.map(), self.flows_v6.map());
        Ok([
            fill(table::FLOWS_V4, flows.v4, capacity(table::FLOWS_V4, v4)?),
            fill(table::FLOWS_V6, flows.v6, capacity(table::FLOWS_V6, v6)?),
            fill(table::HALF_OPEN, flows.half_open, half::ENTRIES.into()),
            fill(table::SOURCES, sources, Source::ENTRIES.into()),
        ])
    }
}

/// Each way that has an owner: its line, its place there, and the line as it was.
fn each_taken(table: &Mapped, lines: usize, mut visit: impl FnMut(usize, usize, &Ways)) {
    for line in 0..lines {
        let Some(ways) = table.entry::<Ways>(line) else {
            continue;
        };
        for way in (0..Ways::WAYS).filter(|&way| ways.tags[way] != 0) {
            visit(line, way, &ways);
        }
    }
}

fn release(ways: &Mapped, line: usize, tag: u64) -> Option<usize> {
    let own = ways.entry::<Ways>(line)?;
    let way = own.tags.iter().position(|known| *known == tag)?;
    // The tag alone: the other ways may be written meanwhile.
    let word = line * size_of::<Ways>() / 8 + way;
    let cell = ways.long_words().get(word)?;
    cell.store(0, std::sync::atomic::Ordering::Relaxed);
    Some(way)
}

fn short([a, b, c, d, ..]: [u8; 16]) -> [u8; 4] {
    [a, b, c, d]
}

fn wide([a, b, c, d]: [u8; 4]) -> [u8; 16] {
    [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

fn to_v4(tuple: &Tuple) -> Option<FlowKeyV4> {
    (tuple.family == aegis_abi::Family::V4.code()).then_some(FlowKeyV4 {
        peer: short(tuple.peer),
        local: short(tuple.local),
        peer_port: tuple.peer_port,
        local_port: tuple.local_port,
        protocol: tuple.protocol.into(),
    })
}

fn to_v6(tuple: &Tuple) -> FlowKeyV6 {
    FlowKeyV6 {
        peer: tuple.peer,
        local: tuple.local,
        peer_port: tuple.peer_port,
        local_port: tuple.local_port,
        protocol: tuple.protocol.into(),
    }
}

fn of_v4(key: &FlowKeyV4) -> Tuple {
    Tuple {
        peer: wide(key.peer),
        local: wide(key.local),
        peer_port: key.peer_port,
        local_port: key.local_port,
        protocol: key.protocol as u8,
        family: aegis_abi::Family::V4.code(),
        reserved: [0; 2],
    }
}

fn of_v6(key: &FlowKeyV6) -> Tuple {
    Tuple {
        peer: key.peer,
        local: key.local,
        peer_port: key.peer_port,
        local_port: key.local_port,
        protocol: key.protocol as u8,
        family: aegis_abi::Family::V6.code(),
        reserved: [0; 2],
    }
}
