// SPDX-License-Identifier: MIT
//! A file that readers see whole, or not at all, whenever the power goes.

use super::sync_folder;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file beside the place where it belongs; dropping it removes it.
#[derive(Debug)]
pub struct Beside {
    file: File,
    beside: PathBuf,
    place: PathBuf,
    placed: bool,
}

impl Beside {
    /// Makes it, for nobody but the user of this process. Neither it nor its place is a link that is
    /// followed.
    ///
    /// # Errors
    /// Of the file system.
    pub fn create(place: &Path) -> io::Result<Self> {
        let (folder, name) = (folder_of(place), name_of(place)?);
        let beside = folder.join(format!(".{name}.{}", std::process::id()));
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        let file = options.open(&beside)?;
        let made = Self {
            file,
            beside,
            place: place.to_owned(),
            placed: false,
        };
        made.file.set_len(0)?;
        Ok(made)
    }

    /// The file, to be given an owner and rights.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Adds to it.
    ///
    /// # Errors
    /// Of the file system, such as that it is full.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Waits until the disk has it.
    ///
    /// # Errors
    /// Of the file system.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Puts it in its place, instead of what was there. What is written to it goes to its end.
    ///
    /// # Errors
    /// Of the file system, such as that a folder is there.
    pub fn put(mut self) -> io::Result<File> {
        fs::rename(&self.beside, &self.place)?;
        self.placed = true;
        self.file.try_clone()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.placed {
            // What matters is why it was not placed.
            drop(fs::remove_file(&self.beside));
        }
    }
}

/// Puts a file with these bytes in the place of another one, or of none, on the disk.
///
/// # Errors
/// Of the file system; then what was there is as it was.
pub fn replace(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = Beside::create(place)?;
    beside.append(bytes)?;
    beside.sync()?;
    beside.put()?;
    sync_folder(folder_of(place))
}

/// Removes what processes left beside their places when they were killed. Nobody else may write there.
pub fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| {
            let number = name.strip_prefix('.')?.rsplit_once('.')?.1;
            number.parse::<u32>().ok()
        });
        if number.is_some() {
            // It takes room, and no more.
            drop(fs::remove_file(entry.path()));
        }
    }
}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn name_of(place: &Path) -> io::Result<std::borrow::Cow<'_, str>> {
    let none = || io::Error::other("it does not name a file");
    Ok(place.file_name().ok_or_else(none)?.to_string_lossy())
}
