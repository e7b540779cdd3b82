// SPDX-License-Identifier: MIT
//! Everything that can be said of the sources without sending a packet.

mod expression;
mod headers;
mod licences;
mod sources;
mod spelling;

use std::process::Command;

use aegis_ebpf_build::{Toolchain, Workspace};
use anyhow::Result;

use crate::{
    step,
    tally::{Skip, Tally},
};

/// The workspaces that stand beside the main one.
const OTHER_WORKSPACES: [&str; 2] = ["ebpf", "fuzz"];

/// How a check ended that did not fail.
enum Outcome {
    Passed,
    /// A tool it needs is not here.
    Skipped(String),
}

struct Check {
    name: &'static str,
    expected: &'static str,
    run: fn(&Workspace) -> Result<Outcome>,
}

const fn check(
    name: &'static str,
    expected: &'static str,
    run: fn(&Workspace) -> Result<Outcome>,
) -> Check {
    Check {
        name,
        expected,
        run,
    }
}

/// Quick ones first, so that a slip is told at once.
const CHECKS: [Check; 7] = [
    check("licence headers", "at once", headers::check),
    check("spelling", "2 s", spelling::check),
    check("format", "2 s", format),
    check(
        "dependency licences",
        "at once, or as long as a download takes",
        licences::check,
    ),
    check("lints", "2 minutes the first time, then seconds", lints),
    check(
        "lints of the kernel programs",
        "half a minute the first time",
        kernel_lints,
    ),
    check("documentation", "half a minute", documentation),
];

/// The tests include it, so only `cargo xtask check` runs it by itself.
const ABI: Check = check("kernel ABI layout", "half a minute", abi);

/// Every check.
pub fn all(workspace: &Workspace) -> Tally {
    run(workspace, CHECKS.iter().chain([&ABI]))
}

/// Every check that the tests do not repeat.
pub fn before_tests(workspace: &Workspace) -> Tally {
    run(workspace, CHECKS.iter())
}

fn run<'a>(workspace: &Workspace, checks: impl Iterator<Item = &'a Check>) -> Tally {
    let mut tally = Tally::default();
    for check in checks {
        let name = format!("check {}", check.name.replace(' ', "-"));
        let text = format!("check: {}", check.name);
        match step::timed(&text, check.expected, || (check.run)(workspace)) {
            Ok(Outcome::Passed) => tally.passed += 1,
            Ok(Outcome::Skipped(reason)) => {
                step::note(&format!("skipped: {reason}"));
                tally.skipped.push(Skip { name, reason });
            }
            Err(error) => {
                step::note(&format!("{error:#}"));
                tally.failed.push(format!("{name}: {error:#}"));
            }
        }
    }
    tally
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut cargo = step::cargo();
    cargo.current_dir(workspace.root()).args(arguments);
    cargo
}

fn format(workspace: &Workspace) -> Result<Outcome> {
    let arguments = ["fmt", "--all", "--check", "--", "--color", "never"];
    for folder in ["."].into_iter().chain(OTHER_WORKSPACES) {
        step::run(cargo(workspace, &arguments).current_dir(workspace.root().join(folder)))?;
    }
    Ok(Outcome::Passed)
}

fn lints(workspace: &Workspace) -> Result<Outcome> {
    let arguments = [
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-Dwarnings",
    ];
    step::run(&mut cargo(workspace, &arguments))?;
    Ok(Outcome::Passed)
}

fn kernel_lints(workspace: &Workspace) -> Result<Outcome> {
    let toolchain = Toolchain::find(workspace)?;
    let Some(clippy) = toolchain.clippy() else {
        return Ok(Outcome::Skipped(format!(
            "no clippy beside {}",
            toolchain.compiler
        )));
    };
    toolchain.lint(workspace, &clippy)?;
    Ok(Outcome::Passed)
}

fn documentation(workspace: &Workspace) -> Result<Outcome> {
    let mut cargo = cargo(workspace, &["doc", "--quiet", "--workspace", "--no-deps"]);
    step::run(cargo.env("RUSTDOCFLAGS", "-Dwarnings"))?;
    Ok(Outcome::Passed)
}

fn abi(workspace: &Workspace) -> Result<Outcome> {
    step::run(&mut cargo(
        workspace,
        &["test", "--quiet", "-p", "aegis-abi"],
    ))?;
    Ok(Outcome::Passed)
}
