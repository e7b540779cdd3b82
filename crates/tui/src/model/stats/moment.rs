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

/// Moments, the oldest first.
#[derive(Debug, Default)]
pub struct Past(VecDeque<Moment>);

impl Past {
    /// What the daemon remembers: what is new of it.
    pub fn arrived(&mut self, history: &History) {
        let newest = self.0.back().map_or(i64::MIN, |moment| moment.end);
        let new = (0..history.len()).filter(|&row| history.ends[row] > newest);
        self.0.extend(new.map(|row| Moment::of(history, row)));
        let beyond = self.0.len().saturating_sub(HISTORY_ROWS);
        drop(self.0.drain(..beyond));
    }

    /// The moment so long before the newest one.
    #[must_use]
    pub fn before(&self, back: Duration) -> Option<&Moment> {
        let end = self.0.back()?.end - milliseconds(back);
        let later = self.0.partition_point(|moment| moment.end <= end);
        self.0.get(later.saturating_sub(1))
    }

    /// The greatest that a value was in each of so many parts of the time shown, the newest last. Where
    /// there are fewer seconds than parts, a part is a second.
    #[must_use]
    pub fn parts(
        &self,
        shown: Duration,
        parts: usize,
        value: impl Fn(&Moment) -> f64,
    ) -> Vec<Option<f64>> {
        let parts = parts.min(usize::try_from(shown.as_secs()).unwrap_or(usize::MAX));
        let mut greatest = vec![None; parts];
        let (Some(newest), false) = (self.0.back(), parts == 0) else {
            return greatest;
        };
        let length = (milliseconds(shown) / i64::try_from(parts).unwrap_or(i64::MAX)).max(1);
        for moment in self.0.iter().rev() {
            let back = usize::try_from((newest.end - moment.end) / length).unwrap_or(usize::MAX);
            let Some(part) = parts.checked_sub(back + 1) else {
                break;
            };
            let known = greatest[part].unwrap_or(0.0);
            greatest[part] = Some(value(moment).max(known));
        }
        greatest
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
        past.arrived(&seconds(0..60));
        let parts = |shown, parts| past.parts(Duration::from_secs(shown), parts, packets);
        let tens = [9.0, 19.0, 29.0, 39.0, 49.0, 59.0].map(Some);
        assert_eq!(parts(60, 6), tens);
        assert_eq!(parts(120, 4), [None, None, Some(29.0), Some(59.0)]);
        assert_eq!(parts(3, 100), [57.0, 58.0, 59.0].map(Some));
        assert_eq!(
            Past::default().parts(Duration::from_secs(9), 3, packets),
            [None; 3]
        );
    }
}
