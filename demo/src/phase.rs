// SPDX-License-Identifier: MIT
//! The acts of the demonstration, one a file, in the order in which they are played.

pub mod ban;
pub mod calm;
pub mod forgeries;
pub mod guard;
pub mod scans;

use crate::ledger::{Drops, Ledger};
use aegis_testbed::Daemon;
use anyhow::Result;

/// What one tool sent and what became of it.
#[derive(Clone, Debug)]
pub struct Attack {
    /// What it was, in the words of its tool.
    pub name: String,
    /// Packets, by the count of the tool.
    pub sent: u64,
    /// What the kernel dropped meanwhile.
    pub drops: Vec<Drops>,
    /// Why it should have been dropped; `None` for what passes today.
    pub expected: Option<&'static str>,
    /// What the tool got out of it.
    pub outcome: String,
}

impl Attack {
    /// How many of its packets were dropped for the expected reason.
    pub fn stopped(&self) -> u64 {
        let reason = |drop: &&Drops| Some(drop.reason.as_str()) == self.expected;
        self.drops
            .iter()
            .filter(reason)
            .map(|drop| drop.packets)
            .sum()
    }
}

/// Runs something, and says what was dropped on arrival meanwhile.
fn watched<T>(daemon: &Daemon, work: impl FnOnce() -> Result<T>) -> Result<(T, Vec<Drops>)> {
    let before = Ledger::read(daemon)?;
    let result = work()?;
    let drops = Ledger::read(daemon)?.arriving_drops_since(&before);
    Ok((result, drops))
}
