// SPDX-License-Identifier: MIT
//! When to ask again.

use std::time::Duration;

/// However long it fails, it is tried once in so long: what failed may work again at any time.
pub const LONGEST: Duration = Duration::from_secs(60);
/// Doublings after which every interval is longer than [`LONGEST`].
const DOUBLINGS: u32 = 10;

/// How often asking has failed in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    failures: u32,
}

impl Retry {
    /// Asking went well.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Asking failed.
    pub fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// How often in a row it has failed.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// How long to wait. After failures, twice as long each time, and a quarter less or more by
    /// `chance`, so that those whom one outage hit do not come back all at once.
    #[must_use]
    pub fn wait(&self, interval: Duration, chance: u8) -> Duration {
        if self.failures == 0 {
            return interval;
        }
        let doubled = interval.saturating_mul(1 << (self.failures - 1).min(DOUBLINGS));
        let longest = LONGEST.max(interval);
        doubled.min(longest) * (384 + u32::from(chance)) / 512
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait_up_to_a_bound_and_success_ends_that() {
        let (mut retry, interval) = (Retry::default(), Duration::from_secs(10));
        assert_eq!(retry.wait(interval, 9), interval);
        let mut waits = Vec::new();
        for _ in 0..5 {
            retry.failed();
            waits.push(retry.wait(interval, 128).as_secs());
        }
        assert_eq!(waits, [10, 20, 40, 60, 60]);
        for _ in 0..100 {
            retry.failed();
        }
        assert_eq!(retry.wait(interval, 128), LONGEST);
        let long = Duration::from_secs(600);
        assert_eq!(retry.wait(long, 128), long, "never more often than usual");
        retry.succeeded();
        assert_eq!(retry.wait(interval, 0), interval);
    }

    #[test]
    fn chance_spreads_by_a_quarter() {
        let mut retry = Retry::default();
        retry.failed();
        let wait = |chance| retry.wait(Duration::from_secs(512), chance).as_secs();
        assert_eq!((wait(0), wait(128), wait(255)), (384, 512, 639));
    }
}
