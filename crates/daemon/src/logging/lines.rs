// SPDX-License-Identifier: MIT
//! Whole lines into an open file, pipe or terminal.

use super::queue::Sink;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

/// Where others made a descriptor non-blocking, it is asked so often whether it takes more.
const AGAIN: Duration = Duration::from_millis(10);

/// What lines are written to.
pub(super) struct Lines {
    file: File,
    regular: bool,
    /// It ends in the middle of a line.
    torn: bool,
}

impl Lines {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let regular = file.metadata()?.is_file();
        Ok(Self {
            file,
            regular,
            torn: false,
        })
    }

    /// Standard error, but not its lock: a thread that waits here must not hold up another one that
    /// says why the daemon ends.
    pub(super) fn stderr() -> io::Result<Self> {
        let descriptor = io::stderr().as_fd().try_clone_to_owned()?;
        Self::new(File::from(descriptor))
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Whether it is a file that has a size.
    pub(super) fn is_regular(&self) -> bool {
        self.regular
    }

    /// Takes a beginning back, as where the disk was full before the end; false where what is
    /// written is written.
    fn take_back(&self, bytes: u64) -> bool {
        let shortened = || -> io::Result<()> {
            let length = self.file.metadata()?.len();
            self.file.set_len(length.saturating_sub(bytes))
        };
        self.regular && shortened().is_ok()
    }
}

impl Sink for Lines {
    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            write(&self.file, b"\n").1?;
            self.torn = false;
        }
        let (written, result) = write(&self.file, line);
        if result.is_err() && written > 0 {
            self.torn = !self.take_back(written as u64);
        }
        result
    }
}

/// How much was written, and why no more.
fn write(mut file: &File, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => return (written, Err(ErrorKind::WriteZero.into())),
            Ok(more) => written += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(AGAIN),
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}
