// SPDX-License-Identifier: MIT
//! Where the past that the daemon tells meets what it sends from then on. The two overlap, so that
//! nothing is lost between them; what is in both is taken once.

use aegis_api::SecurityEvent;
use jiff::Timestamp;
use std::sync::Arc;

/// What was told last of the past.
#[derive(Debug, Default)]
pub struct Seam {
    /// Events of the past that may come again.
    told: Vec<Arc<SecurityEvent>>,
    /// The newest event of all.
    newest: Option<Timestamp>,
}

impl Seam {
    /// Whether an event is none of those that were told.
    pub fn is_new(&mut self, event: &Arc<SecurityEvent>) -> bool {
        let is_known = self.told.contains(event);
        if !is_known {
            // Both are in the same order: what follows is beyond the past.
            self.told.clear();
            self.newest = self.newest.max(Some(event.timestamp));
        }
        !is_known
    }

    /// What is new in the past, as the daemon tells it again after a connection was lost.
    pub fn past(&mut self, events: Vec<Arc<SecurityEvent>>) -> Vec<Arc<SecurityEvent>> {
        let before = self.newest;
        let newest = events.iter().map(|event| event.timestamp).max();
        self.newest = before.max(newest);
        let is_new = |event: &&Arc<SecurityEvent>| before < Some(event.timestamp);
        let new = events.iter().filter(is_new).cloned().collect();
        self.told = events;
        new
    }
}
