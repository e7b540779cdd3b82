// SPDX-License-Identifier: MIT
//! Counters: a test states the whole change it expects; everything it does not name must not have moved.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Counters by name at one moment.
pub type Counters = BTreeMap<String, u64>;

/// Fails unless exactly the named counters moved, each by exactly its amount.
///
/// A counter that is missing counts as 0. Naming one with amount 0 says that it must exist afterwards and not have moved.
///
/// # Panics
/// With one line a counter that moved otherwise than expected.
#[track_caller]
pub fn assert_moved(before: &Counters, after: &Counters, expected: &[(&str, u64)]) {
    let differences = differences(before, after, expected);
    assert!(
        differences.is_empty(),
        "counters moved otherwise than expected:\n{differences}"
    );
}

/// What [`assert_moved`] would complain about, one line a counter; empty when all is as expected.
#[must_use]
pub fn differences(before: &Counters, after: &Counters, expected: &[(&str, u64)]) -> String {
    let names: BTreeSet<&str> = before
        .keys()
        .chain(after.keys())
        .map(String::as_str)
        .chain(expected.iter().map(|(name, _)| *name))
        .collect();
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for name in names {
        let want: u64 = expected
            .iter()
            .filter(|(named, _)| *named == name)
            .map(|(_, by)| by)
            .sum();
        let (was, is) = (value(before, name), value(after, name));
        let moved = i128::from(is) - i128::from(was);
        let named = expected.iter().any(|(named, _)| *named == name);
        if moved != i128::from(want) || (named && !after.contains_key(name)) {
            let gone = if after.contains_key(name) {
                ""
            } else {
                ", there is no such counter"
            };
            // Writing to a String cannot fail.
            writeln!(
                text,
                "  {name:width$}  expected {want:+}, moved {moved:+} ({was} -> {is}{gone})"
            )
            .expect("a String takes everything");
        }
    }
    text
}

fn value(counters: &Counters, name: &str) -> u64 {
    counters.get(name).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(pairs: &[(&str, u64)]) -> Counters {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect()
    }

    #[test]
    fn exactly_the_named_movement_is_accepted() {
        let (before, after) = (
            counters(&[("a", 1), ("b", 2)]),
            counters(&[("a", 4), ("b", 2), ("c", 1)]),
        );
        assert_moved(&before, &after, &[("a", 3), ("c", 1), ("b", 0)]);
    }

    #[test]
    fn every_other_movement_is_named() {
        let (before, after) = (
            counters(&[("a", 1), ("b", 2)]),
            counters(&[("a", 4), ("b", 1)]),
        );
        let text = differences(&before, &after, &[("a", 2), ("d", 0)]);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "a  expected +2, moved +3 (1 -> 4)",
                "b  expected +0, moved -1 (2 -> 1)",
                "d  expected +0, moved +0 (0 -> 0, there is no such counter)",
            ]
        );
    }
}
