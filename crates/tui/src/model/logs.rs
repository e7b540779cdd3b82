// SPDX-License-Identifier: MIT
//! What happened: events, counted together by peer and reason.

mod book;
mod group;
mod seam;
mod search;

pub use book::Book;
pub use group::{Group, MOST_SAMPLES, is_departing};

use super::{Pane, Search, Selectable, Selection};
use aegis_api::{EventList, SecurityEvent};
use group::Key;
use seam::Seam;
use std::fmt;
use std::sync::Arc;

/// The tab.
#[derive(Debug, Default)]
pub struct Logs {
    /// What came, up to now.
    live: Book,
    /// What had come when it was paused.
    paused: Option<Paused>,
    /// Events that did not get here.
    pub missed: u64,
    /// What is shown of it.
    pub search: Search,
    /// The evidence.
    pub pane: Pane,
    selection: Selection<Key>,
    seam: Seam,
}

/// How much is kept of what came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Events that are kept.
    pub kept: u64,
    /// Events that came.
    pub events: u64,
    /// Packets: those, and what was held back of them.
    pub packets: u64,
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kept,
            events,
            packets,
        } = self;
        match kept == events {
            true => write!(f, "all {events} events")?,
            false => write!(f, "{kept} of {events} events, the newest of each group,")?,
        }
        write!(f, " of {packets} packets")
    }
}

/// What is shown while it is paused.
#[derive(Debug)]
struct Paused {
    book: Book,
    /// Events that have come since.
    since: u64,
}

impl Logs {
    /// An event has just happened.
    pub fn arrived(&mut self, event: SecurityEvent) {
        let event = Arc::new(event);
        if self.seam.is_new(&event) {
            self.put(event);
        }
    }

    /// The daemon tells what it still knows, when the connection to it is new.
    pub fn past(&mut self, list: EventList) {
        let events: Vec<_> = list.events.into_iter().map(Arc::new).collect();
        for event in self.seam.past(events) {
            self.put(event);
        }
    }

    fn put(&mut self, event: Arc<SecurityEvent>) {
        self.live.put(event, self.search.filter());
        if let Some(paused) = &mut self.paused {
            paused.since += 1;
        }
    }

    /// Stops what is shown where it is, or goes on.
    pub fn pause(&mut self) {
        self.paused = match self.paused.take() {
            Some(_) => None,
            None => Some(Paused {
                book: self.live.clone(),
                since: 0,
            }),
        };
        self.arranged();
    }

    /// While it is paused, how many events have come since.
    #[must_use]
    pub fn waiting(&self) -> Option<u64> {
        self.paused.as_ref().map(|paused| paused.since)
    }

    /// What is shown: what had come when it was paused, or everything.
    #[must_use]
    pub fn book(&self) -> &Book {
        self.paused
            .as_ref()
            .map_or(&self.live, |paused| &paused.book)
    }

    /// Something else was typed.
    pub fn searched(&mut self, text: &str) {
        self.search.typed::<Group>(text);
        self.refilter();
    }

    /// What was typed is all of it.
    pub fn search_finished(&mut self) {
        self.search.finished::<Group>();
        self.refilter();
    }

    /// What was typed is not to be.
    pub fn search_given_up(&mut self) {
        self.search.given_up();
        self.refilter();
    }

    fn refilter(&mut self) {
        self.live.filter(self.search.filter());
        if let Some(paused) = &mut self.paused {
            paused.book.filter(self.search.filter());
        }
        self.shown_anew();
    }

    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&Group> {
        self.book()
            .get(self.selection.key()?)
            .filter(|group| group.is_shown)
    }

    /// The row that is told of at length: the selected one, or else the newest.
    #[must_use]
    pub fn told(&self) -> Option<&Group> {
        self.selected().or_else(|| self.book().row(0))
    }

    /// How much of what is shown the samples are.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let mut extent = Extent::default();
        for group in self.book().rows() {
            extent.kept += group.samples.len() as u64;
            extent.events += group.events;
            extent.packets += group.packets;
        }
        extent
    }

    /// Samples of everything that is shown, the oldest first.
    #[must_use]
    pub fn evidence(&self) -> Vec<Arc<SecurityEvent>> {
        let groups = self.book().rows();
        let mut events: Vec<_> = groups
            .flat_map(|group| group.samples.iter().cloned())
            .collect();
        events.sort_by_key(|event| event.timestamp);
        events
    }
}

impl Selectable for Logs {
    type Key = Key;

    fn count(&self) -> usize {
        self.book().shown()
    }

    fn key_of(&self, row: usize) -> Option<Key> {
        self.book().row(row).map(Group::key)
    }

    fn row_of(&self, key: &Key) -> Option<usize> {
        self.book().position(key)
    }

    fn selection(&self) -> &Selection<Key> {
        &self.selection
    }

    fn selection_mut(&mut self) -> &mut Selection<Key> {
        &mut self.selection
    }
}

#[cfg(test)]
mod tests;
