// SPDX-License-Identifier: MIT
//! The log of a daemon in the prompt's process. Lines that come while somebody types wait until they
//! have typed theirs.
//!
//! rustyline's external printer would show them at once, but while it has one it does not see what
//! was pasted or typed ahead (18.0.1, `PosixRawReader::select` looks past its own buffer).

use crate::output;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lines that may wait; those beyond are counted.
const MOST: usize = 100;

/// Where log lines are written to.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    is_held: bool,
    lines: Vec<String>,
    beyond: usize,
}

impl Log {
    /// From now on lines wait.
    pub fn hold(&self) {
        self.waiting().is_held = true;
    }

    /// Those that waited are written, and others as they come.
    pub fn release(&self) {
        let waiting = std::mem::take(&mut *self.waiting());
        waiting.lines.iter().for_each(|line| output::note(line));
        if waiting.beyond > 0 {
            output::note(&format!("and {} more lines of the log", waiting.beyond));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // A panic elsewhere leaves these plain values whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever writes has whole lines.
impl Write for Log {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(lines);
        let mut waiting = self.waiting();
        for line in text.lines() {
            if !waiting.is_held {
                output::note(line);
            } else if waiting.lines.len() < MOST {
                waiting.lines.push(line.to_owned());
            } else {
                waiting.beyond += 1;
            }
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_lines_wait_and_the_others_are_counted() {
        let mut log = Log::default();
        log.hold();
        for number in 0..MOST + 3 {
            let line = format!("line {number}\n");
            log.write_all(line.as_bytes()).expect("it takes everything");
        }
        let told = |waiting: &Waiting| (waiting.is_held, waiting.lines.len(), waiting.beyond);
        assert_eq!(told(&log.waiting()), (true, MOST, 3));
        log.release();
        assert_eq!(told(&log.waiting()), (false, 0, 0));
    }
}
