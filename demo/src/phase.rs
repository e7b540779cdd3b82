// SPDX-License-Identifier: MIT
//! The acts of the demonstration, one a file, in the order in which they are played.

pub mod ban;
pub mod calm;
pub mod floods;
pub mod forgeries;
pub mod guard;
pub mod scans;

use crate::ledger::{Ledger, Stopped};
use crate::scene::Scene;
use aegis_testbed::Daemon;
use anyhow::Result;

/// What one tool sent and what became of it.
#[derive(Clone, Debug)]
pub struct Attack {
    /// What it was, in the words of its tool.
    pub name: String,
    /// Packets, by the count of the tool.
    pub sent: u64,
    /// What the kernel stopped meanwhile.
    pub stopped: Vec<Stopped>,
    /// Why it should have been stopped, each a reason.
    pub expected: &'static [&'static str],
    /// The share of its packets that should have been, in percent.
    pub least: u64,
    /// What the tool got out of it.
    pub outcome: String,
}

impl Attack {
    /// What was stopped for expected reasons, the most first.
    fn as_expected(&self) -> impl Iterator<Item = &Stopped> {
        let expected = |one: &&Stopped| self.expected.contains(&one.reason.as_str());
        self.stopped.iter().filter(expected)
    }

    /// How many of its packets were stopped for expected reasons.
    pub fn stopped(&self) -> u64 {
        self.as_expected().map(|one| one.packets).sum()
    }

    /// The reason for which most were.
    pub fn reason(&self) -> &str {
        self.as_expected()
            .next()
            .map_or("-", |most| most.reason.as_str())
    }
}

/// Runs something, and says what was stopped on arrival meanwhile.
fn watched<T>(daemon: &Daemon, work: impl FnOnce() -> Result<T>) -> Result<(T, Vec<Stopped>)> {
    let before = Ledger::read(daemon)?;
    let result = work()?;
    let stopped = Ledger::read(daemon)?.stopped_since(&before);
    Ok((result, stopped))
}

/// Forgets what the attacker did before, so that each act speaks for itself.
fn forgive(scene: &Scene, daemon: &Daemon) -> Result<()> {
    let attacker = scene.attacker();
    for address in [attacker.v4().to_string(), attacker.v6().to_string()] {
        // Whoever did nothing has nothing to be forgiven: not found.
        daemon.cli(&["unblock", &address])?;
    }
    Ok(())
}
