// SPDX-License-Identifier: MIT
//! The files that belong to the project.

use std::{path::PathBuf, process::Command};

use aegis_ebpf_build::Workspace;
use anyhow::{Context as _, Result};

use crate::step;

/// Paths, relative to the root, of every file that git tracks or would track.
pub fn files(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.current_dir(workspace.root());
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let list = step::read(&mut git).context("the list of sources comes from a git checkout")?;
    let paths = list
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    // One that was deleted stays listed until that is committed.
    Ok(paths
        .filter(|path| workspace.root().join(path).is_file())
        .collect())
}
