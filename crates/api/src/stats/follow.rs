// SPDX-License-Identifier: MIT
//! Counters again and again, and what they come to a second.

use super::{CounterRow, Stats, Total};
use crate::openapi::Rfc3339;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

/// The shortest time between two lines: reading every counter takes a moment.
pub const SHORTEST_EVERY: Duration = Duration::from_millis(200);
/// The longest.
pub const LONGEST_EVERY: Duration = Duration::from_secs(60);
/// Unless somebody asks for another.
pub const DEFAULT_EVERY: Duration = Duration::from_secs(1);

/// How often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatsStreamQuery {
    /// `200ms` to `60s`, in whole milliseconds or seconds; `1s` where absent.
    pub every: Option<String>,
}

impl StatsStreamQuery {
    /// The interval.
    ///
    /// # Errors
    /// What is wrong with it, where it is none, or out of bounds.
    pub fn interval(&self) -> Result<Duration, String> {
        let Some(text) = &self.every else {
            return Ok(DEFAULT_EVERY);
        };
        let number = |digits: &str| digits.parse().ok();
        let every = match text.strip_suffix("ms") {
            Some(digits) => number(digits).map(Duration::from_millis),
            None => text
                .strip_suffix('s')
                .and_then(number)
                .map(Duration::from_secs),
        };
        let every = every.ok_or_else(|| format!("{text:?} is no interval"))?;
        match (SHORTEST_EVERY..=LONGEST_EVERY).contains(&every) {
            true => Ok(every),
            false => Err(format!("{text} is not between 200ms and 60s")),
        }
    }
}

/// Every counter at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// When, by the clock on the wall.
    #[schemars(with = "Rfc3339")]
    pub timestamp: Timestamp,
    /// When, since the stream began, by a clock that nobody sets.
    pub elapsed_nanoseconds: u64,
    /// Lines that were due since the one before and were left out, as the client read too slowly.
    pub missed: u64,
    /// The counters.
    pub stats: Stats,
}

/// What one counter comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateRow {
    /// As [`CounterRow::hook`].
    pub hook: String,
    /// As [`CounterRow::family`].
    pub family: String,
    /// As [`CounterRow::reason`].
    pub reason: String,
    /// As [`CounterRow::action`].
    pub action: String,
    /// What it moved by.
    #[serde(flatten)]
    pub rate: Rate,
}

/// So much a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rate {
    /// Packets.
    pub packets_per_second: f64,
    /// Bytes.
    pub bytes_per_second: f64,
}

/// What became of packets between two snapshots, a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rates {
    /// Counters that moved, by hook, family and reason.
    pub counters: Vec<RateRow>,
    /// All packets that went on.
    pub passed: Rate,
    /// All packets that ended here.
    pub dropped: Rate,
}

impl Rates {
    /// Between two snapshots of one stream; `None` where no time went by. A counter that fell was
    /// begun anew, and counts from 0.
    #[must_use]
    pub fn between(earlier: &Snapshot, later: &Snapshot) -> Option<Self> {
        let nanoseconds = later
            .elapsed_nanoseconds
            .checked_sub(earlier.elapsed_nanoseconds)
            .filter(|&nanoseconds| nanoseconds > 0)?;
        let rate = |before, after| Rate::of(before, after, nanoseconds);
        let before: HashMap<_, Total> = earlier.stats.counters.iter().map(counted).collect();
        let moved = |row: &CounterRow| {
            let (slot, after) = counted(row);
            let before = before.get(&slot).copied().unwrap_or_default();
            let rate = rate(before, after);
            (rate != Rate::default()).then(|| RateRow::of(row, rate))
        };
        Some(Self {
            counters: later.stats.counters.iter().filter_map(moved).collect(),
            passed: rate(earlier.stats.passed, later.stats.passed),
            dropped: rate(earlier.stats.dropped, later.stats.dropped),
        })
    }
}

fn counted(row: &CounterRow) -> ((&str, &str, &str, &str), Total) {
    let total = Total {
        packets: row.packets,
        bytes: row.bytes,
    };
    ((&row.hook, &row.family, &row.reason, &row.action), total)
}

impl RateRow {
    fn of(row: &CounterRow, rate: Rate) -> Self {
        Self {
            hook: row.hook.clone(),
            family: row.family.clone(),
            reason: row.reason.clone(),
            action: row.action.clone(),
            rate,
        }
    }
}

impl Rate {
    fn of(before: Total, after: Total, nanoseconds: u64) -> Self {
        // Up to 2^53 this is exact, and beyond it the error is far below what is shown.
        let per_second = |before: u64, after: u64| {
            let moved = after.checked_sub(before).unwrap_or(after);
            moved as f64 * 1e9 / nanoseconds as f64
        };
        Self {
            packets_per_second: per_second(before.packets, after.packets),
            bytes_per_second: per_second(before.bytes, after.bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(elapsed_nanoseconds: u64, counters: &[(&str, u64)]) -> Snapshot {
        let row = |&(reason, packets): &(&str, u64)| CounterRow {
            hook: "xdp_ingress".to_owned(),
            family: "ipv4".to_owned(),
            reason: reason.to_owned(),
            class: "X".to_owned(),
            action: "drop".to_owned(),
            packets,
            bytes: packets * 60,
        };
        let packets = counters.iter().map(|(_, packets)| packets).sum();
        let dropped = Total {
            packets,
            bytes: packets * 60,
        };
        Snapshot {
            timestamp: Timestamp::UNIX_EPOCH,
            elapsed_nanoseconds,
            missed: 0,
            stats: Stats {
                counters: counters.iter().map(row).collect(),
                dropped,
                ..Stats::default()
            },
        }
    }

    #[test]
    fn rates_go_by_the_time_that_went_by_and_not_by_the_interval() {
        let earlier = snapshot(1_000_000_000, &[("land", 10), ("still", 5)]);
        let later = snapshot(3_500_000_000, &[("land", 60), ("still", 5), ("new", 25)]);
        let rates = Rates::between(&earlier, &later).expect("time went by");
        let moved: Vec<(&str, f64, f64)> = rates
            .counters
            .iter()
            .map(|row| {
                let Rate {
                    packets_per_second,
                    bytes_per_second,
                } = row.rate;
                (row.reason.as_str(), packets_per_second, bytes_per_second)
            })
            .collect();
        assert_eq!(moved, [("land", 20.0, 1_200.0), ("new", 10.0, 600.0)]);
        assert_eq!(rates.dropped.packets_per_second, 30.0);
        assert_eq!(rates.passed, Rate::default());
    }

    #[test]
    fn a_counter_that_fell_was_begun_anew_and_no_time_is_no_rate() {
        let earlier = snapshot(0, &[("land", 100)]);
        let later = snapshot(1_000_000_000, &[("land", 7)]);
        let rates = Rates::between(&earlier, &later).expect("time went by");
        assert_eq!(rates.dropped.packets_per_second, 7.0);
        assert_eq!(Rates::between(&earlier, &earlier), None);
        assert_eq!(Rates::between(&later, &earlier), None);
    }

    #[test]
    fn intervals_have_a_unit_and_bounds() {
        let every = |text: &str| {
            let every = Some(text.to_owned());
            StatsStreamQuery { every }.interval()
        };
        assert_eq!(StatsStreamQuery::default().interval(), Ok(DEFAULT_EVERY));
        assert_eq!(every("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(every("60s"), Ok(Duration::from_secs(60)));
        for wrong in [
            "", "1", "s", "ms", "-1s", "1.5s", "1m", "199ms", "61s", "0s",
        ] {
            every(wrong).expect_err(wrong);
        }
    }
}
