// SPDX-License-Identifier: MIT
//! Groups of events, the one with the newest event first. An event costs the same however many groups
//! there are; of sources that are invented there may be very many, so that those that have been
//! silent longest are forgotten.

use super::group::{Group, Key};
use crate::model::search::Filter;
use aegis_api::SecurityEvent;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Groups at most. With their samples and the longest places they take about 20 MB.
pub const MOST_GROUPS: NonZeroUsize = NonZeroUsize::new(2_048).expect("it is not 0");

/// The groups.
#[derive(Clone, Debug)]
pub struct Book {
    groups: LruCache<Key, Group>,
    shown: usize,
    /// Groups that were forgotten because there were too many.
    pub forgotten: u64,
    /// Packets of all events that have come.
    pub packets: u64,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            groups: LruCache::sparse(MOST_GROUPS),
            shown: 0,
            forgotten: 0,
            packets: 0,
        }
    }
}

impl Book {
    /// One more event.
    pub fn put(&mut self, event: Arc<SecurityEvent>, filter: &Filter) {
        self.packets += 1 + u64::from(event.suppressed);
        let key = Key::of(&event);
        if let Some(group) = self.groups.get_mut(&key) {
            self.shown -= usize::from(group.is_shown);
            group.add(event);
            group.is_shown = filter.admits(group);
            self.shown += usize::from(group.is_shown);
            return;
        }
        let mut group = Group::new(event);
        group.is_shown = filter.admits(&group);
        self.shown += usize::from(group.is_shown);
        if let Some((_, forgotten)) = self.groups.push(key, group) {
            self.shown -= usize::from(forgotten.is_shown);
            self.forgotten += 1;
        }
    }

    /// Shows those that a filter lets through.
    pub fn filter(&mut self, filter: &Filter) {
        self.shown = 0;
        for (_, group) in self.groups.iter_mut() {
            group.is_shown = filter.admits(group);
            self.shown += usize::from(group.is_shown);
        }
    }

    /// How many are shown.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.shown
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Those that are shown, the newest first.
    pub fn rows(&self) -> impl Iterator<Item = &Group> {
        let groups = self.groups.iter().map(|(_, group)| group);
        groups.filter(|group| group.is_shown)
    }

    /// One of them.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&Group> {
        self.rows().nth(row)
    }

    /// One by its key, shown or not.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Group> {
        self.groups.peek(key)
    }

    /// Which row that is, if it is shown.
    #[must_use]
    pub fn position(&self, key: &Key) -> Option<usize> {
        let mut shown = self.groups.iter().filter(|(_, group)| group.is_shown);
        shown.position(|(other, _)| other == key)
    }
}
