// SPDX-License-Identifier: MIT
//! Configuration files of tests.

use crate::guarded::Guarded;
use aegis_testbed::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A configuration file in a folder of its own.
#[derive(Debug)]
pub struct File {
    folder: PathBuf,
    path: PathBuf,
}

impl File {
    /// With that text.
    ///
    /// # Panics
    /// Where it cannot be written.
    #[must_use]
    pub fn new(text: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = format!("aegis-config-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir(&folder).expect("the name is our own");
        let path = folder.join("config.toml");
        let file = Self { folder, path };
        file.write(text);
        file
    }

    /// Writes it anew.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn write(&self, text: &str) {
        fs::write(&self.path, text).expect("the folder is our own");
    }

    /// What it says by now.
    ///
    /// # Panics
    /// Where it is gone.
    #[must_use]
    pub fn read(&self) -> String {
        fs::read_to_string(&self.path).expect("the test wrote it")
    }

    /// Where its folder is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where it is.
    ///
    /// # Panics
    /// Where temporary files have a name that is no text.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path.to_str().expect("the name is plain")
    }

    /// A guarded host whose daemon reads it.
    ///
    /// # Errors
    /// As [`Guarded::start`].
    pub fn start(&self) -> Result<Guarded> {
        Guarded::with(&["--config", self.path()])
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}
