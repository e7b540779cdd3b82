// SPDX-License-Identifier: MIT
//! Interleaved rounds and the statistics over them.

use anyhow::Result;
use serde::Serialize;

/// Measurements of one subject, one per round, in the order of the rounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(pub Vec<f64>);

/// What is told of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The middle one.
    pub median: f64,
    /// A quarter is below.
    pub low: f64,
    /// A quarter is above.
    pub high: f64,
}

impl Samples {
    /// Median and quartiles; 0 where nothing was measured.
    pub fn summary(&self) -> Summary {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        Summary {
            median: quantile(&sorted, 0.5),
            low: quantile(&sorted, 0.25),
            high: quantile(&sorted, 0.75),
        }
    }

    /// Round by round, how many times the other.
    pub fn ratio_to(&self, other: &Self) -> Self {
        Self(
            self.0
                .iter()
                .zip(&other.0)
                .map(|(own, other)| own / other)
                .collect(),
        )
    }
}

impl Summary {
    /// The distance between the quartiles, in hundredths of the median.
    pub fn spread_percent(&self) -> f64 {
        if self.median == 0.0 {
            0.0
        } else {
            (self.high - self.low) / self.median * 100.0
        }
    }
}

/// Linear between the two nearest samples.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = part * last as f64;
    let below = place.floor() as usize;
    let above = place.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// Measures every subject once a round. Every other round goes backwards, so that no subject always
/// follows the same one.
///
/// # Errors
/// The first failure of `measure`, which is called with the index of a subject.
pub fn interleave(
    rounds: usize,
    subjects: usize,
    mut measure: impl FnMut(usize) -> Result<f64>,
) -> Result<Vec<Samples>> {
    let mut samples = vec![Samples::default(); subjects];
    for round in 0..rounds {
        for step in 0..subjects {
            let subject = if round % 2 == 0 {
                step
            } else {
                subjects - 1 - step
            };
            samples[subject].0.push(measure(subject)?);
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_ignores_one_wild_sample() {
        let summary = Samples(vec![5.0, 900.0, 4.0, 6.0, 5.0]).summary();
        assert_eq!(
            summary,
            Summary {
                median: 5.0,
                low: 5.0,
                high: 6.0
            }
        );
    }

    #[test]
    fn an_even_number_of_samples_has_its_median_between_two() {
        assert_eq!(Samples(vec![1.0, 4.0, 2.0, 3.0]).summary().median, 2.5);
        assert_eq!(Samples(Vec::new()).summary().median, 0.0);
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let (own, other) = (Samples(vec![10.0, 30.0]), Samples(vec![5.0, 10.0]));
        assert_eq!(own.ratio_to(&other), Samples(vec![2.0, 3.0]));
    }

    #[test]
    fn the_spread_is_relative_to_the_median() {
        let summary = Summary {
            median: 50.0,
            low: 49.0,
            high: 51.5,
        };
        assert_eq!(summary.spread_percent(), 5.0);
    }

    #[test]
    fn every_round_meets_every_subject_and_the_order_turns() {
        let mut order = Vec::new();
        let samples = interleave(2, 3, |subject| {
            order.push(subject);
            Ok(subject as f64)
        });
        assert_eq!(order, [0, 1, 2, 2, 1, 0]);
        let expected = [0.0, 1.0, 2.0].map(|value| Samples(vec![value, value]));
        assert_eq!(samples.unwrap(), expected);
    }

    #[test]
    fn a_failure_ends_the_measurement() {
        let failing = interleave(3, 1, |_| anyhow::bail!("no kernel"));
        assert_eq!(failing.unwrap_err().to_string(), "no kernel");
    }
}
