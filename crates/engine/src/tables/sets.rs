// SPDX-License-Identifier: MIT
//! Sets: see `aegis_abi::set` for how they lie in the kernel.
//!
//! A set has two regions in the table of chunks, and is in one of them. Another one is written into
//! the other region, where no program looks; then its root takes the place of the former root, which
//! is the moment at which it is in force; and when that update returns no program looks into the
//! former region any more, which is emptied.

use super::failed;
use super::mapped::Mapped;
use super::outer::Outer;
use crate::EngineError;
use crate::error::one_line;
use aegis_abi::names::table;
use aegis_abi::{ClassActions, SetAction, SetChunk, SetHead, SetLine, SetRoot, SetSlot};
use aegis_lists::image::Image;
use aya::Ebpf;
use aya::maps::MapData;
use aya_obj::generated::bpf_map_type::BPF_MAP_TYPE_ARRAY;
use std::mem::offset_of;
use std::ops::Range;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::atomic::{AtomicU32, Ordering};

/// User space maps it (`BPF_F_MMAPABLE`, Linux 5.5), as the object says of what belongs inside.
const MMAPABLE: u32 = 1 << 10;
const LINE_WORDS: usize = size_of::<SetLine>() / size_of::<u32>();
/// Word of a root with the actions of the first class; those of the others follow.
const FIRST_ACTIONS: usize = offset_of!(SetRoot, actions) / size_of::<u32>();

/// Every set.
pub(crate) struct SetTables {
    roots: Outer,
    chunks: Outer,
    /// By [`SetSlot`]: what this process has loaded.
    loaded: [Option<Loaded>; SetSlot::SLOTS as usize],
    /// By [`SetSlot`]: whether the first region is in use, or the second, or neither.
    regions: [Option<Region>; SetSlot::SLOTS as usize],
}

/// One of the two places of a set in the table of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    First,
    Second,
}

impl Region {
    fn places(self, slot: SetSlot) -> Range<u32> {
        let first = (slot as u32 * 2 + self as u32) * SetChunk::PER_SET;
        first..first + SetChunk::PER_SET
    }

    fn after(in_use: Option<Self>) -> Self {
        match in_use {
            Some(Self::First) => Self::Second,
            Some(Self::Second) | None => Self::First,
        }
    }
}

/// A set that is written, but not in force yet; or that is.
pub(super) struct Loaded {
    region: Region,
    classes: u32,
    root: MapData,
    chunks: Vec<MapData>,
}

impl SetTables {
    /// With what an earlier daemon has loaded.
    pub(super) fn take(ebpf: &mut Ebpf) -> Result<Self, EngineError> {
        let mut sets = Self {
            roots: Outer::take(ebpf, table::SETS)?,
            chunks: Outer::take(ebpf, table::SET_CHUNKS)?,
            loaded: [const { None }; SetSlot::SLOTS as usize],
            regions: [None; SetSlot::SLOTS as usize],
        };
        sets.regions = SetSlot::ALL.map(|slot| sets.region(slot));
        Ok(sets)
    }

    /// Which region a set is in, by the order in which tables were made: its chunks before its root,
    /// and chunks that are to follow it after that.
    fn region(&self, slot: SetSlot) -> Option<Region> {
        let root = self.roots.id(slot as u32)?;
        let made = |region: Region| self.chunks.id(region.places(slot).start);
        let candidates = [Region::First, Region::Second].into_iter();
        let older = candidates.filter_map(|region| Some((made(region)?, region)));
        let older = older.filter(|(made, _)| *made < root);
        older
            .max_by_key(|(made, _)| *made)
            .map(|(_, region)| region)
    }

    /// Whether there is a set.
    pub(super) fn has(&self, slot: SetSlot) -> bool {
        self.regions[slot as usize].is_some()
    }

    /// The tables of all sets that this process has loaded.
    pub(crate) fn loaded_tables(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let sets = self.loaded.iter().flatten();
        let tables = sets.flat_map(|set| set.chunks.iter().chain([&set.root]));
        tables.map(|table| table.fd().as_fd())
    }

    /// Writes a set into the region that is not in use.
    pub(super) fn write(&self, slot: SetSlot, image: &Image) -> Result<Loaded, EngineError> {
        let region = Region::after(self.regions[slot as usize]);
        let places = region.places(slot);
        // What somebody wrote who died before it was in force.
        self.chunks.clear(places.clone())?;
        let chunks = image.lines.chunks(SetChunk::LINES as usize);
        let chunks: Vec<MapData> = chunks.map(chunk_of).collect::<Result<_, _>>()?;
        if chunks.len() > places.len() {
            let capacity = u64::from(SetChunk::PER_SET * SetChunk::LINES);
            let table = table::SET_CHUNKS;
            return Err(EngineError::TableFull { table, capacity });
        }
        let head = SetHead {
            first_chunk: places.start,
            ..image.head
        };
        let root = root_of(&head, &image.actions)?;
        self.chunks
            .put(places.start, &chunks.iter().collect::<Vec<_>>())?;
        Ok(Loaded {
            region,
            classes: head.classes,
            root,
            chunks,
        })
    }

    /// Puts a set in force that was written, or none: the moment of the swap.
    pub(super) fn switch(
        &mut self,
        slot: SetSlot,
        next: Option<Loaded>,
    ) -> Result<(), EngineError> {
        let place = slot as u32;
        match &next {
            Some(next) => self.roots.put(place, &[&next.root])?,
            None => self.roots.clear(place..place + 1)?,
        }
        let former = self.regions[slot as usize];
        self.regions[slot as usize] = next.as_ref().map(|next| next.region);
        self.loaded[slot as usize] = next;
        match former {
            Some(former) => self.chunks.clear(former.places(slot)),
            None => Ok(()),
        }
    }

    /// Takes back what was written and is not to be in force.
    pub(super) fn discard(&self, slot: SetSlot) -> Result<(), EngineError> {
        let region = Region::after(self.regions[slot as usize]);
        self.chunks.clear(region.places(slot))
    }

    /// Changes what happens to packets of classes, each by one store. `change` is given what happens
    /// to a class now. Classes that a set does not have are left out.
    ///
    /// # Errors
    /// [`EngineError::Table`] where an earlier daemon has loaded the set.
    pub(super) fn change_actions(
        &self,
        slot: SetSlot,
        classes: impl Iterator<Item = u32>,
        change: impl Fn(u32, ClassActions) -> ClassActions,
    ) -> Result<(), EngineError> {
        let Some(loaded) = &self.loaded[slot as usize] else {
            return match self.has(slot) {
                true => Err(failed(
                    table::SETS,
                    "an earlier daemon has loaded the set: load it anew first".to_owned(),
                )),
                false => Ok(()),
            };
        };
        let root = map_root(&loaded.root)?;
        let actions = &root.words()[FIRST_ACTIONS..];
        for class in classes.filter(|class| *class < loaded.classes) {
            change_word(&actions[class as usize], |actions| change(class, actions));
        }
        Ok(())
    }
}

/// Nobody else writes it.
fn change_word(word: &AtomicU32, change: impl Fn(ClassActions) -> ClassActions) {
    let before: ClassActions = zerocopy::transmute!(word.load(Ordering::Relaxed));
    word.store(zerocopy::transmute!(change(before)), Ordering::Release);
}

/// The same actions, but for what happens under settings of one kind.
pub(super) fn under(actions: ClassActions, kind: u32, action: SetAction) -> ClassActions {
    let mut actions = actions;
    actions.by_slot[(kind & 1) as usize] = action;
    actions
}

/// A table for a place of the table `name`: so many entries of so many bytes.
fn inner(name: &'static str, bytes: usize, entries: u32) -> Result<MapData, EngineError> {
    let key = size_of::<u32>() as u32;
    let kind = BPF_MAP_TYPE_ARRAY as u32;
    let shape = aya_obj::Map::new_from_params(kind, key, bytes as u32, entries, MMAPABLE);
    MapData::create(shape, "aegis_set", None).map_err(|error| failed(name, one_line(&error)))
}

fn root_of(head: &SetHead, actions: &[ClassActions]) -> Result<MapData, EngineError> {
    let table = inner(table::SETS, size_of::<SetRoot>(), 1)?;
    let mapped = map_root(&table)?;
    mapped.set_entry(0, head);
    for (place, &actions) in mapped.words()[FIRST_ACTIONS..].iter().zip(actions) {
        place.store(zerocopy::transmute!(actions), Ordering::Relaxed);
    }
    Ok(table)
}

fn map_root(table: &MapData) -> Result<Mapped, EngineError> {
    Mapped::of(table::SETS, table.fd().as_fd(), size_of::<SetRoot>())
}

fn chunk_of(lines: &[SetLine]) -> Result<MapData, EngineError> {
    let table = inner(table::SET_CHUNKS, size_of::<SetLine>(), SetChunk::LINES)?;
    let mapped = map_chunk(&table)?;
    let (places, _) = mapped.words().as_chunks::<LINE_WORDS>();
    for (place, line) in places.iter().zip(lines) {
        for (place, &word) in place.iter().zip(&line.0) {
            place.store(word, Ordering::Relaxed);
        }
    }
    Ok(table)
}

fn map_chunk(table: &MapData) -> Result<Mapped, EngineError> {
    Mapped::of(table::SET_CHUNKS, table.fd().as_fd(), SetChunk::BYTES)
}
