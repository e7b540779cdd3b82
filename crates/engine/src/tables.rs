// SPDX-License-Identifier: MIT
//! Tables: rows in, counts out.

mod exact;
mod grace;
mod hits;
mod mapped;
mod outer;
mod rows;
mod sets;
mod settings;
mod settle;
mod stale;
pub(crate) mod state;
mod swap;
mod touched;

use crate::EngineError;
use crate::clock;
use crate::error::one_line;
use crate::flows::FlowFill;
use aegis_abi::names::table;
use aegis_abi::{
    Allow, Ban, BanLineV4, BanLineV6, Clock, Count, CounterSlot, EventCount, Reason, Scope,
    ScopeKey, Settings, Tally,
};
use aegis_core::address::{Address, V4, V6};
use aegis_lists::ClassId;
use aya::Ebpf;
use aya::maps::lpm_trie::LpmTrie;
use aya::maps::{HashMap, IterableMap, Map, MapData, MapError, PerCpuArray};
use exact::{ExactTable, Shape};
use hits::HitTables;
use sets::SetTables;
use settings::SettingsTable;
use std::hash::Hash;
use touched::TouchedTable;
use zerocopy::{FromBytes, IntoBytes};

/// A plain value of the ABI, in aya's terms.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Row<T>(pub(crate) T);

// SAFETY: zerocopy vouches that every byte of `T` is initialised and any bytes are a `T`.
unsafe impl<T: Copy + FromBytes + IntoBytes + 'static> aya::Pod for Row<T> {}

/// How full a table is, as the kernel tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableFill {
    /// Its name.
    pub name: &'static str,
    /// Entries in it.
    pub entries: u64,
    /// Entries it can hold.
    pub capacity: u64,
}

/// A trie, and what was written to it: asked for a prefix, a trie answers with the longest that
/// matches, so it cannot say whether that very prefix is there.
pub(crate) struct PrefixTable<K: aya::Pod, V: aya::Pod> {
    pub(crate) trie: LpmTrie<MapData, K, V>,
    pub(crate) rows: std::collections::HashMap<(u32, K), V>,
}

type Prefixes<K, V> = PrefixTable<K, Row<V>>;

/// Policy of one family; `K` is an address as on the wire.
pub(crate) struct FamilyTables<K: aya::Pod> {
    pub(crate) names: FamilyNames,
    pub(crate) bans: ExactTable,
    pub(crate) prefixes: Prefixes<K, Ban>,
    pub(crate) allow: Prefixes<K, Allow>,
    pub(crate) touched: TouchedTable,
}

/// What a family's tables are called.
#[derive(Clone, Copy)]
pub(crate) struct FamilyNames {
    pub(crate) lines: &'static str,
    pub(crate) bans: &'static str,
    pub(crate) prefixes: &'static str,
    pub(crate) allow: &'static str,
    pub(crate) touched: &'static str,
}

const V4_NAMES: FamilyNames = FamilyNames {
    lines: table::BAN_LINES_V4,
    bans: table::BANS_V4,
    prefixes: table::BAN_PREFIXES_V4,
    allow: table::ALLOW_V4,
    touched: table::TOUCHED_V4,
};

const V6_NAMES: FamilyNames = FamilyNames {
    lines: table::BAN_LINES_V6,
    bans: table::BANS_V6,
    prefixes: table::BAN_PREFIXES_V6,
    allow: table::ALLOW_V6,
    touched: table::TOUCHED_V6,
};

const V4_SHAPE: Shape = Shape {
    key_words: 1,
    keys: 15,
    line_words: 16,
    lines: BanLineV4::LINES,
    places: BanLineV4::PLACES,
    hash: |key, seed| V4::new(key[0].to_ne_bytes()).hash(seed),
};

const V6_SHAPE: Shape = Shape {
    key_words: 4,
    keys: 7,
    line_words: 32,
    lines: BanLineV6::LINES,
    places: BanLineV6::PLACES,
    hash: |key, seed| {
        let mut wire = [0; 16];
        for (bytes, word) in wire.chunks_exact_mut(4).zip(key) {
            bytes.copy_from_slice(&word.to_ne_bytes());
        }
        V6::new(wire).hash(seed)
    },
};

/// Every table that user space reads or writes.
pub(crate) struct Tables {
    settings: SettingsTable,
    counters: PerCpuArray<MapData, Row<Tally>>,
    pub(crate) scopes: HashMap<MapData, Row<ScopeKey>, Row<Scope>>,
    pub(crate) v4: FamilyTables<[u8; 4]>,
    pub(crate) v6: FamilyTables<[u8; 16]>,
    pub(crate) state: state::StateTables,
    pub(crate) sets: SetTables,
    pub(crate) hits: HitTables,
    /// Classes of places for which something is staged.
    pub(crate) staged: Vec<ClassId>,
}

/// Takes a table out of a loaded object.
pub(crate) fn take<T: TryFrom<Map, Error = MapError>>(
    ebpf: &mut Ebpf,
    name: &'static str,
) -> Result<T, EngineError> {
    let missing = || failed(name, "the object does not have it".to_owned());
    let map = ebpf.take_map(name).ok_or_else(missing)?;
    T::try_from(map).map_err(|error| failed(name, one_line(&error)))
}

/// Takes an array that is written through shared memory.
fn take_array(ebpf: &mut Ebpf, name: &'static str) -> Result<MapData, EngineError> {
    match ebpf.take_map(name) {
        Some(Map::Array(array)) => Ok(array),
        _ => Err(failed(name, "the object has no such array".to_owned())),
    }
}

pub(crate) fn failed(table: &'static str, reason: String) -> EngineError {
    EngineError::Table { table, reason }
}

impl<K: aya::Pod + Eq + Hash, V: aya::Pod> PrefixTable<K, V> {
    /// With what an earlier daemon wrote.
    fn take(ebpf: &mut Ebpf, name: &'static str) -> Result<Self, EngineError> {
        let trie: LpmTrie<MapData, K, V> = take(ebpf, name)?;
        let rows = trie.iter().map(|row| {
            let (key, value) = row.map_err(|error| failed(name, one_line(&error)))?;
            Ok(((key.prefix_len(), key.data()), value))
        });
        let rows = rows.collect::<Result<_, EngineError>>()?;
        Ok(Self { trie, rows })
    }
}

impl<K: aya::Pod + Eq + Hash> FamilyTables<K> {
    fn take(
        ebpf: &mut Ebpf,
        names: FamilyNames,
        layout: (Shape, u32),
    ) -> Result<Self, EngineError> {
        let lines = take_array(ebpf, names.lines)?;
        let bans = take_array(ebpf, names.bans)?;
        Ok(Self {
            names,
            bans: ExactTable::new((names.lines, lines), (names.bans, bans), layout)?,
            prefixes: PrefixTable::take(ebpf, names.prefixes)?,
            allow: PrefixTable::take(ebpf, names.allow)?,
            touched: TouchedTable::take(ebpf, names.touched)?,
        })
    }

    fn fill(&self) -> Result<[TableFill; 3], EngineError> {
        Ok([
            TableFill {
                name: self.names.bans,
                entries: self.bans.count(),
                capacity: ExactTable::capacity(),
            },
            fill(
                self.names.prefixes,
                entries(self.names.prefixes, self.prefixes.trie.keys())?,
                self.prefixes.trie.map(),
            )?,
            fill(
                self.names.allow,
                entries(self.names.allow, self.allow.trie.keys())?,
                self.allow.trie.map(),
            )?,
        ])
    }
}

/// Counts keys; one that cannot be read is an error, not an entry.
fn entries<K>(
    name: &'static str,
    mut keys: impl Iterator<Item = Result<K, MapError>>,
) -> Result<usize, EngineError> {
    let counted = keys.try_fold(0, |count, key| key.map(|_| count + 1));
    counted.map_err(|error| failed(name, one_line(&error)))
}

fn fill(name: &'static str, entries: usize, map: &MapData) -> Result<TableFill, EngineError> {
    let info = map.info().map_err(|error| failed(name, one_line(&error)))?;
    Ok(TableFill {
        name,
        entries: entries as u64,
        capacity: u64::from(info.max_entries()),
    })
}

impl Tables {
    /// Lets go of the memory of the large tables until it is needed again.
    pub(crate) fn rest(&mut self) {
        self.v4.bans.rest();
        self.v6.bans.rest();
        self.state.rest();
    }

    /// Takes the tables out of a loaded object.
    ///
    /// `seed` is the one that the object was loaded with.
    pub(crate) fn take(ebpf: &mut Ebpf, seed: u32) -> Result<Self, EngineError> {
        let mut tables = Self {
            settings: SettingsTable::new(take_array(ebpf, table::SETTINGS)?)?,
            counters: take(ebpf, table::COUNTERS)?,
            scopes: take(ebpf, table::SCOPES)?,
            v4: FamilyTables::take(ebpf, V4_NAMES, (V4_SHAPE, seed))?,
            v6: FamilyTables::take(ebpf, V6_NAMES, (V6_SHAPE, seed))?,
            state: state::StateTables::take(ebpf)?,
            sets: SetTables::take(ebpf)?,
            hits: HitTables::take(ebpf)?,
            staged: Vec::new(),
        };
        tables.settle()?;
        Ok(tables)
    }

    pub(crate) fn settings(&self) -> Result<Settings, EngineError> {
        Ok(self.settings.in_force())
    }

    /// Switches to other settings, in one instant, and with them to what is staged: see
    /// [`SettingsTable::switch`]. What somebody else has staged stays where nobody looks.
    pub(crate) fn set_settings(&mut self, settings: &Settings) -> Result<(), EngineError> {
        let actions = self.settings.actions();
        let next = match self.staged.is_empty() {
            true => actions,
            false => 1 - actions,
        };
        let switched = self.settings.switch(settings, next);
        // Whatever came of it: what is in force now is what both slots are to say.
        let settled = self.settle_staged();
        switched.and(settled)
    }

    /// Which actions of classes are in force.
    pub(crate) fn actions_in_force(&self) -> u32 {
        self.settings.actions()
    }

    /// Returns when every program has ended that is running now.
    pub(crate) fn wait_for_programs(&self, table: &'static str) -> Result<(), EngineError> {
        let waited = self.settings.wait();
        waited.map_err(|error| failed(table, error.to_string()))
    }

    /// Stops the clock at a time, or with `None` lets it run: `aegis_clock` must set it then.
    pub(crate) fn set_clock(&mut self, frozen_ns: Option<u64>) {
        let clock = match frozen_ns {
            Some(offset_ns) => Clock {
                offset_ns,
                tick_ns: 0,
            },
            None => Clock {
                offset_ns: clock::monotonic_ns(),
                tick_ns: clock::tick_ns(),
            },
        };
        self.settings.set_clock(clock);
    }

    /// Cells that have counted something, summed over CPUs.
    pub(crate) fn counters(&self) -> Result<Vec<(CounterSlot, Count)>, EngineError> {
        let tallies = self.tallies()?.into_iter();
        let counts = tallies.map(|(slot, tally)| (slot, tally.count));
        Ok(counts
            .filter(|(_, count)| *count != Count::default())
            .collect())
    }

    /// Reasons that have made events, or held them back, summed over CPUs.
    pub(crate) fn event_counters(&self) -> Result<Vec<(Reason, EventCount)>, EngineError> {
        let tallies = self.tallies()?;
        let of = |&reason: &Reason| (reason, Tally::events_of(reason, &tallies));
        let counts = Reason::ALL.iter().map(of);
        Ok(counts
            .filter(|(_, count)| *count != EventCount::default())
            .collect())
    }

    fn tallies(&self) -> Result<Vec<(CounterSlot, Tally)>, EngineError> {
        let of = |slot: CounterSlot| {
            let cpus = self.counters.get(&slot.index(), 0);
            let cpus = cpus.map_err(|error| failed(table::COUNTERS, one_line(&error)))?;
            let sum = cpus
                .iter()
                .fold(Tally::default(), |sum, Row(tally)| sum.plus(*tally));
            Ok((slot, sum))
        };
        CounterSlot::all().map(of).collect()
    }

    /// How full they are, given how many entries those of connections have.
    pub(crate) fn fill(&self, flows: &FlowFill) -> Result<Vec<TableFill>, EngineError> {
        let scopes = fill(
            table::SCOPES,
            entries(table::SCOPES, self.scopes.keys())?,
            self.scopes.map(),
        )?;
        Ok(self
            .v4
            .fill()?
            .into_iter()
            .chain(self.v6.fill()?)
            .chain([scopes])
            .chain(self.state.fill(flows)?)
            .collect())
    }
}
