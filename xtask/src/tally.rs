// SPDX-License-Identifier: MIT
//! Counts what passed, what failed and what was skipped, and says it in one line at the end.

use std::{env, fmt, process::ExitCode};

use crate::step;

/// Something that was not run, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skip {
    /// The test, as its source names it.
    pub name: String,
    /// Why it was not run.
    pub reason: String,
}

/// The outcome of one group of tests or checks.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many passed.
    pub passed: usize,
    /// One line for each that failed.
    pub failed: Vec<String>,
    /// Those that were not run.
    pub skipped: Vec<Skip>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, skipped) = (self.failed.len(), self.skipped.len());
        write!(
            f,
            "{} passed, {failed} failed, {skipped} skipped",
            self.passed
        )
    }
}

impl Tally {
    /// Adds another group's outcome.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
    }

    /// Prints the failures, the skips and the closing line; the exit code follows from them.
    pub fn conclude(&self) -> ExitCode {
        for skip in &self.skipped {
            step::line(&format!("skipped: {}: {}", skip.name, skip.reason));
        }
        for failure in &self.failed {
            step::line(&format!("FAILED: {failure}"));
        }
        step::line(&self.to_string());
        if self.failed.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// Turns every skip that `allowed` does not name into a failure.
    pub fn refuse_skips(&mut self, allowed: &[String]) {
        let (listed, unlisted) = self
            .skipped
            .drain(..)
            .partition(|skip: &Skip| allowed.contains(&skip.name));
        self.skipped = listed;
        self.failed.extend(unlisted.into_iter().map(|skip: Skip| {
            format!(
                "{} was skipped ({}) and is not listed in tests/skips.allow",
                skip.name, skip.reason
            )
        }));
    }
}

/// Whether this runs where nobody watches, so that a skipped test would go unnoticed.
pub fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(name: &str) -> Skip {
        Skip {
            name: name.into(),
            reason: "no wireguard".into(),
        }
    }

    #[test]
    fn the_closing_line_counts_passed_failed_and_skipped() {
        let mut tally = Tally {
            passed: 3,
            ..Tally::default()
        };
        tally.add(Tally {
            passed: 4,
            failed: vec!["x".into()],
            skipped: vec![skip("wg")],
        });
        assert_eq!(tally.to_string(), "7 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_skip_that_is_not_listed_becomes_a_failure() {
        let skipped = vec![skip("wg_device"), skip("tun_device")];
        let mut tally = Tally {
            passed: 1,
            skipped,
            ..Tally::default()
        };
        tally.refuse_skips(&["tun_device".into()]);
        assert_eq!(tally.skipped, [skip("tun_device")]);
        assert_eq!(
            tally.failed,
            ["wg_device was skipped (no wireguard) and is not listed in tests/skips.allow"]
        );
    }
}
