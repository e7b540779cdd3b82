// SPDX-License-Identifier: MIT
//! The kernel's counters, as `aegis-cli stats --json` tells them, and what moved between two looks.

use aegis_api::{CounterRow, EventRow, Stats, Status};
use aegis_testbed::Daemon;
use anyhow::{Context as _, Result};

const ARRIVING: &str = "xdp_ingress";
const DEPARTING: &str = "tc_egress";

/// Packets that did not reach the stack, for one reason: dropped, or answered in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Such as `tcp_null`.
    pub reason: String,
    /// How many.
    pub packets: u64,
}

/// What became of the events of all drops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Handed to the daemon.
    pub sent: u64,
    /// Over budget, only counted.
    pub suppressed: u64,
    /// No room in the buffer.
    pub lost: u64,
}

/// Counters at one moment.
#[derive(Debug, Default)]
pub struct Ledger(Stats);

impl Ledger {
    /// Asks the daemon, which asks the kernel.
    pub fn read(daemon: &Daemon) -> Result<Self> {
        let stats = serde_json::from_value(daemon.json(&["stats"])?);
        stats
            .map(Self)
            .context("cannot read the answer of `aegis-cli stats --json`")
    }

    /// What was stopped on arrival since an earlier look, by reason, the most first.
    pub fn stopped_since(&self, earlier: &Self) -> Vec<Stopped> {
        let mut stopped: Vec<Stopped> = Vec::new();
        for row in self.0.counters.iter().filter(|row| is_stop(row, ARRIVING)) {
            let packets = row.packets - earlier.packets(row);
            match stopped.iter_mut().find(|known| known.reason == row.reason) {
                Some(known) => known.packets += packets,
                None => stopped.push(Stopped {
                    reason: row.reason.clone(),
                    packets,
                }),
            }
        }
        stopped.retain(|one| one.packets > 0);
        stopped.sort_by_key(|one| std::cmp::Reverse(one.packets));
        stopped
    }

    /// How many packets were dropped on departure since an earlier look.
    pub fn departing_drops_since(&self, earlier: &Self) -> u64 {
        let rows = self.0.counters.iter().filter(|row| is_stop(row, DEPARTING));
        rows.map(|row| row.packets - earlier.packets(row)).sum()
    }

    /// Every packet dropped or answered in the stack's place so far, either way.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.packets + self.0.answered.packets
    }

    /// Every packet passed so far, either way.
    pub fn passed(&self) -> u64 {
        self.0.passed.packets
    }

    /// What became of events so far.
    pub fn events(&self) -> Events {
        let add = |sum: Events, row: &EventRow| Events {
            sent: sum.sent + row.sent,
            suppressed: sum.suppressed + row.suppressed,
            lost: sum.lost + row.lost,
        };
        self.0.events.iter().fold(Events::default(), add)
    }

    fn packets(&self, like: &CounterRow) -> u64 {
        let same = |row: &&CounterRow| {
            let cell = |row: &CounterRow| {
                (
                    row.hook.clone(),
                    row.family.clone(),
                    row.reason.clone(),
                    row.action.clone(),
                )
            };
            cell(row) == cell(like)
        };
        self.0
            .counters
            .iter()
            .find(same)
            .map_or(0, |row| row.packets)
    }
}

fn is_stop(row: &CounterRow, hook: &str) -> bool {
    row.action != "pass" && row.hook == hook
}

/// What is attached, as the kernel tells the daemon.
pub fn status(daemon: &Daemon) -> Result<Status> {
    let status = serde_json::from_value(daemon.json(&["status"])?);
    status.context("cannot read the answer of `aegis-cli status --json`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::Total;

    fn row(hook: &str, family: &str, reason: &str, packets: u64) -> CounterRow {
        let (hook, family) = (hook.to_owned(), family.to_owned());
        let action = if reason == "default" { "pass" } else { "drop" };
        let (reason, class, action) = (reason.to_owned(), String::new(), action.to_owned());
        CounterRow {
            hook,
            family,
            reason,
            class,
            action,
            packets,
            bytes: 60 * packets,
        }
    }

    fn ledger(counters: Vec<CounterRow>) -> Ledger {
        Ledger(Stats {
            counters,
            dropped: Total {
                packets: 9,
                bytes: 0,
            },
            ..Stats::default()
        })
    }

    #[test]
    fn what_moved_is_summed_over_families_and_sorted() {
        let before = ledger(vec![
            row(ARRIVING, "ipv4", "land", 5),
            row(ARRIVING, "ipv4", "default", 5),
        ]);
        let after = ledger(vec![
            row(ARRIVING, "ipv4", "land", 6),
            row(ARRIVING, "ipv4", "tcp_xmas", 20),
            row(ARRIVING, "ipv6", "tcp_xmas", 3),
            row(ARRIVING, "ipv4", "default", 50),
            row(DEPARTING, "ipv4", "ban_address", 7),
        ]);
        let stopped = |reason: &str, packets| Stopped {
            reason: reason.to_owned(),
            packets,
        };
        assert_eq!(
            after.stopped_since(&before),
            [stopped("tcp_xmas", 23), stopped("land", 1)]
        );
        assert_eq!(after.departing_drops_since(&before), 7);
        assert_eq!(after.stopped_since(&after), []);
    }
}
