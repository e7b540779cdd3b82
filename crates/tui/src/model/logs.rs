// SPDX-License-Identifier: MIT
//! What happened.

use super::Rows;
use aegis_api::SecurityEvent;
use std::collections::VecDeque;

/// So many events are kept.
const KEPT: usize = 5_000;

/// The tab.
#[derive(Debug, Default)]
pub struct Logs {
    /// Events, the newest first.
    pub events: VecDeque<SecurityEvent>,
    /// Events that did not get here.
    pub missed: u64,
    /// The place in them.
    pub rows: Rows,
}

impl Logs {
    /// An event has come.
    pub fn arrived(&mut self, event: SecurityEvent) {
        self.events.push_front(event);
        self.events.truncate(KEPT);
        self.rows.resize(self.events.len());
    }

    /// The selected event.
    #[must_use]
    pub fn selected(&self) -> Option<&SecurityEvent> {
        self.events.get(self.rows.selected()?)
    }
}
