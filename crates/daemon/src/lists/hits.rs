// SPDX-License-Identifier: MIT
//! What was counted of lists: in all, in the last 24 hours, and when last.

use aegis_abi::Count;
use aegis_api::{ListHits, Total};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const HOURS: usize = 24;
const HOUR_SECONDS: i64 = 3_600;

/// Packets and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.packets = self.packets.saturating_add(other.packets);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    /// Both together.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.add(other);
        self
    }

    /// What has been counted since; all of it where the counter has begun anew.
    fn since(self, before: Self) -> Self {
        match (
            self.packets.checked_sub(before.packets),
            self.bytes.checked_sub(before.bytes),
        ) {
            (Some(packets), Some(bytes)) => Self { packets, bytes },
            _ => self,
        }
    }

    fn told(self) -> Total {
        Total {
            packets: self.packets,
            bytes: self.bytes,
        }
    }
}

impl From<Count> for Sum {
    fn from(count: Count) -> Self {
        Self {
            packets: count.packets,
            bytes: count.bytes,
        }
    }
}

/// What was counted of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    total: Sum,
    /// Of each hour, by its number modulo 24.
    hours: [Sum; HOURS],
    /// The hour that is being counted, since 1970.
    hour: i64,
    last: Option<Timestamp>,
}

impl Tally {
    /// Takes note of what was counted by now, since the last time.
    pub fn note(&mut self, counted: Sum, now: Timestamp) {
        if counted.packets == 0 {
            return;
        }
        let hour = now.as_second().div_euclid(HOUR_SECONDS);
        self.forget(hour);
        self.total.add(counted);
        self.hours[slot(hour)].add(counted);
        self.last = Some(now);
    }

    /// What is known at a moment.
    pub fn told(&self, now: Timestamp) -> ListHits {
        let mut now_known = self.clone();
        now_known.forget(now.as_second().div_euclid(HOUR_SECONDS));
        let day = now_known.hours.iter().fold(Sum::default(), |mut day, of| {
            day.add(*of);
            day
        });
        ListHits {
            total: self.total.told(),
            day: day.told(),
            last: self.last,
        }
    }

    /// Hours that have gone by are empty; a clock that was set back goes on with the hour it finds.
    fn forget(&mut self, hour: i64) {
        let gone = hour.saturating_sub(self.hour);
        if gone >= HOURS as i64 {
            self.hours = Default::default();
        } else {
            for passed in 0..gone.max(0) {
                self.hours[slot(hour - passed)] = Sum::default();
            }
        }
        self.hour = hour;
    }
}

fn slot(hour: i64) -> usize {
    hour.rem_euclid(HOURS as i64) as usize
}

/// What was counted of one class of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Packets that were dropped.
    pub dropped: Sum,
    /// Packets that were only counted.
    pub watched: Sum,
}

impl ClassCount {
    fn since(self, before: Self) -> Self {
        Self {
            dropped: self.dropped.since(before.dropped),
            watched: self.watched.since(before.watched),
        }
    }
}

/// The kernel's counters by class, as they were last read: they go on while the daemon does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readings(BTreeMap<u32, ClassCount>);

impl Readings {
    /// What has been counted since the last time; classes of which nothing was are left out.
    pub fn since_last(&mut self, now: &[(u32, ClassCount)]) -> Vec<(u32, ClassCount)> {
        let since = |(class, count): &(u32, ClassCount)| {
            let before = self.0.get(class).copied().unwrap_or_default();
            (*class, count.since(before))
        };
        let since: Vec<_> = now.iter().map(since).collect();
        self.begin_from(now);
        let moved = |(_, count): &(u32, ClassCount)| *count != ClassCount::default();
        since.into_iter().filter(moved).collect()
    }

    /// Takes counters as they stand, whoever was counted by them.
    pub fn begin_from(&mut self, now: &[(u32, ClassCount)]) {
        self.0 = now.iter().copied().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * HOUR_SECONDS + 7).expect("in range")
    }

    fn packets(packets: u64) -> Sum {
        Sum {
            packets,
            bytes: packets * 60,
        }
    }

    #[test]
    fn a_day_is_its_hours_and_what_is_older_stays_in_the_total() {
        let mut tally = Tally::default();
        tally.note(packets(3), at(1_000));
        tally.note(packets(0), at(1_001));
        tally.note(packets(4), at(1_010));
        let told = tally.told(at(1_023));
        assert_eq!((told.total.packets, told.day.packets), (7, 7));
        assert_eq!(told.last, Some(at(1_010)));
        assert_eq!(tally.told(at(1_024)).day.packets, 4);
        assert_eq!(tally.told(at(1_034)).day.packets, 0);
        assert_eq!(tally.told(at(9_999)).total.bytes, 420);
        tally.note(packets(1), at(1_024));
        assert_eq!(tally.told(at(1_024)).day.packets, 5);
    }

    #[test]
    fn a_clock_that_is_set_back_loses_nothing() {
        let mut tally = Tally::default();
        tally.note(packets(3), at(1_000));
        tally.note(packets(4), at(900));
        assert_eq!(tally.told(at(900)).total.packets, 7);
        assert_eq!(tally.told(at(900)).day.packets, 7);
    }

    #[test]
    fn counters_go_on_from_where_they_were_and_begin_anew_with_the_tables() {
        let class = |dropped, watched| ClassCount {
            dropped: packets(dropped),
            watched: packets(watched),
        };
        let mut readings = Readings::default();
        let first = readings.since_last(&[(1, class(5, 0)), (2, class(0, 7))]);
        assert_eq!(first, [(1, class(5, 0)), (2, class(0, 7))]);
        let json = serde_json::to_string(&readings).expect("plain fields");
        let mut read: Readings = serde_json::from_str(&json).expect("as written");
        assert_eq!(
            read.since_last(&[(1, class(9, 0)), (2, class(0, 7))]),
            [(1, class(4, 0))]
        );
        // Fresh tables: less than there was.
        assert_eq!(read.since_last(&[(1, class(2, 0))]), [(1, class(2, 0))]);
    }
}
