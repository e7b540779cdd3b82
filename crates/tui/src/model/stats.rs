// SPDX-License-Identifier: MIT
//! How much of what, a second.

use aegis_api::{Rates, Snapshot};
use jiff::Timestamp;
use std::collections::VecDeque;

/// So many seconds are kept.
const KEPT: usize = 3_600;

/// The tab.
#[derive(Debug, Default)]
pub struct Stats {
    /// The last snapshot, from which rates are made.
    last: Option<Snapshot>,
    /// Rates at the time they were measured, the oldest first.
    pub history: VecDeque<(Timestamp, Rates)>,
}

impl Stats {
    /// A snapshot has come.
    pub fn arrived(&mut self, snapshot: Snapshot) {
        let rates = self
            .last
            .as_ref()
            .and_then(|last| Rates::between(last, &snapshot));
        if let Some(rates) = rates {
            self.history.push_back((snapshot.timestamp, rates));
        }
        if self.history.len() > KEPT {
            self.history.pop_front();
        }
        self.last = Some(snapshot);
    }
}
