// SPDX-License-Identifier: MIT
//! The last hour, by the second.
//!
//! A second is 88 bytes, and 8 more for each reason for which packets were dropped in it: 3,600 of them are
//! 317 kB while nothing is dropped, and at most 2 MB.

use crate::ban::Moment;
use crate::motion::Moved;
use aegis_abi::{Action, Count, Reason};
use aegis_api::{HISTORY_ROWS, History, Total, TotalColumn};
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// One second, or as long as it took until the next look.
#[derive(Clone, Debug, Default)]
struct Row {
    /// When it ended, milliseconds since 1970.
    end: i64,
    milliseconds: u32,
    half_open_percent: u32,
    flows: u32,
    passed: Total,
    dropped: Total,
    answered: Total,
    /// Packets that were dropped, by reason.
    drops: Box<[(Reason, u32)]>,
}

/// What is known of the past.
#[derive(Debug, Default)]
pub struct Past {
    rows: VecDeque<Row>,
    flows: u32,
}

impl Past {
    /// How many connections there are, as was counted last.
    pub fn note_flows(&mut self, flows: usize) {
        self.flows = u32::try_from(flows).unwrap_or(u32::MAX);
    }

    /// One more row. The oldest goes where there are as many as are kept.
    pub fn add(&mut self, moved: &Moved, half_open_percent: u32, now: &Moment) {
        let mut row = Row {
            end: now.wall.as_millisecond(),
            milliseconds: u32::try_from(moved.span_ns / 1_000_000).unwrap_or(u32::MAX),
            half_open_percent,
            flows: self.flows,
            ..Row::default()
        };
        let mut drops: BTreeMap<Reason, u32> = BTreeMap::new();
        for (slot, action, count) in &moved.rows {
            let total = match action {
                Action::Pass => &mut row.passed,
                Action::Drop => &mut row.dropped,
                Action::Answer => &mut row.answered,
            };
            add(total, count);
            if *action == Action::Drop {
                let packets = u32::try_from(count.packets).unwrap_or(u32::MAX);
                let sum = drops.entry(slot.reason).or_default();
                *sum = sum.saturating_add(packets);
            }
        }
        row.drops = drops.into_iter().collect();
        if self.rows.len() == HISTORY_ROWS {
            self.rows.pop_front();
        }
        self.rows.push_back(row);
    }

    /// Rows that came after the one that ended at `since`, each of so many seconds, which begin at multiples
    /// of that. After a clock that is set back, what comes next ends earlier and is told all the same.
    pub fn told(&self, since: Option<Timestamp>, step_seconds: u32) -> History {
        let since = since.map_or(i64::MIN, |since| since.as_millisecond());
        let known = self.rows.iter().rposition(|row| row.end == since);
        let mut told = History {
            step_seconds,
            ..History::default()
        };
        let step = i64::from(step_seconds.max(1)) * 1_000;
        let mut current = None;
        let is_new = |(number, row): &(usize, &Row)| match known {
            Some(known) => *number > known,
            None => row.end > since,
        };
        for (_, row) in self.rows.iter().enumerate().filter(is_new) {
            // Of a second a row is what was looked at, though looks may drift across a full one.
            let number = match step_seconds {
                0 | 1 => row.end,
                _ => (row.end - 1).div_euclid(step),
            };
            if current != Some(number) {
                begin(&mut told);
                current = Some(number);
            }
            merge(&mut told, row);
        }
        let end = told.ends.last();
        told.until = end.and_then(|&end| Timestamp::from_millisecond(end).ok());
        told
    }
}

fn add(total: &mut Total, count: &Count) {
    total.packets = total.packets.saturating_add(count.packets);
    total.bytes = total.bytes.saturating_add(count.bytes);
}

/// An empty row at the end of every column.
fn begin(told: &mut History) {
    told.ends.push(0);
    told.milliseconds.push(0);
    told.half_open_percent.push(0);
    told.flows.push(0);
    for column in [&mut told.passed, &mut told.dropped, &mut told.answered] {
        column.packets.push(0);
        column.bytes.push(0);
    }
    told.drops.values_mut().for_each(|column| column.push(0));
}

/// One more second in the last row.
fn merge(told: &mut History, row: &Row) {
    let length = told.ends.len();
    set(&mut told.ends, |_| row.end);
    set(&mut told.milliseconds, |sum| {
        sum.saturating_add(row.milliseconds)
    });
    set(&mut told.half_open_percent, |most| {
        most.max(row.half_open_percent)
    });
    set(&mut told.flows, |_| row.flows.into());
    sum(&mut told.passed, row.passed);
    sum(&mut told.dropped, row.dropped);
    sum(&mut told.answered, row.answered);
    for &(reason, packets) in &row.drops {
        let column = told.drops.entry(reason.label().to_owned());
        let column = column.or_insert_with(|| vec![0; length]);
        set(column, |sum| sum.saturating_add(packets.into()));
    }
}

fn sum(column: &mut TotalColumn, total: Total) {
    set(&mut column.packets, |sum| sum.saturating_add(total.packets));
    set(&mut column.bytes, |sum| sum.saturating_add(total.bytes));
}

fn set<T: Copy>(column: &mut [T], value: impl FnOnce(T) -> T) {
    if let Some(last) = column.last_mut() {
        *last = value(*last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::{CounterSlot, Family, Hook};
    use aegis_core::Nanos;

    fn moved(rows: &[(Reason, Action, u64)]) -> Moved {
        let row = |&(reason, action, packets): &(Reason, Action, u64)| {
            let slot = CounterSlot {
                hook: Hook::XdpIngress,
                family: Family::V4,
                reason,
            };
            let count = Count {
                packets,
                bytes: packets * 60,
            };
            (slot, action, count)
        };
        Moved {
            span_ns: 1_000_000_000,
            rows: rows.iter().map(row).collect(),
        }
    }

    fn at(milliseconds: i64) -> Moment {
        Moment {
            monotonic: Nanos(0),
            wall: Timestamp::from_millisecond(milliseconds).expect("in range"),
        }
    }

    /// Five seconds, of which the third drops.
    fn past() -> Past {
        let mut past = Past::default();
        for second in 1..=5 {
            past.note_flows(second as usize);
            let mut rows = vec![(Reason::Established, Action::Pass, 10)];
            if second == 3 {
                rows.push((Reason::Land, Action::Drop, 4));
                rows.push((Reason::SynCookie, Action::Answer, 2));
            }
            past.add(&moved(&rows), second as u32, &at(second * 1_000 + 5));
        }
        past
    }

    #[test]
    fn every_column_has_a_value_a_row() {
        let told = past().told(None, 1);
        assert_eq!(told.ends, [1_005, 2_005, 3_005, 4_005, 5_005]);
        assert_eq!(told.milliseconds, [1_000; 5]);
        assert_eq!(told.passed.packets, [10; 5]);
        assert_eq!(told.dropped.bytes, [0, 0, 240, 0, 0]);
        assert_eq!(told.answered.packets, [0, 0, 2, 0, 0]);
        assert_eq!(told.flows, [1, 2, 3, 4, 5]);
        let drops: Vec<_> = told.drops.into_iter().collect();
        assert_eq!(drops, [("land".to_owned(), vec![0, 0, 4, 0, 0])]);
        assert_eq!(told.until.map(|until| until.as_millisecond()), Some(5_005));
    }

    #[test]
    fn coarser_rows_are_sums_and_begin_where_they_always_begin() {
        let told = past().told(None, 2);
        assert_eq!(told.ends, [1_005, 3_005, 5_005]);
        assert_eq!(told.passed.packets, [10, 20, 20]);
        assert_eq!(told.milliseconds, [1_000, 2_000, 2_000]);
        assert_eq!(told.drops["land"], [0, 4, 0]);
        assert_eq!(told.half_open_percent, [1, 3, 5], "the fullest");
        let since = told.until;
        assert!(past().told(since, 2).is_empty(), "nothing is told twice");
        let new = past().told(Timestamp::from_millisecond(3_005).ok(), 1);
        assert_eq!(new.ends, [4_005, 5_005]);
        assert!(new.drops.is_empty());
    }

    #[test]
    fn what_comes_after_a_clock_was_set_back_is_told() {
        let mut past = past();
        past.add(&moved(&[]), 0, &at(2_500));
        let since = |milliseconds| Timestamp::from_millisecond(milliseconds).ok();
        assert_eq!(past.told(since(5_005), 1).ends, [2_500]);
        assert!(past.told(since(2_500), 1).is_empty());
        assert_eq!(
            past.told(since(4_500), 1).ends,
            [5_005],
            "no row ended then"
        );
    }

    #[test]
    fn an_hour_is_kept_and_its_size_is_known() {
        let mut past = Past::default();
        for second in 0..HISTORY_ROWS as i64 + 10 {
            past.add(&moved(&[]), 0, &at(second * 1_000));
        }
        assert_eq!(past.rows.len(), HISTORY_ROWS);
        assert_eq!(past.rows[0].end, 10_000);
        assert_eq!((size_of::<Row>(), size_of::<(Reason, u32)>()), (88, 8));
    }
}
