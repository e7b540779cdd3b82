// SPDX-License-Identifier: MIT
//! The section of the README that the bench writes.

use anyhow::{Context as _, Result};
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// Replaces what stands between the markers in the README of the workspace.
///
/// # Errors
/// Where the README is missing or has no markers.
pub fn write_readme(section: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = replaced(&text, section).with_context(|| {
        format!(
            "{} lacks the lines {BEGIN} and {END}; add them",
            path.display()
        )
    })?;
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn replaced(text: &str, section: &str) -> Option<String> {
    let (head, rest) = text.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!(
        "{head}{BEGIN}\n\n{}\n\n{END}{tail}",
        section.trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        let once = replaced(&text, "new\n").unwrap();
        assert_eq!(once, format!("a\n{BEGIN}\n\nnew\n\n{END}\nb\n"));
        assert_eq!(replaced(&once, "new").unwrap(), once);
    }

    #[test]
    fn a_readme_without_markers_is_left_alone() {
        assert_eq!(replaced("a\nb\n", "new"), None);
        assert_eq!(replaced(END, "new"), None);
    }
}
