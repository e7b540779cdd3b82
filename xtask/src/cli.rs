// SPDX-License-Identifier: MIT
//! The commands and what each of them runs.

use std::{env, path::PathBuf, process::ExitCode};

use aegis_ebpf_build::Workspace;
use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use crate::{
    build::{self, Profile},
    check, fuzz, privileged, setup, step, test,
};

/// Builds, checks, tests and shows Aegis.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Install what building and testing needs; does nothing where all is there
    Setup {
        /// Only report what is there and what is missing
        #[arg(long)]
        check: bool,
    },
    /// Build the kernel programs alone
    BuildEbpf,
    /// Build the kernel programs and the program `aegis-cli` around them
    BuildAll {
        /// How userspace is compiled
        #[arg(long, value_enum, default_value_t = Profile::Release)]
        profile: Profile,
    },
    /// Format, lints, documentation, licences, spelling, ABI: all that runs no packet
    Check,
    /// Set up, check, build, run every test, fuzz a little, and sum up
    #[command(visible_alias = "ci")]
    Test {
        /// Seconds for each fuzz target; 0 leaves them out
        #[arg(long, default_value_t = 10)]
        fuzz_seconds: u64,
    },
    /// Watch Aegis stop real scanners, in network namespaces of its own (root)
    Demo {
        /// Arguments for the demo itself
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure the packet path (root)
    Bench {
        /// Arguments for the benchmark itself
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the fuzz targets, each for a bounded time
    Fuzz {
        /// Seconds for each target
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Only these targets
        targets: Vec<String>,
    },
}

/// Runs the command that the user typed.
pub fn run() -> ExitCode {
    match workspace().and_then(|workspace| dispatch(&workspace, Arguments::parse().verb)) {
        Ok(code) => code,
        Err(error) => {
            step::failure(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn workspace() -> Result<Workspace> {
    let start = match env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => env::current_dir().context("cannot tell the current folder")?,
    };
    Ok(Workspace::around(&start)?)
}

fn dispatch(workspace: &Workspace, verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Setup { check: true } => return Ok(setup::report(workspace)),
        Verb::Setup { check: false } => setup::everything(workspace)?,
        Verb::BuildEbpf => build::ebpf(workspace)?,
        Verb::BuildAll { profile } => build::all(workspace, profile)?,
        Verb::Check => return Ok(check::all(workspace).conclude()),
        Verb::Test { fuzz_seconds } => return test::all(workspace, fuzz_seconds),
        Verb::Demo { arguments } => privileged::demo(workspace, &arguments)?,
        Verb::Bench { arguments } => privileged::bench(workspace, &arguments)?,
        Verb::Fuzz { seconds, targets } => {
            return Ok(fuzz::run(workspace, seconds, &targets)?.conclude());
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn ci_is_what_a_developer_runs() {
        let arguments = Arguments::parse_from(["xtask", "ci"]);
        assert!(matches!(arguments.verb, Verb::Test { fuzz_seconds: 10 }));
    }

    #[test]
    fn options_after_bench_belong_to_the_benchmark() {
        let arguments = Arguments::parse_from(["xtask", "bench", "--quick", "drop"]);
        let Verb::Bench { arguments } = arguments.verb else {
            panic!("{arguments:?}")
        };
        assert_eq!(arguments, ["--quick", "drop"]);
    }
}
