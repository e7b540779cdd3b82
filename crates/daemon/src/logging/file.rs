// SPDX-License-Identifier: MIT
//! A file of lines that is begun anew when it is full, and opened anew when it was moved.

use super::lines::Lines;
use super::queue::Sink;
use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// When a file is full, and what becomes of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rotation {
    /// So many bytes are room enough; 0: any number.
    pub(super) bytes: u64,
    /// So many full ones are kept: `.1` is the newest.
    pub(super) keep: u32,
}

/// A file that is opened when there is something to write, and again until it can be.
pub(super) struct RotatingFile {
    path: PathBuf,
    rotation: Rotation,
    open: Option<Open>,
    trouble: Option<String>,
}

struct Open {
    lines: Lines,
    /// As far as is known: others may write, too, or cut it.
    size: u64,
}

impl RotatingFile {
    pub(super) fn new(path: PathBuf, rotation: Rotation) -> Self {
        Self {
            path,
            rotation,
            open: None,
            trouble: None,
        }
    }

    /// Makes room for a line if it does not fit any more.
    fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        let limit = self.rotation.bytes;
        let full = |open: &Open| open.size > 0 && open.size + bytes > limit;
        let Some(open) = self
            .open
            .as_mut()
            .filter(|open| limit > 0 && open.lines.is_regular() && full(open))
        else {
            return Ok(());
        };
        let known = open.lines.file().metadata()?;
        open.size = known.len();
        if !full(open) {
            return Ok(());
        }
        let there = fs::metadata(&self.path).ok();
        if there.is_some_and(|there| (there.dev(), there.ino()) == (known.dev(), known.ino())) {
            rotate(&self.path, self.rotation.keep)?;
        }
        self.open = None;
        Ok(())
    }

    fn opened(&mut self) -> io::Result<&mut Open> {
        let open = match self.open.take() {
            Some(open) => open,
            None => open(&self.path).map_err(|error| named("open", &self.path, &error))?,
        };
        Ok(self.open.insert(open))
    }
}

impl Sink for RotatingFile {
    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        self.opened()?;
        // A line in a file that is too long is better than none.
        let room = self.make_room(line.len() as u64);
        self.trouble = room
            .err()
            .map(|error| named("rotate", &self.path, &error).to_string());
        let path = self.path.clone();
        let open = self.opened()?;
        let written = open.lines.put(line);
        written.map_err(|error| named("write", &path, &error))?;
        open.size += line.len() as u64;
        Ok(())
    }

    fn open(&mut self) -> io::Result<()> {
        self.open = None;
        self.opened().map(drop)
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }
}

fn named(action: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot {action} {}: {error}", path.display()),
    )
}

fn open(path: &Path) -> io::Result<Open> {
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o750)
            .create(folder)?;
    }
    // Without a reader, opening a pipe to write would wait for one; this end reads nothing.
    let is_pipe = fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo());
    let mut options = OpenOptions::new();
    options.append(true).create(true).read(is_pipe).mode(0o640);
    options.custom_flags(OFlags::NOCTTY.bits().cast_signed());
    let lines = Lines::new(options.open(path)?)?;
    let size = lines.file().metadata()?.len();
    Ok(Open { lines, size })
}

/// Renames the file, and every older one before it; the oldest goes.
fn rotate(path: &Path, keep: u32) -> io::Result<()> {
    let numbered = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    for number in (1..keep).rev() {
        match fs::rename(numbered(number), numbered(number + 1)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    match keep {
        0 => fs::remove_file(path),
        _ => fs::rename(path, numbered(1)),
    }
}

#[cfg(test)]
mod tests;
