// SPDX-License-Identifier: MIT
//! The last hour, moment by moment.

use aegis_api::{HISTORY_ROWS, History, Rate, TotalColumn};
use std::collections::VecDeque;
use std::time::Duration;

/// What a second, or so, came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// When it ended, milliseconds since 1970.
    pub end: i64,
    /// How long it was, milliseconds.
    pub length: i64,
    /// Packets that went on.
    pub passed: Rate,
    /// Packets that ended here.
    pub dropped: Rate,
    /// SYNs that were answered with cookies.
    pub answered: Rate,
    /// Packets that ended here a second, by reason; those of which there were any.
    pub drops: Vec<(String, f64)>,
    /// How full the half-open gauge was.
    pub half_open_percent: u32,
    /// Connections.
    pub flows: u64,
}

/// Moments, the oldest first: each ends later than the one before it.
#[derive(Debug, Default)]
pub struct Past(VecDeque<Moment>);

impl Past {
    /// What the daemon remembers: what is new of it. Where the clock of the host was set back, what
    /// would be yet to come is forgotten.
    pub fn arrived(&mut self, history: &History) {
        for row in 0..history.len() {
            let moment = Moment::of(history, row);
            while self.0.back().is_some_and(|last| last.end >= moment.end) {
                self.0.pop_back();
            }
            self.0.push_back(moment);
        }
        let beyond = self.0.len().saturating_sub(HISTORY_ROWS);
        drop(self.0.drain(..beyond));
    }

    /// The moment so long before the newest one.
    #[must_use]
    pub fn before(&self, back: Duration) -> Option<&Moment> {
        let end = self.0.back()?.end.saturating_sub(milliseconds(back));
        let later = self.0.partition_point(|moment| moment.end <= end);
        self.0.get(later.saturating_sub(1))
    }

    /// The greatest that a value was in each part of the time shown, the newest last; of a part in which
    /// no moment ended, what the moment said that it lies in. `None` where nothing is known.
    #[must_use]
    pub fn parts(&self, parts: Parts, value: impl Fn(&Moment) -> f64) -> Vec<Option<f64>> {
        let mut greatest = vec![None; parts.count];
        let Some(newest) = self.0.back() else {
            return greatest;
        };
        for moment in self.0.iter().rev() {
            let Some(last) = parts.of(newest.end, moment.end) else {
                break;
            };
            let value = value(moment);
            let known: f64 = greatest[last].unwrap_or(value);
            greatest[last] = Some(known.max(value));
            // A look that came late stands for the time before it too.
            let begin = moment.end.saturating_sub(moment.length);
            let first = parts.of(newest.end, begin).map_or(0, |part| part + 1);
            for part in greatest.get_mut(first..last).unwrap_or_default() {
                part.get_or_insert(value);
            }
        }
        greatest
    }
}

/// The time shown, in parts of the same length that end at multiples of it, whatever moments do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    shown: i64,
    /// How many.
    pub count: usize,
}

impl Parts {
    /// So many, but none shorter than a second.
    #[must_use]
    pub fn new(shown: Duration, at_most: usize) -> Self {
        let seconds = usize::try_from(shown.as_secs()).unwrap_or(usize::MAX);
        Self {
            shown: milliseconds(shown),
            count: at_most.min(seconds),
        }
    }

    /// In which part it is when a moment ended, if the newest one ended then.
    #[must_use]
    pub fn of(self, newest: i64, end: i64) -> Option<usize> {
        let back = self.number(newest).checked_sub(self.number(end))?;
        let back = usize::try_from(back).ok()?;
        self.count.checked_sub(back.checked_add(1)?)
    }

    /// A part has its end, and not its beginning.
    fn number(self, end: i64) -> i64 {
        let count = i128::try_from(self.count).unwrap_or(i128::MAX);
        let number = (i128::from(end) - 1) * count;
        let number = number.div_euclid(i128::from(self.shown.max(1)));
        i64::try_from(number).unwrap_or(i64::MAX)
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Moment {
    fn of(history: &History, row: usize) -> Self {
        let rate = |column: &TotalColumn| Rate {
            packets_per_second: history.per_second(&column.packets, row),
            bytes_per_second: history.per_second(&column.bytes, row),
        };
        let drops = history.drops.iter().map(|(reason, column)| {
            let packets = history.per_second(column, row);
            (reason.clone(), packets)
        });
        let mut drops: Vec<(String, f64)> = drops.filter(|(_, packets)| *packets > 0.0).collect();
        drops.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        Self {
            end: history.ends[row],
            length: history.milliseconds.get(row).copied().map_or(0, i64::from),
            passed: rate(&history.passed),
            dropped: rate(&history.dropped),
            answered: rate(&history.answered),
            drops,
            half_open_percent: history.half_open_percent.get(row).copied().unwrap_or(0),
            flows: history.flows.get(row).copied().unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Seconds of which each passed as many packets as its number says.
    fn seconds(numbers: std::ops::Range<u64>) -> History {
        let numbers: Vec<u64> = numbers.collect();
        History {
            step_seconds: 1,
            ends: numbers
                .iter()
                .map(|&number| number as i64 * 1_000)
                .collect(),
            milliseconds: vec![1_000; numbers.len()],
            passed: TotalColumn {
                packets: numbers.clone(),
                bytes: vec![0; numbers.len()],
            },
            ..History::default()
        }
    }

    fn packets(moment: &Moment) -> f64 {
        moment.passed.packets_per_second
    }

    #[test]
    fn what_comes_twice_is_kept_once_and_an_hour_is_enough() {
        let mut past = Past::default();
        past.arrived(&seconds(0..100));
        past.arrived(&seconds(50..5_000));
        assert_eq!(past.0.len(), HISTORY_ROWS);
        let newest = past.before(Duration::ZERO).map(packets);
        assert_eq!(newest, Some(4_999.0));
        let earlier = past.before(Duration::from_secs(10)).map(packets);
        assert_eq!(earlier, Some(4_989.0));
    }

    #[test]
    fn a_part_of_the_picture_has_the_peak_of_its_time() {
        let mut past = Past::default();
        past.arrived(&seconds(1..61));
        let parts = |shown, parts| {
            let shown = Duration::from_secs(shown);
            past.parts(Parts::new(shown, parts), packets)
        };
        let tens = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0].map(Some);
        assert_eq!(parts(60, 6), tens);
        assert_eq!(parts(120, 4), [None, None, Some(30.0), Some(60.0)]);
        assert_eq!(parts(3, 100), [58.0, 59.0, 60.0].map(Some));
        let nothing = Past::default();
        assert_eq!(
            nothing.parts(Parts::new(Duration::from_secs(9), 3), packets),
            [None; 3]
        );
    }

    /// Looks a second apart or a little more, each of which found the same.
    fn steady(lengths: &[u32], begin: i64) -> History {
        let mut end = begin;
        let mut ends = Vec::new();
        for &length in lengths {
            end += i64::from(length);
            ends.push(end);
        }
        History {
            ends,
            milliseconds: lengths.to_vec(),
            passed: TotalColumn {
                packets: lengths.iter().map(|&length| length.into()).collect(),
                bytes: vec![0; lengths.len()],
            },
            ..History::default()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_flows_steadily_has_no_hole_at_any_width_and_zoom(
            lengths in vec(1_000_u32..3_000, 3_600),
            begin in 0_i64..1_000_000,
            width in 1_usize..400,
        ) {
            let mut past = Past::default();
            past.arrived(&steady(&lengths, begin));
            for shown in crate::model::stats::SPANS {
                let parts = past.parts(Parts::new(shown, width), packets);
                prop_assert!(parts.iter().all(|part| *part == Some(1_000.0)), "{parts:?}");
            }
        }

        #[test]
        fn a_second_without_a_packet_is_seen_where_a_part_is_a_second(
            lengths in vec(1_000_u32..1_010, 120),
            quiet in 70_usize..110,
        ) {
            let mut history = steady(&lengths, 0);
            history.passed.packets[quiet] = 0;
            let mut past = Past::default();
            past.arrived(&history);
            let parts = past.parts(Parts::new(Duration::from_secs(60), 80), packets);
            let zeros = parts.iter().filter(|part| **part == Some(0.0)).count();
            // Two where its second has no look of its own.
            prop_assert!((1..=2).contains(&zeros), "{parts:?}");
        }
    }

    #[test]
    fn where_the_host_slept_nothing_is_known() {
        let mut past = Past::default();
        let mut history = seconds(1..61);
        for end in &mut history.ends[30..] {
            *end += 20_000;
        }
        past.arrived(&history);
        let parts = past.parts(Parts::new(Duration::from_secs(60), 60), packets);
        let unknown = parts.iter().filter(|part| part.is_none()).count();
        assert_eq!(unknown, 20);
    }

    #[test]
    fn a_clock_that_was_set_back_takes_what_is_yet_to_come_with_it() {
        let ends = |past: &Past| past.0.iter().map(|one| one.end / 1_000).collect::<Vec<_>>();
        let mut past = Past::default();
        past.arrived(&seconds(1..11));
        past.arrived(&seconds(6..8));
        assert_eq!(ends(&past), [1, 2, 3, 4, 5, 6, 7]);
        // All at once, as who comes later is told: the same.
        let mut late = Past::default();
        let mut all = seconds(1..13);
        all.ends[10..].copy_from_slice(&[6_000, 7_000]);
        late.arrived(&all);
        assert_eq!(ends(&late), ends(&past));
        for shown in crate::model::stats::SPANS {
            let parts = late.parts(Parts::new(shown, 72), packets);
            assert!(parts[parts.len() - 1].is_some());
        }
        assert_eq!(late.before(Duration::ZERO).map(|one| one.end), Some(7_000));
    }
}
