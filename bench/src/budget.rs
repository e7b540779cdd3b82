// SPDX-License-Identifier: MIT
//! What the verifier has to walk for each program, and how long loading takes, next to a committed
//! budget: a change that makes a program much harder to verify is noticed when it is made.

use crate::machine::Machine;
use crate::measure::Samples;
use aegis_abi::Link;
use aegis_engine::rig::{LoadCost, Rig, Runnable};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Loads of which the median is taken.
const LOADS: usize = 5;
/// What a program may grow by before the budget has to be changed, in hundredths.
const ALLOWANCE: u32 = 10;
const HEAD: &str = "\
# SPDX-License-Identifier: MIT
# The most instructions that the verifier may walk for each program, checked by `cargo xtask test`.
# Written by `cargo xtask bench --bless`. Kernels differ a little; the one measured on is named.
";

/// The committed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Release of the kernel that `measured` is of.
    pub kernel: String,
    /// By name.
    pub programs: BTreeMap<String, Line>,
}

/// The budget of one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Instructions walked when the budget was written.
    pub measured: u32,
    /// The most that may be.
    pub maximum: u32,
}

/// One program as it is now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Instructions walked; 0 where the kernel does not say (before Linux 5.16).
    pub verified: u32,
    /// The most that may be; 0 where the budget does not know the program.
    pub maximum: u32,
    /// Milliseconds that loading it took; the median.
    pub load_ms: f64,
}

impl Program {
    /// Whether it is within its budget; `None` where the kernel does not say.
    pub fn held(&self) -> Option<bool> {
        (self.verified != 0).then_some(self.verified <= self.maximum)
    }

    /// What is wrong, if something is.
    pub fn complaint(&self) -> Option<String> {
        let Self {
            name,
            verified,
            maximum,
            ..
        } = self;
        if self.held() != Some(false) {
            None
        } else if *maximum == 0 {
            Some(format!(
                "{name} has no budget; write one: cargo xtask bench --bless"
            ))
        } else {
            Some(format!(
                "the verifier walks {verified} instructions of {name}, its budget is {maximum}; make it simpler, or \
                 change the budget: cargo xtask bench --bless"
            ))
        }
    }
}

/// Where the budget is.
pub fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("budget.toml")
}

impl Budget {
    /// Reads the committed budget.
    ///
    /// # Errors
    /// Where it is missing or says what it should not.
    pub fn read() -> Result<Self> {
        let path = file();
        let text = fs::read_to_string(&path).with_context(|| {
            format!(
                "cannot read {}; write it: cargo xtask bench --bless",
                path.display()
            )
        })?;
        toml::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))
    }

    /// The budget for programs as they are, with an allowance.
    pub fn of(programs: &[Program], kernel: String) -> Self {
        let line = |program: &Program| Line {
            measured: program.verified,
            maximum: (program.verified + program.verified * ALLOWANCE / 100).next_multiple_of(100),
        };
        Self {
            kernel,
            programs: programs
                .iter()
                .map(|program| (program.name.clone(), line(program)))
                .collect(),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self) -> Result<()> {
        let path = file();
        let text = format!(
            "{HEAD}{}",
            toml::to_string(self).context("cannot write the budget as TOML")?
        );
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    fn maximum(&self, name: &str) -> u32 {
        self.programs.get(name).map_or(0, |line| line.maximum)
    }
}

/// Loads the programs once and compares them with the committed budget.
///
/// # Errors
/// Where they cannot be loaded, or there is no budget.
pub fn check() -> Result<Vec<Program>> {
    measure(1, Some(&Budget::read()?))
}

/// Loads the programs and says what it took.
///
/// # Errors
/// Where they cannot be loaded.
pub fn report(budget: Option<&Budget>) -> Result<Vec<Program>> {
    measure(LOADS, budget)
}

/// Makes what there is the budget.
///
/// # Errors
/// Where the programs cannot be loaded, or the file cannot be written.
pub fn bless() -> Result<Vec<Program>> {
    let programs = measure(1, None)?;
    let budget = Budget::of(&programs, Machine::here().kernel);
    budget.write()?;
    Ok(programs
        .into_iter()
        .map(|program| Program {
            maximum: budget.maximum(&program.name),
            ..program
        })
        .collect())
}

fn measure(loads: usize, budget: Option<&Budget>) -> Result<Vec<Program>> {
    let mut costs: Vec<Vec<(Runnable, LoadCost)>> = Vec::with_capacity(loads);
    for _ in 0..loads {
        costs.push(Rig::load(Link::Ethernet, false)?.costs().to_vec());
    }
    let known = costs.first().into_iter().flatten();
    // The others are there to measure against.
    let product = known.filter(|(runnable, _)| runnable.is_ours());
    Ok(product
        .map(|(runnable, _)| program(*runnable, &costs, budget))
        .collect())
}

/// Bytes that the kernel charges for each table.
///
/// # Errors
/// Where the programs cannot be loaded, or the kernel does not say.
pub fn tables() -> Result<BTreeMap<String, u64>> {
    Ok(Rig::load(Link::Ethernet, false)?.table_bytes()?)
}

fn program(
    runnable: Runnable,
    loads: &[Vec<(Runnable, LoadCost)>],
    budget: Option<&Budget>,
) -> Program {
    let own: Vec<LoadCost> = loads
        .iter()
        .flatten()
        .filter(|(other, _)| *other == runnable)
        .map(|(_, cost)| *cost)
        .collect();
    let times = own
        .iter()
        .map(|cost| cost.time.as_secs_f64() * 1e3)
        .collect();
    Program {
        name: runnable.name().to_owned(),
        verified: own
            .iter()
            .map(|cost| cost.verified_instructions)
            .max()
            .unwrap_or(0),
        maximum: budget.map_or(0, |budget| budget.maximum(runnable.name())),
        load_ms: Samples(times).summary().median,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(verified: u32, maximum: u32) -> Program {
        Program {
            name: "aegis_ingress".to_owned(),
            verified,
            maximum,
            load_ms: 1.0,
        }
    }

    #[test]
    fn a_program_may_use_its_whole_budget_and_no_more() {
        assert_eq!(program(500, 500).complaint(), None);
        let complaint = program(501, 500).complaint().unwrap();
        assert!(
            complaint.contains("501") && complaint.contains("--bless"),
            "{complaint}"
        );
    }

    #[test]
    fn a_program_without_a_budget_is_over_it() {
        assert!(program(1, 0).complaint().unwrap().contains("has no budget"));
    }

    #[test]
    fn a_kernel_that_does_not_count_cannot_be_held_to_a_budget() {
        assert_eq!(
            (program(0, 500).held(), program(0, 500).complaint()),
            (None, None)
        );
    }

    #[test]
    fn a_new_budget_leaves_room_for_a_tenth() {
        let budget = Budget::of(&[program(1234, 0)], "6.1".to_owned());
        assert_eq!(
            budget.programs["aegis_ingress"],
            Line {
                measured: 1234,
                maximum: 1400
            }
        );
    }

    #[test]
    fn the_file_reads_as_it_was_written() {
        let budget = Budget::of(&[program(1234, 0)], "6.1".to_owned());
        let text = format!("{HEAD}{}", toml::to_string(&budget).unwrap());
        assert_eq!(toml::from_str::<Budget>(&text).unwrap(), budget);
    }
}
