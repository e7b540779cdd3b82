// SPDX-License-Identifier: MIT
//! Every dependency comes under a licence that a program under MIT may carry.

use std::collections::BTreeSet;

use aegis_ebpf_build::Workspace;
use anyhow::{Result, bail};

use super::{OTHER_WORKSPACES, Outcome, expression};
use crate::step;

/// Permissive ones: all they ask for is that their text be kept.
const ALLOWED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "NCSA",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

pub fn check(workspace: &Workspace) -> Result<Outcome> {
    let mut refused = BTreeSet::new();
    for folder in [""].into_iter().chain(OTHER_WORKSPACES) {
        let mut cargo = step::cargo();
        cargo.current_dir(workspace.root().join(folder));
        cargo.args([
            "tree",
            "--quiet",
            "--workspace",
            "--prefix",
            "none",
            "--format",
            "{p}|{l}",
        ]);
        refused.extend(judge(&step::read(&mut cargo)?));
    }
    for line in &refused {
        step::note(line);
    }
    if !refused.is_empty() {
        bail!(
            "{} dependencies with a licence that is not on the list",
            refused.len()
        );
    }
    Ok(Outcome::Passed)
}

/// One line for each package of `cargo tree` whose licence is not allowed.
fn judge(tree: &str) -> BTreeSet<String> {
    let packages = tree
        .lines()
        .filter_map(|line| line.trim_end_matches(" (*)").split_once('|'));
    packages
        .filter_map(|(package, licence)| refusal(package, licence))
        .collect()
}

fn refusal(package: &str, licence: &str) -> Option<String> {
    match expression::holds(licence, |name| ALLOWED.contains(&name)) {
        Some(true) => None,
        Some(false) => Some(format!("{package}: {licence} is not allowed")),
        None => Some(format!(
            "{package}: cannot understand its licence {licence:?}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_under_another_licence_is_named_once() {
        let tree = "aegis-core v0.1.0 (/src/crates/core)|MIT\nviral v1.0.0|GPL-3.0-only\n\
                    viral v1.0.0|GPL-3.0-only (*)\nserde v1.0.0|MIT OR Apache-2.0 (*)\n\n";
        let refused: Vec<_> = judge(tree).into_iter().collect();
        assert_eq!(refused, ["viral v1.0.0: GPL-3.0-only is not allowed"]);
    }

    #[test]
    fn a_dependency_without_a_licence_is_refused() {
        assert_eq!(judge("bare v0.1.0|\n").len(), 1);
    }
}
