// SPDX-License-Identifier: MIT
//! Common misspellings in code and prose.

use std::{path::Path, process::Command};

use aegis_ebpf_build::Workspace;
use anyhow::Result;

use super::{Outcome, sources};
use crate::step;

/// Words that look misspelt to `codespell` and are not.
const ACCEPTED: &str = "xtask/spelling.accepted";

/// Written by people, so worth reading.
const EXTENSIONS: [&str; 7] = ["rs", "md", "toml", "sh", "txt", "allow", "yml"];

pub fn check(workspace: &Workspace) -> Result<Outcome> {
    if !step::answers("codespell") {
        return Ok(Outcome::Skipped("codespell is not installed".into()));
    }
    let mut codespell = Command::new("codespell");
    codespell.current_dir(workspace.root()).args([
        "--ignore-words",
        ACCEPTED,
        "--quiet-level",
        "2",
    ]);
    codespell.args(
        sources::files(workspace)?
            .iter()
            .filter(|file| is_prose(file)),
    );
    step::run(&mut codespell).map_err(|_| {
        anyhow::anyhow!("misspelt words, listed above; a word that is right goes into {ACCEPTED}")
    })?;
    Ok(Outcome::Passed)
}

fn is_prose(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}
