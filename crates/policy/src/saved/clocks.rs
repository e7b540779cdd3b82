// SPDX-License-Identifier: MIT
//! Two clocks, to tell the time of one by the other.

use crate::{Expiry, Since};
use aegis_abi::Ban;
use aegis_core::Nanos;
use jiff::{SignedDuration, Timestamp};

/// The same moment on both clocks: bans end by the first, people and files have the second.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// `CLOCK_MONOTONIC`.
    pub monotonic: Nanos,
    /// The wall clock.
    pub wall: Timestamp,
}

impl Clocks {
    /// Wall-clock time of a time on the other clock; the nearest that there is.
    #[must_use]
    pub fn wall_of(&self, other: Since) -> Timestamp {
        self.wall_at(other.nanos().into())
    }

    /// Wall-clock time of an end; `None` where there is no end.
    #[must_use]
    pub fn wall_of_end(&self, end: Expiry) -> Option<Timestamp> {
        end.nanos().map(|end| self.wall_at(end.0.into()))
    }

    fn wall_at(&self, nanos: i128) -> Timestamp {
        let ahead = SignedDuration::from_nanos_i128(nanos - i128::from(self.monotonic.0));
        let nearest = match ahead.is_negative() {
            true => Timestamp::MIN,
            false => Timestamp::MAX,
        };
        self.wall.checked_add(ahead).unwrap_or(nearest)
    }

    /// Time on the other clock of a wall-clock time.
    #[must_use]
    pub fn since(&self, wall: Timestamp) -> Since {
        Since::new(self.at(wall))
    }

    /// The end of what ends at a wall-clock time, or does not.
    #[must_use]
    pub fn end(&self, wall: Option<Timestamp>) -> Expiry {
        let Some(wall) = wall else {
            return Expiry::Never;
        };
        let latest = i128::from(Ban::NEVER - 1);
        let end = u64::try_from(self.at(wall).clamp(0, latest));
        Expiry::At(Nanos(end.unwrap_or_default()))
    }

    fn at(&self, wall: Timestamp) -> i128 {
        let ahead = wall.as_nanosecond() - self.wall.as_nanosecond();
        i128::from(self.monotonic.0) + ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn clocks() -> Clocks {
        Clocks {
            monotonic: Nanos(5 * SECOND),
            wall: Timestamp::from_second(1_000).unwrap(),
        }
    }

    #[test]
    fn times_are_translated_to_the_nanosecond_and_before_the_start_of_the_host() {
        let wall = |text: &str| text.parse::<Timestamp>().unwrap();
        let early = wall("1970-01-01T00:00:07.123456789Z");
        assert_eq!(clocks().since(early).nanos(), -987_876_543_211);
        assert_eq!(clocks().wall_of(clocks().since(early)), early);
        let late = wall("1970-01-01T00:16:42Z");
        assert_eq!(clocks().end(Some(late)), Expiry::At(Nanos(7 * SECOND)));
        assert_eq!(
            clocks().wall_of_end(Expiry::At(Nanos(7 * SECOND))),
            Some(late)
        );
        assert_eq!(clocks().end(None), Expiry::Never);
        assert_eq!(clocks().wall_of_end(Expiry::Never), None);
    }

    #[test]
    fn what_is_beyond_a_clock_is_the_nearest_that_it_has() {
        assert_eq!(clocks().end(Some(early())), Expiry::At(Nanos(0)));
        assert_eq!(clocks().since(Timestamp::MIN), Since::new(i128::MIN));
        let end = clocks().end(Some(Timestamp::MAX));
        assert_ne!(end, Expiry::Never);
        let never = Expiry::At(Nanos(u64::MAX));
        assert!(clocks().wall_of_end(never).is_some_and(|end| end > early()));
    }

    fn early() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}
