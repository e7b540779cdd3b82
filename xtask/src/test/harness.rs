// SPDX-License-Identifier: MIT
//! Reads the output of Rust's test harness.

use std::process::ExitStatus;

use crate::tally::{Skip, Tally};

/// What was read so far, over all test binaries of a run.
#[derive(Debug, Default)]
pub struct Output {
    tally: Tally,
    /// As the binaries' own results count them. A name can be lost where a test writes past the
    /// harness into the same line; the count cannot.
    failed: usize,
}

impl Output {
    /// Takes one line. Those of other programs are passed over.
    pub fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.tally.passed += count(result, "passed");
            self.failed += count(result, "failed");
        } else if let Some((name, outcome)) = outcome(line) {
            match outcome
                .split_once(", ")
                .map_or((outcome, ""), |split| split)
            {
                ("FAILED", _) => self.tally.failed.push(format!("test {name}")),
                ("ignored", reason) => self.tally.skipped.push(ignored(name, reason)),
                _ => {}
            }
        }
    }

    /// The sum of a run, `shown` as the user would type it, that `ended` so.
    pub fn ended(self, shown: &str, ended: ExitStatus) -> Tally {
        let mut tally = self.tally();
        if !ended.success() && tally.failed.is_empty() {
            tally.failed.push(format!(
                "`{shown}` ended early ({ended}); its message stands above"
            ));
        }
        tally
    }

    fn tally(mut self) -> Tally {
        let named = self.tally.failed.len();
        let nameless = (named..self.failed).map(|_| "a test whose name was lost, see above".into());
        self.tally.failed.extend(nameless);
        self.tally
    }
}

/// `test NAME ... OUTCOME`
fn outcome(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("test ")?.rsplit_once(" ... ")
}

fn ignored(name: &str, reason: &str) -> Skip {
    let reason = if reason.is_empty() {
        "ignored in its source"
    } else {
        reason
    };
    Skip {
        name: name.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The number before `word` in `ok. 17 passed; 0 failed; …`.
fn count(result: &str, word: &str) -> usize {
    let words: Vec<&str> = result
        .split([' ', ';', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let pairs = words.windows(2);
    pairs
        .filter(|pair| pair[1] == word)
        .find_map(|pair| pair[0].parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    fn read(text: &str) -> Tally {
        let mut output = Output::default();
        text.lines().for_each(|line| output.read(line));
        output.tally()
    }

    #[test]
    fn results_of_all_binaries_are_added_up() {
        let tally = read(
            "running 17 tests\n.................\n\
             test result: ok. 17 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
             test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n",
        );
        assert_eq!(
            tally,
            Tally {
                passed: 20,
                ..Tally::default()
            }
        );
    }

    #[test]
    fn failed_and_ignored_tests_are_named() {
        let tally = read(
            "test frame::a_short_frame_is_refused ... ok\n\
             test qinq_is_judged ... FAILED\n\
             test million_bans ... ignored, takes an hour\n\
             test crates/core/src/lib.rs - frame (line 3) ... ignored\n\
             test result: FAILED. 1 passed; 1 failed; 2 ignored; 0 measured\n",
        );
        assert_eq!(tally.passed, 1);
        assert_eq!(tally.failed, ["test qinq_is_judged"]);
        let skipped: Vec<_> = tally
            .skipped
            .iter()
            .map(|skip| skip.reason.as_str())
            .collect();
        assert_eq!(skipped, ["takes an hour", "ignored in its source"]);
    }

    #[test]
    fn a_failed_test_counts_even_if_its_name_is_lost() {
        let tally = read("test noisy ... hello\nFAILED\ntest result: FAILED. 0 passed; 1 failed\n");
        assert_eq!(tally.failed, ["a test whose name was lost, see above"]);
    }

    #[test]
    fn a_run_that_ends_without_a_failed_test_is_a_failure_unless_it_ends_well() {
        let ended = |status| Output::default().ended("scans-1", ExitStatus::from_raw(status));
        assert_eq!(ended(0), Tally::default());
        let failed = ended(6).failed;
        assert!(
            failed[0].contains("`scans-1` ended early (signal: 6"),
            "{failed:?}"
        );
    }

    #[test]
    fn lines_that_a_test_printed_itself_do_not_count() {
        let tally = read("test result is unknown\n5 passed\ntest of patience\n");
        assert_eq!(tally, Tally::default());
    }
}
