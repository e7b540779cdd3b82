// SPDX-License-Identifier: MIT
//! A line of the command line that has not ended, and what it has printed so far.

use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// Lines of what it prints that are kept, the last ones.
pub const MOST_LINES: usize = 2_000;
/// After so long it is shown, where it has not ended.
const PATIENCE: SignedDuration = SignedDuration::from_secs(2);

/// The command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// What it is told from others by that ended before.
    pub id: u64,
    /// The line.
    pub line: String,
    /// When it began.
    pub since: Timestamp,
    /// What it has printed.
    pub lines: VecDeque<String>,
    /// Lines before those, which are not kept.
    pub dropped: u64,
}

impl Running {
    /// It begins.
    #[must_use]
    pub fn new(id: u64, line: String, since: Timestamp) -> Self {
        Self {
            id,
            line,
            since,
            lines: VecDeque::new(),
            dropped: 0,
        }
    }

    /// It has printed more.
    pub fn print(&mut self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            if self.lines.len() == MOST_LINES {
                self.lines.pop_front();
                self.dropped += 1;
            }
            self.lines.push_back(line);
        }
    }

    /// Whether it takes so long that it is shown as what runs.
    #[must_use]
    pub fn is_long(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) >= PATIENCE
    }
}
