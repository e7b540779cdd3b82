// SPDX-License-Identifier: MIT
//! What the demonstration claims, and whether it was so.

/// Everything claimed so far.
#[derive(Debug, Default)]
pub struct Claims {
    made: usize,
    broken: Vec<String>,
}

impl Claims {
    /// Claims something; `found` says what was found instead.
    pub fn that(&mut self, claim: &str, held: bool, found: impl FnOnce() -> String) {
        self.made += 1;
        if !held {
            self.broken.push(format!("{claim}: {}", found()));
        }
    }

    /// How many were made.
    pub fn made(&self) -> usize {
        self.made
    }

    /// Those that did not hold.
    pub fn broken(&self) -> &[String] {
        &self.broken
    }
}
