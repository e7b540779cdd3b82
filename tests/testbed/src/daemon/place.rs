// SPDX-License-Identifier: MIT
//! Where a daemon under test keeps its files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cleanup::{self, BPFFS, Deferred};
use crate::error::{Doing, Result};

/// Run-time folder, state folder and pin folder of one daemon; all removed in the end, pins included.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) run: PathBuf,
    pub(super) state: PathBuf,
    pub(super) pins: PathBuf,
    _cleanup: Deferred,
}

impl Place {
    pub(super) fn new() -> Result<Self> {
        let run = cleanup::run_root().join(cleanup::unique_name("run"));
        let pins = Path::new(BPFFS).join(cleanup::unique_name("pins"));
        let state = cleanup::run_root().join(cleanup::unique_name("state"));
        let doomed = [run.clone(), state.clone(), pins.clone()];
        let cleanup = cleanup::defer(move || {
            doomed
                .iter()
                .for_each(|folder| cleanup::delete_tree(folder))
        });
        fs::create_dir(&run).doing(|| format!("create {}", run.display()))?;
        Ok(Self {
            run,
            state,
            pins,
            _cleanup: cleanup,
        })
    }
}
