// SPDX-License-Identifier: MIT
//! What moved of the counters between two looks, for everything that goes by rates.

use aegis_abi::{Action, Count, CounterSlot, Settings};
use aegis_core::Nanos;
use aegis_core::action::action_of;
use std::collections::BTreeMap;

/// Counters as they were when they were last looked at.
#[derive(Debug, Default)]
pub struct Motion {
    before: Option<(Nanos, BTreeMap<CounterSlot, Count>)>,
}

/// What moved, by counter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Between the two looks, nanoseconds.
    pub span_ns: u64,
    /// Counters that moved, with what became of their packets.
    pub rows: Vec<(CounterSlot, Action, Count)>,
}

impl Motion {
    /// What moved since the look before; `None` at the first one, and where no time went by.
    pub fn look(
        &mut self,
        counters: &[(CounterSlot, Count)],
        settings: &Settings,
        now: Nanos,
    ) -> Option<Moved> {
        let (at, before) = self.before.get_or_insert_with(|| {
            // What an earlier daemon's programs counted moved at a time that nobody knows.
            (now, counters.iter().copied().collect())
        });
        let span_ns = now.0.checked_sub(at.0).filter(|&span| span > 0)?;
        *at = now;
        let mut rows = Vec::new();
        for &(slot, count) in counters {
            let known = before.insert(slot, count).unwrap_or_default();
            let moved = Count {
                packets: count.packets.saturating_sub(known.packets),
                bytes: count.bytes.saturating_sub(known.bytes),
            };
            if moved != Count::default() {
                rows.push((slot, action_of(slot.reason, settings), moved));
            }
        }
        Some(Moved { span_ns, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::{Family, Hook, Reason};

    #[test]
    fn what_moved_is_the_difference_and_what_was_there_before_is_nobodys() {
        let slot = |reason| CounterSlot {
            hook: Hook::XdpIngress,
            family: Family::V4,
            reason,
        };
        let count = |packets| Count {
            packets,
            bytes: packets * 60,
        };
        let (mut motion, settings) = (Motion::default(), Settings::DEFAULT);
        let land = slot(Reason::Land);
        assert_eq!(motion.look(&[(land, count(7))], &settings, Nanos(5)), None);
        let later = [(land, count(9)), (slot(Reason::Established), count(4))];
        let moved = motion.look(&later, &settings, Nanos(25));
        let expected = Moved {
            span_ns: 20,
            rows: vec![
                (land, Action::Drop, count(2)),
                (slot(Reason::Established), Action::Pass, count(4)),
            ],
        };
        assert_eq!(moved, Some(expected));
        let still = motion.look(&later, &settings, Nanos(26));
        assert!(still.is_some_and(|moved| moved.rows.is_empty()));
        assert_eq!(motion.look(&later, &settings, Nanos(26)), None);
    }
}
