// SPDX-License-Identifier: MIT
//! Tests that found they cannot run here, and those of them that continuous integration accepts.
//!
//! Rust's harness knows no skipping at run time: such a test returns early and counts as passed.
//! It therefore appends a line `name: reason` to the file that `$AEGIS_SKIP_LOG` names, and is
//! taken out of the passed ones here.

use std::path::Path;

use crate::tally::{Skip, Tally};

/// The tests that said they skipped themselves, each once.
pub fn parse(log: &str) -> Vec<Skip> {
    let mut skips: Vec<Skip> = log.lines().filter_map(parse_line).collect();
    skips.sort_by(|a, b| a.name.cmp(&b.name));
    skips.dedup_by(|a, b| a.name == b.name);
    skips
}

fn parse_line(line: &str) -> Option<Skip> {
    let (name, reason) = line.split_once(": ").unwrap_or((line, "it gave no reason"));
    let name = name.trim();
    (!name.is_empty()).then(|| Skip {
        name: name.to_owned(),
        reason: reason.trim().to_owned(),
    })
}

/// Moves the skipped tests from the passed ones, where the harness counted them.
pub fn take_out(tally: &mut Tally, skips: &[Skip]) {
    tally.passed = tally.passed.saturating_sub(skips.len());
    tally.skipped.extend_from_slice(skips);
}

/// The names that `tests/skips.allow` lists: one a line, `#` begins a comment. No file, no names.
pub fn allowed(root: &Path) -> Vec<String> {
    names(&std::fs::read_to_string(super::allow_list(root)).unwrap_or_default())
}

fn names(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    lines
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_test_is_taken_from_the_passed_ones() {
        let log = "wg_device: no wireguard in this kernel\nwg_device: no wireguard again\n\n";
        let mut tally = Tally {
            passed: 5,
            ..Tally::default()
        };
        take_out(&mut tally, &parse(log));
        assert_eq!(tally.to_string(), "4 passed, 0 failed, 1 skipped");
        assert_eq!(tally.skipped[0].reason, "no wireguard in this kernel");
    }

    #[test]
    fn a_test_path_keeps_its_double_colons() {
        let skips = parse("scan::nmap_null: not root\nlonely\n");
        assert_eq!(skips[0].name, "lonely");
        assert_eq!(skips[1].name, "scan::nmap_null");
        assert_eq!(skips[1].reason, "not root");
    }

    #[test]
    fn comments_and_empty_lines_are_no_names() {
        assert_eq!(
            names("# why\nwg_device # no module in CI\n\n"),
            ["wg_device"]
        );
    }
}
