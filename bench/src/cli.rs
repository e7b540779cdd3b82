// SPDX-License-Identifier: MIT
//! The command line.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the report is what this program is for"
)]

use crate::budget::{self, Budget, Program};
use crate::cpu::raise_priority;
use crate::machine::Machine;
use crate::report::{self, Report};
use crate::{endurance, lists, lives, path, screen, wire};
use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures what Aegis costs (root; about four minutes).
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Arguments {
    /// Fewer and shorter rounds: a first impression in half a minute
    #[arg(long)]
    quick: bool,
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Write the figures to this file too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print the section for the README, and nothing else
    #[arg(long)]
    markdown: bool,
    /// Put the figures into the README, between its bench markers
    #[arg(long)]
    write_readme: bool,
    /// Only compare the programs with bench/budget.toml; measures no time
    #[arg(long, exclusive = true)]
    check: bool,
    /// Make the programs as they are the budget
    #[arg(long, exclusive = true)]
    bless: bool,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Packets judged one by one
    Path,
    /// Packets dropped on a wire, next to nftables
    Wire,
    /// Verified instructions, load time and memory
    Programs,
    /// Many commands to a daemon, and what they leave behind
    Endurance,
    /// Lists of up to a million entries: packets, loading and memory, next to nftables
    Lists,
    /// Starts, takeovers, idleness, and kills in the middle of commands
    Lives,
    /// The terminal interface: its first picture, and what it takes beside many connections
    Screen,
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    match dispatch(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &Arguments) -> Result<ExitCode> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "measuring in the kernel needs root; run it with sudo"
    );
    if arguments.check {
        return Ok(conclude_check(&budget::check()?));
    }
    if arguments.bless {
        print!("{}", report::program_table(&budget::bless()?));
        println!("written to {}", budget::file().display());
        return Ok(ExitCode::SUCCESS);
    }
    let report = arguments.measure()?;
    arguments.publish(&report)?;
    Ok(ExitCode::SUCCESS)
}

fn conclude_check(programs: &[Program]) -> ExitCode {
    print!("{}", report::program_table(programs));
    let complaints: Vec<String> = programs.iter().filter_map(Program::complaint).collect();
    for complaint in &complaints {
        eprintln!("error: {complaint}");
    }
    if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

impl Arguments {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    fn measure(&self) -> Result<Report> {
        let (path, wire, commands) = if self.quick { QUICK } else { FULL };
        raise_priority(None)?;
        let machine = Machine::here();
        let mut report = Report {
            machine,
            path: Vec::new(),
            programs: Vec::new(),
            tables: BTreeMap::new(),
            wire: Vec::new(),
            endurance: None,
            lists: None,
            lives: None,
            screen: None,
        };
        eprintln!("{}; load {}", report.machine.line(), report.machine.load);
        if self.wants(Part::Programs) {
            report.programs = budget::report(Budget::read().ok().as_ref())?;
            report.tables = budget::tables()?;
        }
        if self.wants(Part::Path) {
            eprintln!(
                "judging packets: {} rounds of {} runs each",
                path.rounds, path.runs
            );
            report.path = path::measure(path)?;
        }
        if self.wants(Part::Wire) {
            eprintln!(
                "dropping packets on a wire: {} rounds of {} packets each",
                wire.rounds, wire.packets
            );
            report.wire = wire::measure(wire)?;
        }
        if self.wants(Part::Lists) {
            eprintln!("loading lists: {} rounds of packets", path.rounds);
            report.lists = Some(lists::measure(path.rounds, wire)?);
        }
        if self.wants(Part::Endurance) {
            eprintln!("commanding a daemon {commands} times");
            report.endurance = Some(endurance::measure(commands)?);
        }
        if self.wants(Part::Lives) {
            let (starts, kills) = if self.quick { (3, 10) } else { (9, 200) };
            eprintln!("starting a daemon {starts} times, and killing it {kills} times");
            report.lives = Some(lives::measure(starts, kills)?);
        }
        if self.wants(Part::Screen) {
            eprintln!("drawing");
            report.screen = Some(screen::measure()?);
        }
        Ok(report)
    }

    fn publish(&self, report: &Report) -> Result<()> {
        let text = report.markdown();
        if self.markdown {
            print!("{text}");
        } else {
            println!("\n{text}");
            let missed = report.missed();
            match &missed[..] {
                [] => println!("Every target is reached."),
                missed => println!("Targets missed: {}.", missed.join("; ")),
            }
        }
        if let Some(file) = &self.json {
            let json =
                serde_json::to_string_pretty(report).context("cannot write the figures as JSON")?;
            fs::write(file, json + "\n")
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        if self.write_readme {
            report::write_readme(&text)
        } else {
            Ok(())
        }
    }
}

const FULL: (path::Effort, wire::Effort, usize) = (
    path::Effort {
        rounds: 15,
        runs: 1_000_000,
    },
    wire::Effort {
        rounds: 9,
        packets: 1_000_000,
    },
    100_000,
);
const QUICK: (path::Effort, wire::Effort, usize) = (
    path::Effort {
        rounds: 7,
        runs: 200_000,
    },
    wire::Effort {
        rounds: 3,
        packets: 300_000,
    },
    10_000,
);

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn parts_can_be_chosen() {
        let arguments = Arguments::parse_from(["bench", "--only", "path,wire"]);
        assert!(
            arguments.wants(Part::Path)
                && arguments.wants(Part::Wire)
                && !arguments.wants(Part::Programs)
        );
        assert!(Arguments::parse_from(["bench"]).wants(Part::Programs));
    }
}
