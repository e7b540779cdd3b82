// SPDX-License-Identifier: MIT
//! What was measured, for people and for programs.
//!
//! The tables are Markdown, which reads well in a terminal too, so that the README shows what the
//! bench prints.

mod lists;
mod readme;

use crate::machine::Machine;
use crate::measure::Summary;
use crate::{budget, endurance, lives, path, screen, wire};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use readme::write_readme;

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// On what.
    pub machine: Machine,
    /// Rounds of packets judged one by one.
    pub path: Vec<path::Cost>,
    /// Programs loaded.
    pub programs: Vec<budget::Program>,
    /// Bytes that the kernel charges for each table.
    pub tables: BTreeMap<String, u64>,
    /// Packets dropped on a wire.
    pub wire: Vec<wire::Cost>,
    /// Many commands.
    pub endurance: Option<endurance::Endurance>,
    /// What lists cost.
    pub lists: Option<crate::lists::Lists>,
    /// What a daemon's lives cost.
    pub lives: Option<lives::Lives>,
    /// What the terminal interface takes.
    pub screen: Option<screen::Screen>,
}

impl Report {
    /// Names of what misses its target.
    pub fn missed(&self) -> Vec<&str> {
        let path = self
            .path
            .iter()
            .filter(|cost| cost.held() == Some(false))
            .map(|cost| &*cost.what);
        let programs = self
            .programs
            .iter()
            .filter(|program| program.held() == Some(false));
        let wire = self
            .wire
            .iter()
            .filter(|cost| cost.held() == Some(false))
            .map(|cost| &*cost.filter);
        path.chain(programs.map(|program| &*program.name))
            .chain(wire)
            .chain(self.lists.iter().flat_map(lists::missed))
            .collect()
    }

    /// The tables, with what they were measured on and how to measure again.
    pub fn markdown(&self) -> String {
        let mut text = format!("Measured on {}.\n", self.machine.line());
        if !self.path.is_empty() {
            text += "\nOne packet judged (`BPF_PROG_TEST_RUN`, medians of interleaved rounds, ± half the distance of the quartiles):\n\n";
            text += &self.path_table();
            text += &format!("\n{}\n", path::note());
        }
        if !self.wire.is_empty() {
            text += "\nOne packet of a banned source dropped, on a veth pair with the generator on one CPU and the receiver on the other:\n\n";
            text += &self.wire_table();
        }
        if let Some(lists) = &self.lists {
            text += &lists::section(lists);
        }
        if let Some(endurance) = &self.endurance {
            text += &format!("\n{}\n", commands(endurance));
        }
        if let Some(lives) = &self.lives {
            text += &format!("\n{}\n", of_lives(lives));
        }
        if let Some(screen) = &self.screen {
            text += &format!("\n{}\n", of_screen(screen));
        }
        if !self.programs.is_empty() {
            text += "\nPrograms:\n\n";
            text += &program_table(&self.programs);
        }
        if !self.tables.is_empty() {
            text += &format!("\n{}\n", memory(&self.tables));
        }
        text + "\nMeasure it yourself: `cargo xtask bench` (`--quick` for a first impression).\n"
    }

    fn path_table(&self) -> String {
        let mut table = Table::new(&["packet", "ns", "times", "of", "target", "held"]);
        for cost in &self.path {
            let own = cost.what == cost.against;
            table.row([
                cost.what.clone(),
                with_spread(cost.ns, 1),
                if own {
                    String::new()
                } else {
                    with_spread(cost.ratio, 2)
                },
                if own {
                    String::new()
                } else {
                    cost.against.clone()
                },
                cost.target
                    .map(|target| format!("≤ {target}"))
                    .unwrap_or_default(),
                held(cost.held()),
            ]);
        }
        table.text()
    }

    fn wire_table(&self) -> String {
        let mut table = Table::new(&[
            "filter",
            "ns of receiving CPU",
            "times Aegis",
            "target",
            "held",
        ]);
        for cost in &self.wire {
            table.row([
                cost.filter.clone(),
                with_spread(cost.ns, 1),
                with_spread(cost.ratio, 2),
                cost.target
                    .map(|target| format!("≥ {target}"))
                    .unwrap_or_default(),
                held(cost.held()),
            ]);
        }
        table.text()
    }
}

/// The table of programs alone.
pub fn program_table(programs: &[budget::Program]) -> String {
    let mut table = Table::new(&[
        "program",
        "instructions verified",
        "budget",
        "held",
        "load, ms",
    ]);
    for program in programs {
        table.row([
            program.name.clone(),
            if program.verified == 0 {
                "not told".to_owned()
            } else {
                program.verified.to_string()
            },
            program.maximum.to_string(),
            held(program.held()),
            format!("{:.1}", program.load_ms),
        ]);
    }
    table.text()
}

/// What all tables take, and which of them take the most of it.
fn memory(tables: &BTreeMap<String, u64>) -> String {
    const SHOWN: usize = 8;
    let mut largest: Vec<(&String, &u64)> = tables.iter().collect();
    largest.sort_by_key(|(_, bytes)| std::cmp::Reverse(**bytes));
    let shown = largest.iter().take(SHOWN);
    let shown: Vec<String> = shown
        .map(|(name, bytes)| format!("`{name}` {}", mebibytes(**bytes)))
        .collect();
    format!(
        "Memory: the kernel charges {} MiB for all {} tables, before anything is in them; the largest are {}.",
        mebibytes(tables.values().sum()),
        tables.len(),
        shown.join(", ")
    )
}

/// What many commands came to.
fn commands(endurance: &endurance::Endurance) -> String {
    let [start, middle, end] = endurance.held;
    let memory = [start, middle, end].map(|held| mebibytes(held.memory_kib << 10));
    format!(
        "Endurance: {} commands over one connection (ban, list, count, unban), {:.0} a second; resident memory {} MiB at the start, {} in the middle, {} at the end; open files {}, {}, {}.",
        endurance.commands,
        endurance.per_second,
        memory[0],
        memory[1],
        memory[2],
        start.files,
        middle.files,
        end.files,
    )
}

/// What a daemon's lives came to.
fn of_lives(lives: &lives::Lives) -> String {
    let begun = format!(
        "A start: {:.0} ms until the first packet is judged, {:.0} ms until the daemon answers; after a kill the next one answers in {:.0} ms, and packets are judged all the while.",
        lives.enforcing_ms, lives.ready_ms, lives.taken_over_ms,
    );
    let idle = format!(
        "Idle, with {} connections: {:.2} % of one processor, {} MiB resident.",
        lives.flows,
        lives.idle_percent,
        mebibytes(lives.held.memory_kib << 10),
    );
    let killed = format!(
        "Killed {} times in the middle of commands, under {} packets that were to be dropped: {} passed, {} confirmed bans were lost.",
        lives.kills, lives.sent, lives.passed, lives.lost_bans,
    );
    format!("{begun} {idle} {killed}")
}

/// What the terminal interface came to.
fn of_screen(screen: &screen::Screen) -> String {
    let takes = |[own, daemon]: [f64; 2]| {
        format!("{own:.1} % of one processor, and its daemon {daemon:.1} %")
    };
    format!(
        "The terminal interface: its first picture after {:.0} ms, one with the daemon's answers after {:.0} ms. With hardly any connection it takes {}; with {} connections {} on the tab of connections, and {} on that of rates.",
        screen.first_ms,
        screen.answered_ms,
        takes(screen.idle_percent),
        screen.flows,
        takes(screen.connections_percent),
        takes(screen.rates_percent),
    )
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}

fn with_spread(summary: Summary, digits: usize) -> String {
    let half = (summary.high - summary.low) / 2.0;
    format!("{:.digits$} ± {half:.digits$}", summary.median)
}

fn held(held: Option<bool>) -> String {
    match held {
        Some(true) => "yes".to_owned(),
        Some(false) => "**no**".to_owned(),
        None => String::new(),
    }
}

/// A Markdown table with columns as wide as they need to be.
struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    fn new(head: &[&str; N]) -> Self {
        Self {
            rows: vec![head.map(str::to_owned)],
        }
    }

    fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    fn text(&self) -> String {
        let width = |at: usize| {
            self.rows
                .iter()
                .map(|row| row[at].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: [usize; N] = std::array::from_fn(width);
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            line(
                &mut text,
                row.iter()
                    .zip(widths)
                    .map(|(cell, width)| format!(" {cell:width$} ")),
            );
            if number == 0 {
                line(&mut text, widths.iter().map(|width| "-".repeat(width + 2)));
            }
        }
        text
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for cell in cells {
        write!(text, "|{cell}").expect("a String takes everything");
    }
    text.push_str("|\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_as_wide_as_its_widest_cells() {
        let mut table = Table::new(&["a", "bb"]);
        table.row(["€€€".to_owned(), String::new()]);
        assert_eq!(table.text(), "| a   | bb |\n|-----|----|\n| €€€ |    |\n");
    }

    #[test]
    fn what_misses_its_target_is_named() {
        let program = |name: &str, verified| budget::Program {
            name: name.to_owned(),
            verified,
            maximum: 100,
            load_ms: 0.0,
        };
        let programs = vec![program("small", 100), program("large", 101)];
        let report = Report {
            machine: Machine::here(),
            path: Vec::new(),
            programs,
            tables: BTreeMap::from([
                ("FLOWS_V4".to_owned(), 3 << 20),
                ("CLOCK".to_owned(), 1 << 19),
            ]),
            wire: Vec::new(),
            lists: None,
            lives: None,
            screen: None,
            endurance: Some(endurance::Endurance {
                commands: 100,
                per_second: 50.4,
                held: [endurance::Held {
                    memory_kib: 20_480,
                    files: 30,
                }; 3],
            }),
        };
        let endured = "100 commands over one connection (ban, list, count, unban), 50 a second; resident memory 20.0 MiB at";
        assert!(report.markdown().contains(endured));
        assert_eq!(report.missed(), ["large"]);
        let memory = "3.5 MiB for all 2 tables, before anything is in them; the largest are `FLOWS_V4` 3.0, `CLOCK` 0.5.";
        assert!(report.markdown().contains(memory), "{}", report.markdown());
        assert!(
            report.markdown().contains("| large   | 101 "),
            "{}",
            report.markdown()
        );
    }
}
