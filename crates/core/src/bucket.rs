// SPDX-License-Identifier: MIT
//! Rate limiting by the generic cell rate algorithm (ITU-T I.371, the virtual scheduling form).
//!
//! It admits exactly what a token bucket admits, in one word of state and without a division: the
//! state is the time at which the bucket would be full again. Nothing is rounded, so the remainder
//! of a token is never lost. A zeroed state is a full bucket.
//!
//! Overflow: the state is never further ahead of `now` than `tolerance_ns + interval_ns`, each at
//! most 2⁶⁴ by saturation, and `now` in nanoseconds reaches 2⁶³ after 292 years.

use crate::Nanos;
use aegis_abi::Rate;

/// Takes a token; `false` where there is none.
#[inline(always)]
pub fn admit(arrival_ns: &mut u64, rate: Rate, now: Nanos) -> bool {
    let due = if *arrival_ns > now.0 {
        *arrival_ns
    } else {
        now.0
    };
    let conforms = due - now.0 <= rate.tolerance_ns;
    if conforms {
        *arrival_ns = due.saturating_add(rate.interval_ns);
    }
    conforms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000_000;

    /// How many of the packets at these times are admitted, and when.
    fn admitted(rate: Rate, times: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut arrival_ns = 0;
        times
            .into_iter()
            .filter(|&at| admit(&mut arrival_ns, rate, Nanos(at)))
            .collect()
    }

    #[test]
    fn a_zeroed_state_is_a_full_bucket() {
        for now in [0, 1, 77 * SECOND] {
            assert_eq!(
                admitted(Rate::per_second(10, 5), vec![now; 100]).len(),
                5,
                "at {now}"
            );
        }
    }

    /// A bucket that loses the remainder of a token at every packet cuts off a client that keeps to
    /// a tenth of the rate.
    #[test]
    fn an_honest_client_at_exactly_the_rate_is_never_refused() {
        for per_second in [1, 3, 7, 10, 100, 333] {
            let rate = Rate::per_second(per_second, 1);
            let times = (0..10_000).map(|packet| SECOND + packet * rate.interval_ns);
            assert_eq!(admitted(rate, times).len(), 10_000, "{per_second} a second");
        }
    }

    #[test]
    fn a_client_at_ten_a_second_keeps_its_hundred_a_second_for_an_hour() {
        let times = (0..36_000).map(|packet| packet * SECOND / 10);
        assert_eq!(admitted(Rate::per_second(100, 200), times).len(), 36_000);
    }

    #[test]
    fn a_flood_gets_its_burst_and_then_the_rate() {
        let flood = (0..1_000_000_u64).map(|packet| SECOND + packet * 10_000);
        let got = admitted(Rate::per_second(100, 200), flood).len();
        assert_eq!(got, 200 + 100 * 10 - 1);
    }

    #[test]
    fn an_unlimited_rate_never_refuses() {
        let times = (0..1_000).map(|_| u64::MAX - 5);
        assert_eq!(admitted(Rate::UNLIMITED, times).len(), 1_000);
    }

    #[test]
    fn a_rate_or_burst_of_nothing_means_one() {
        assert_eq!(Rate::per_second(0, 0), Rate::per_second(1, 1));
        assert_eq!(
            admitted(Rate::per_second(0, 0), [0, 0, SECOND - 1, SECOND]),
            [0, SECOND]
        );
    }

    #[test]
    fn the_end_of_time_does_not_overflow() {
        let rate = Rate {
            interval_ns: u64::MAX,
            tolerance_ns: u64::MAX,
        };
        assert_eq!(admitted(rate, vec![u64::MAX; 10]).len(), 10);
    }

    proptest! {
        #[test]
        fn no_window_admits_more_than_its_burst_and_rate(
            per_second in 1_u32..2_000,
            burst in 1_u32..300,
            start in 0_u64..1 << 62,
            gaps in prop::collection::vec(0_u64..20_000_000, 1..400),
        ) {
            let rate = Rate::per_second(per_second, burst);
            let times = gaps.iter().scan(start, |now, gap| { *now += gap; Some(*now) });
            let got = admitted(rate, times);
            for first in 0..got.len() {
                for last in first..got.len() {
                    let earned = (got[last] - got[first]) / rate.interval_ns;
                    prop_assert!((last - first + 1) as u64 <= u64::from(burst) + earned);
                }
            }
        }

        #[test]
        fn whoever_is_refused_may_come_when_the_next_token_is_whole(
            per_second in 1_u32..2_000,
            burst in 1_u32..300,
            now in 0_u64..1 << 62,
        ) {
            let rate = Rate::per_second(per_second, burst);
            let mut arrival_ns = 0;
            while admit(&mut arrival_ns, rate, Nanos(now)) {}
            prop_assert!(!admit(&mut arrival_ns, rate, Nanos(now + rate.interval_ns - 1)));
            prop_assert!(admit(&mut arrival_ns, rate, Nanos(now + rate.interval_ns)));
        }
    }
}
