// SPDX-License-Identifier: MIT
//! Files that readers see whole, or not at all, whenever the power goes.

use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

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
        let mut options = OpenOptions::new();
        options.append(true).create_new(true).mode(0o600);
        options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let (file, beside) = loop {
            let beside = folder.join(format!(".{name}.{}.{}", std::process::id(), next()));
            match options.open(&beside) {
                // Of a process that was killed and had the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => break (opened?, beside),
            }
        };
        Ok(Self {
            file,
            beside,
            place: place.to_owned(),
            placed: false,
        })
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

/// Opens a file to read it. What is none, such as a pipe, is refused: it would be waited for.
///
/// # Errors
/// Of the file system.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    Ok(file)
}

/// Makes a folder, and those above it, for nobody but the user of this process.
///
/// # Errors
/// Of the file system.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Has the names in a folder reach the disk.
///
/// # Errors
/// Of the file system.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A number that no other file of this process has.
fn next() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_at_once_are_two_files_and_leftovers_go() {
        let folder = std::env::temp_dir().join(format!("aegis-whole-{}", std::process::id()));
        make_folder(&folder).expect("there is room");
        let place = folder.join("file");
        let mut first = Beside::create(&place).expect("there is room");
        let mut second = Beside::create(&place).expect("there is room");
        first.append(b"first").expect("there is room");
        second.append(b"second").expect("there is room");
        second.put().expect("there is room");
        assert_eq!(fs::read(&place).expect("it is there"), b"second");
        std::mem::forget(first);
        remove_leftovers(&folder);
        let left = fs::read_dir(&folder).expect("it is there").count();
        fs::remove_dir_all(&folder).expect("it is our own");
        assert_eq!(left, 1, "the file, and nothing beside it");
    }
}
