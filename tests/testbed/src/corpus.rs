// SPDX-License-Identifier: MIT
//! Captures and feeds shared by several projects, beside this one; tests must pass without them too.

use std::path::{Path, PathBuf};

/// `../shared/corpus` beside the project root, where there is one.
#[must_use]
pub fn corpus_dir() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().ok()?;
    let root = here.ancestors().nth(2)?;
    let corpus = root.parent()?.join("shared/corpus");
    corpus.is_dir().then_some(corpus)
}
