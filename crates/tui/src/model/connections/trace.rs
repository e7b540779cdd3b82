// SPDX-License-Identifier: MIT
//! What connections moved in the last minutes, for as long as they are told of.

use super::{Fate, Listed};
use aegis_api::FlowRate;
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};

/// So many seconds are kept.
const KEPT: usize = 180;

/// One connection's, a second each, the newest last.
pub type Trace = VecDeque<FlowRate>;

/// All of them, by id.
#[derive(Debug, Default)]
pub struct Traces {
    of: HashMap<String, Trace>,
    /// The second of the last note.
    last: Option<i64>,
}

impl Traces {
    /// Notes what moves now, once a second however often it is told.
    pub fn note(&mut self, rows: &[Listed], now: Timestamp) {
        if self.last.replace(now.as_second()) == Some(now.as_second()) {
            return;
        }
        let mut before = std::mem::take(&mut self.of);
        for row in rows {
            let mut trace = before.remove(&row.flow.id).unwrap_or_default();
            trace.extend(match row.fate {
                Fate::There => Some(row.flow.now),
                Fate::Ended => Some(FlowRate::default()),
                Fate::Untold => None,
            });
            if trace.len() > KEPT {
                trace.pop_front();
            }
            self.of.insert(row.flow.id.clone(), trace);
        }
    }

    /// What is known of one.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<&Trace> {
        self.of.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::flow;

    #[test]
    fn a_trace_has_a_value_a_second_and_ends_with_its_connection() {
        let mut traces = Traces::default();
        let row = Listed::there(flow("192.0.2.1", 1));
        let second = |second| Timestamp::from_second(second).expect("a time");
        for now in [1, 1, 2] {
            traces.note(std::slice::from_ref(&row), second(now));
        }
        assert_eq!(traces.of(&row.flow.id).map(VecDeque::len), Some(2));
        for now in 3..1_000 {
            traces.note(std::slice::from_ref(&row), second(now));
        }
        assert_eq!(traces.of(&row.flow.id).map(VecDeque::len), Some(KEPT));
        let untold = Listed {
            fate: Fate::Untold,
            ..row.clone()
        };
        let before = traces.of(&row.flow.id).cloned();
        traces.note(&[untold], second(1_000));
        let now = traces.of(&row.flow.id).cloned();
        assert_eq!(now, before, "of what is not told of nobody knows");
        traces.note(&[], second(1_001));
        assert_eq!(traces.of(&row.flow.id), None);
    }
}
