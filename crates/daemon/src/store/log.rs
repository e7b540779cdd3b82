// SPDX-License-Identifier: MIT
//! The open log.

use aegis_lists::whole::sync_folder;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// A log that is shorter is not worth writing anew.
const FLOOR: u64 = 64 * 1024;

/// A file that only grows, and how long it was when it said nothing twice.
#[derive(Debug)]
pub struct Log {
    file: File,
    length: u64,
    first: u64,
    dirty: bool,
    /// Whether it ends in the middle of a line.
    torn: bool,
}

impl Log {
    /// Of a file that was just written; what is written to it goes to its end.
    pub fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self {
            file,
            length,
            first: length,
            dirty: true,
            torn: false,
        })
    }

    /// Appends all of it, or nothing: behind half a line nothing could be read.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.torn {
            return Err(io::Error::other("its end is damaged"));
        }
        if let Err(error) = self.file.write_all(bytes) {
            self.torn = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length += bytes.len() as u64;
        self.dirty = true;
        Ok(())
    }

    /// Whether more than half of it is about what later lines are about too, or may be.
    pub fn has_grown(&self) -> bool {
        self.length > self.first.saturating_mul(2).max(FLOOR)
    }

    /// Whether the disk may not have all of it.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// What brings what was written so far to the disk, and the names in the folder.
    pub fn sync_with(
        &mut self,
        folder: &Path,
    ) -> io::Result<impl FnOnce() -> io::Result<()> + Send + use<>> {
        let (file, folder) = (self.file.try_clone()?, folder.to_owned());
        self.dirty = false;
        Ok(move || {
            file.sync_data()?;
            sync_folder(&folder)
        })
    }
}
