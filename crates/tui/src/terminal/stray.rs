// SPDX-License-Identifier: MIT
//! What is written to standard output and standard error while the interface has the terminal. It would
//! garble the picture, so it is kept, and written where it belongs afterwards.

use rustix::io::fcntl_dupfd_cloexec;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The most that is kept, bytes: the end of it.
const MOST: usize = 64 * 1024;
/// How long the end waits for what is still on its way. A child process that has inherited the
/// descriptors may hold them for as long as it likes.
const PATIENCE: Duration = Duration::from_millis(50);

type Kept = Arc<Mutex<VecDeque<u8>>>;

/// Both descriptors lead into it until it is dropped.
#[derive(Debug)]
pub struct Stray {
    /// Where they led.
    before: [OwnedFd; 2],
    kept: Kept,
    reader: JoinHandle<()>,
}

impl Stray {
    /// From now on.
    ///
    /// # Errors
    /// Where there are no descriptors or threads left; both lead where they led then.
    pub fn catch() -> io::Result<Self> {
        // What is begun meanwhile has no way to the terminal.
        let before = [
            fcntl_dupfd_cloexec(stdout(), 0)?,
            fcntl_dupfd_cloexec(stderr(), 0)?,
        ];
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        let kept = Kept::default();
        let keeper = Arc::clone(&kept);
        let thread = thread::Builder::new().name("stray".to_owned());
        let stray = Self {
            before,
            kept,
            reader: thread.spawn(move || keep(File::from(read), &keeper))?,
        };
        // Where one of these fails, dropping takes back the other.
        dup2_stdout(&write)?;
        dup2_stderr(&write)?;
        Ok(stray)
    }
}

impl Drop for Stray {
    fn drop(&mut self) {
        let [out, err] = &self.before;
        // These are descriptors that were valid, and nothing closes them.
        dup2_stdout(out).ok();
        dup2_stderr(err).ok();
        let begun = Instant::now();
        while !self.reader.is_finished() && begun.elapsed() < PATIENCE {
            thread::sleep(PATIENCE / 10);
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // A terminal that is gone takes nothing.
        io::stderr().write_all(kept.make_contiguous()).ok();
        kept.clear();
    }
}

/// Keeps the end of what comes, until nobody can write any more.
fn keep(mut source: impl Read, kept: &Kept) {
    let mut piece = [0; 4_096];
    loop {
        let length = match source.read(&mut piece) {
            Ok(0) => return,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(&piece[..length]);
        let beyond = kept.len().saturating_sub(MOST);
        drop(kept.drain(..beyond));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_much_is_kept() {
        let of = |bytes: &[u8]| {
            let kept = Kept::default();
            keep(bytes, &kept);
            Vec::from(kept.lock().expect("nobody has panicked").clone())
        };
        let mut much = vec![b'a'; 3 * MOST];
        much.extend_from_slice(b"the end");
        let kept = of(&much);
        assert_eq!(kept.len(), MOST);
        assert!(kept.ends_with(b"the end"));
        assert_eq!(of(b"little"), b"little");
    }
}
