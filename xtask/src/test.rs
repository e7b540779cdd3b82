// SPDX-License-Identifier: MIT
//! `cargo xtask test`: the one command that says whether the project works on this machine.

mod binaries;
mod harness;
mod lanes;
mod skips;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use aegis_ebpf_build::Workspace;
use anyhow::{Context as _, Result};

use crate::{
    build::{self, Profile},
    check, fuzz,
    privileged::is_root,
    setup,
    step::{self, Took},
    tally::{Tally, in_ci},
};
use binaries::Binary;

/// Sets up, checks, builds, runs every test, fuzzes, and sums up.
pub fn all(workspace: &Workspace, fuzz_seconds: u64) -> Result<ExitCode> {
    let start = Instant::now();
    step::head(
        "set-up, checks, tests and fuzzing (20 to 30 minutes the first time, then about 20)",
    );
    setup::everything(workspace)?;
    let checks = check::before_tests(workspace);
    build::ebpf(workspace)?;
    let binaries = binaries::read(&build::all_targets(workspace)?, workspace.root())?;
    let tests = tests(workspace, binaries)?;
    let fuzzed = match fuzz_seconds {
        0 => Tally::default(),
        seconds => fuzz::run(workspace, seconds, &[]).unwrap_or_else(unfinished),
    };
    Ok(conclude(
        workspace,
        [
            ("checks", checks),
            ("tests", tests),
            ("fuzz targets", fuzzed),
        ],
        start,
    ))
}

fn conclude(workspace: &Workspace, groups: [(&str, Tally); 3], start: Instant) -> ExitCode {
    step::head(&format!("all done in {}", Took(start.elapsed())));
    let mut total = Tally::default();
    for (name, group) in groups {
        step::note(&format!("{name}: {group}."));
        total.add(group);
    }
    if in_ci() {
        total.refuse_skips(&skips::allowed(workspace.root()));
    }
    total.conclude()
}

/// Runs unit, integration and documentation tests of the workspace.
fn tests(workspace: &Workspace, binaries: Vec<Binary>) -> Result<Tally> {
    if !is_root() {
        step::head("not root: tests that load programs or make namespaces are skipped");
    }
    let log = workspace.target().join("skipped-tests.log");
    std::fs::write(&log, "").with_context(|| format!("cannot write {}", log.display()))?;
    // Not whichever is newest: the one that was built from these sources a moment ago.
    let program = workspace
        .target()
        .join(Profile::Debug.folder())
        .join("aegis-cli");
    let variables = [("AEGIS_SKIP_LOG", &*log), ("AEGIS_CLI", &*program)];
    let logs = workspace.target().join("test-logs");
    let mut tally = step::timed("run the tests", "about 10 minutes", || {
        lanes::run(binaries, &variables, &logs)
    })
    .unwrap_or_else(unfinished);
    tally.add(documentation(workspace).unwrap_or_else(unfinished));
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    skips::take_out(&mut tally, &skips::parse(&text));
    Ok(tally)
}

/// Runs the examples in documentation, which are no binaries.
fn documentation(workspace: &Workspace) -> Result<Tally> {
    let mut cargo = step::cargo();
    cargo
        .current_dir(workspace.root())
        .args(["test", "--workspace", "--doc", "--no-fail-fast"]);
    step::timed("run the examples in documentation", "seconds", || {
        watch(cargo)
    })
}

/// A run that could not even start counts as one failure, so that the summary is still printed.
fn unfinished(error: anyhow::Error) -> Tally {
    Tally {
        failed: vec![format!("{error:#}")],
        ..Tally::default()
    }
}

/// Shows the output of `cargo test` as it comes, and counts from it.
fn watch(mut cargo: Command) -> Result<Tally> {
    let shown = step::shown(&cargo);
    let child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("cannot run `{shown}`"))?;
    let mut harness = harness::Output::default();
    if let Some(stdout) = child.stdout.take() {
        // Split by bytes: a test may print what is not UTF-8.
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.context("cannot read the tests' output")?;
            let line = String::from_utf8_lossy(&line);
            step::line(&line);
            harness.read(&line);
        }
    }
    let status = child
        .wait()
        .with_context(|| format!("cannot wait for `{shown}`"))?;
    Ok(harness.ended(&shown, status))
}

/// The file that lists the skips which are accepted.
fn allow_list(root: &Path) -> std::path::PathBuf {
    root.join("tests/skips.allow")
}
