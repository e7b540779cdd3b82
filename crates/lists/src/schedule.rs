// SPDX-License-Identifier: MIT
//! When a list is fetched next. There are many hosts with the same lists: each asks at a time of its
//! own, so that no publisher is asked by all of them at once, neither after a loss of power nor on
//! the hour. Time and chance are arguments.

use jiff::{SignedDuration, Timestamp};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Before the first failure is followed by another attempt.
const AGAIN: Duration = Duration::from_secs(60);
/// The same where nobody was reached: the network may be about to come up.
const SOON: Duration = Duration::from_secs(5);
/// Attempts are never further apart than so, or than the interval.
const LATEST: Duration = Duration::from_secs(3600);
/// However long a publisher wants to be left alone.
const PUBLISHERS_MOST: Duration = Duration::from_secs(24 * 3600);
/// The first fetch of all comes within so long.
const AT_FIRST: Duration = Duration::from_secs(10);
/// One that is overdue, as after a night without power, within a tenth of the interval, or so long.
const OVERDUE: Duration = Duration::from_secs(600);
/// So many failures to reach anybody, one after the other, are no news: half a minute of them.
const QUIET: u32 = 3;

/// A number of at least 0 and less than 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance(f64);

impl Chance {
    /// Of random bits.
    pub fn of(random: u32) -> Self {
        Self(f64::from(random) / (f64::from(u32::MAX) + 1.0))
    }

    /// What is a host's own for a list, now and after each start. `host` is something that no two
    /// have in common, such as machine-id(5).
    pub fn of_host(host: &str, list: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (host, list).hash(&mut hasher);
        Self::of((hasher.finish() >> 32) as u32)
    }

    /// Between `least` and `most` times as long.
    fn times(self, whole: Duration, least: f64, most: f64) -> Duration {
        whole.mul_f64(least + self.0 * (most - least))
    }
}

/// How often a list is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// From one fetch to the next, give or take a tenth.
    pub interval: Duration,
}

/// When a list is fetched next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Not before.
    pub next: Timestamp,
    /// Attempts that failed since the last one that did not.
    pub failures: u32,
    unreachable: bool,
}

impl Turn {
    /// That it failed is no news yet: nobody was reached, and only for a moment so far. The firewall
    /// is there before the network is.
    pub fn is_early(&self) -> bool {
        self.unreachable && self.failures <= QUIET
    }
}

/// How a fetch failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Nobody was reached.
    pub unreachable: bool,
    /// How long the publisher wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Schedule {
    /// After a start. `last` is when the list was last fetched, or found to be the same.
    pub fn begin(&self, now: Timestamp, last: Option<Timestamp>, host: Chance) -> Turn {
        let next = match last {
            None => later(now, host.times(AT_FIRST, 0.0, 1.0)),
            Some(last) => {
                let due = later(last, self.jittered(host));
                // A clock that was wrong once must not keep a list from being fetched.
                if last <= now && due > now {
                    due
                } else {
                    let within = OVERDUE.min(self.interval / 10);
                    later(now, host.times(within, 0.0, 1.0))
                }
            }
        };
        Turn {
            next,
            failures: 0,
            unreachable: false,
        }
    }

    /// After a fetch that succeeded.
    pub fn succeeded(&self, now: Timestamp, chance: Chance) -> Turn {
        Turn {
            next: later(now, self.jittered(chance)),
            failures: 0,
            unreachable: false,
        }
    }

    /// After one that did not: twice as long each time, give or take a quarter.
    pub fn failed(&self, turn: Turn, failure: Failure, now: Timestamp, chance: Chance) -> Turn {
        let first = if failure.unreachable { SOON } else { AGAIN };
        let doubled = first.saturating_mul(1 << turn.failures.min(16));
        let most = self.interval.min(LATEST).max(first);
        let wait = chance.times(doubled.min(most), 0.75, 1.25);
        let wanted = failure.retry_after.unwrap_or_default();
        let wait = wait.max(wanted.min(PUBLISHERS_MOST));
        Turn {
            next: later(now, wait),
            failures: turn.failures + 1,
            unreachable: failure.unreachable,
        }
    }

    /// Whether it is time. A clock that was set back makes it time as well.
    pub fn is_due(&self, turn: &Turn, now: Timestamp) -> bool {
        let furthest = later(now, self.interval.max(PUBLISHERS_MOST) * 2);
        turn.next <= now || turn.next > furthest
    }

    fn jittered(&self, chance: Chance) -> Duration {
        chance.times(self.interval, 0.9, 1.1)
    }
}

fn later(than: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    than.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOURLY: Schedule = Schedule {
        interval: Duration::from_secs(3600),
    };
    const UNREACHED: Failure = Failure {
        unreachable: true,
        retry_after: None,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
    }

    fn seconds(turn: &Turn, now: Timestamp) -> f64 {
        turn.next.duration_since(now).as_secs_f64()
    }

    fn chances() -> impl Iterator<Item = Chance> {
        (0..=16).map(|step| Chance::of(u32::MAX / 16 * step))
    }

    #[test]
    fn the_first_fetch_is_soon_and_an_overdue_one_within_a_tenth_of_the_interval() {
        for chance in chances() {
            let turn = HOURLY.begin(at(0), None, chance);
            assert!((0.0..10.0).contains(&seconds(&turn, at(0))));
            let turn = HOURLY.begin(at(9_000), Some(at(0)), chance);
            assert!((0.0..360.0).contains(&seconds(&turn, at(9_000))));
            let turn = HOURLY.begin(at(60), Some(at(0)), chance);
            assert!((3_240.0..3_960.0).contains(&seconds(&turn, at(0))));
            // Fetched tomorrow, as the clock had it.
            let turn = HOURLY.begin(at(0), Some(at(86_400)), chance);
            assert!((0.0..360.0).contains(&seconds(&turn, at(0))));
        }
    }

    #[test]
    fn hosts_differ_and_a_host_stays_as_it_is() {
        let of = |host: &str| {
            let chance = Chance::of_host(host, "drop");
            seconds(&HOURLY.begin(at(9_000), Some(at(0)), chance), at(9_000))
        };
        assert_eq!(of("a"), of("a"));
        let mut times: Vec<f64> = (0..1_000).map(|host| of(&host.to_string())).collect();
        times.sort_unstable_by(f64::total_cmp);
        // Over 360 s: a tenth of all hosts in a tenth of the time, more or less.
        for (tenth, times) in times.chunks(100).enumerate() {
            let middle = 36.0 * (tenth as f64 + 0.5);
            assert!((times[50] - middle).abs() < 36.0, "{tenth}: {}", times[50]);
        }
    }

    #[test]
    fn an_interval_is_kept_give_or_take_a_tenth() {
        for chance in chances() {
            let turn = HOURLY.succeeded(at(0), chance);
            assert!((3_240.0..3_960.0).contains(&seconds(&turn, at(0))));
            assert!(!HOURLY.is_due(&turn, at(3_239)));
            assert!(HOURLY.is_due(&turn, at(3_960)));
        }
    }

    #[test]
    fn failures_are_followed_up_later_each_time_and_at_least_every_hour() {
        let daily = Schedule {
            interval: Duration::from_secs(86_400),
        };
        for chance in chances() {
            let mut turn = daily.succeeded(at(0), chance);
            for expected in [60.0, 120.0, 240.0, 480.0, 960.0, 1_920.0, 3_600.0, 3_600.0] {
                turn = daily.failed(turn, Failure::default(), at(0), chance);
                let wait = seconds(&turn, at(0)) / expected;
                assert!((0.75..=1.25).contains(&wait), "{expected}: {wait}");
                assert!(!turn.is_early());
            }
            assert_eq!(daily.succeeded(at(0), chance).failures, 0);
        }
    }

    #[test]
    fn a_network_that_is_not_up_yet_is_tried_soon_and_quietly_at_first() {
        let half = Chance::of(u32::MAX / 2);
        let mut turn = HOURLY.begin(at(0), None, half);
        let mut quiet = Vec::new();
        for expected in [5.0, 10.0, 20.0, 40.0, 80.0] {
            turn = HOURLY.failed(turn, UNREACHED, at(0), half);
            assert!((seconds(&turn, at(0)) - expected).abs() < 0.1);
            quiet.push(turn.is_early());
        }
        assert_eq!(quiet, [true, true, true, false, false]);
    }

    #[test]
    fn a_publisher_is_left_alone_for_as_long_as_it_wants_within_a_day() {
        let half = Chance::of(u32::MAX / 2);
        let turn = HOURLY.begin(at(0), None, half);
        for (wanted, expected) in [(1, 60.0), (7_200, 7_200.0), (u64::MAX, 86_400.0)] {
            let failure = Failure {
                retry_after: Some(Duration::from_secs(wanted)),
                ..Failure::default()
            };
            let wait = seconds(&HOURLY.failed(turn, failure, at(0), half), at(0));
            assert!((wait - expected).abs() < 0.1, "{wanted}: {wait}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_end_updates() {
        let turn = HOURLY.succeeded(at(0), Chance::of(0));
        assert!(HOURLY.is_due(&turn, at(-86_400 * 365)));
        assert!(!HOURLY.is_due(&turn, at(-3_600)));
    }
}
