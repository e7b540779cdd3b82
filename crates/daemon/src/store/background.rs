// SPDX-License-Identifier: MIT
//! Work that waits for a disk, on a thread of its own.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Work under way, or none.
#[derive(Debug)]
pub struct Background<T>(Option<JoinHandle<io::Result<T>>>, Option<io::Error>);

impl<T> Default for Background<T> {
    fn default() -> Self {
        Self(None, None)
    }
}

impl<T: Send + 'static> Background<T> {
    /// Begins; that there is no thread is a failure of the work.
    pub fn begin(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Self {
        match Builder::new().name("aegis-state".to_owned()).spawn(work) {
            Ok(thread) => Self(Some(thread), None),
            Err(error) => Self(None, Some(error)),
        }
    }

    /// Whether nothing is under way, or waits to be told.
    pub fn is_idle(&self) -> bool {
        self.0.is_none() && self.1.is_none()
    }

    /// What the work came to, once.
    pub fn finished(&mut self) -> Option<io::Result<T>> {
        match &self.0 {
            Some(thread) if !thread.is_finished() => None,
            _ => self.wait(),
        }
    }

    /// The same, once it is done; `None` where there is no work.
    pub fn wait(&mut self) -> Option<io::Result<T>> {
        if let Some(error) = self.1.take() {
            return Some(Err(error));
        }
        let panicked = |_| Err(io::Error::other("the thread that wrote it panicked"));
        Some(self.0.take()?.join().unwrap_or_else(panicked))
    }
}
