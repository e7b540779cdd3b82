// SPDX-License-Identifier: MIT
//! Runs the fuzz targets, each for a bounded time.
//!
//! Without a sanitizer: what is fuzzed forbids `unsafe`, so it is panics, overflows and endless
//! loops that are looked for, and the stable compiler that builds everything else finds those.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    thread::{self, ScopedJoinHandle},
};

use aegis_ebpf_build::Workspace;
use anyhow::{Context as _, Result, bail};

use crate::{step, tally::Tally};

const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// Runs `only`, or every target if that is empty, each for `seconds`.
pub fn run(workspace: &Workspace, seconds: u64, only: &[String]) -> Result<Tally> {
    ensure_cargo_fuzz(workspace)?;
    let targets = select(&step::read(cargo_fuzz(workspace)?.arg("list"))?, only)?;
    step::timed("build the fuzz targets", "a minute the first time", || {
        step::run(cargo_fuzz(workspace)?.args(["build", "--sanitizer", "none"]))
    })?;
    let mut tally = Tally::default();
    let at_once = thread::available_parallelism().map_or(1, NonZero::get);
    for group in targets.chunks(at_once) {
        let text = format!("fuzz {}", group.join(" and "));
        let outcomes = step::timed(&text, &format!("{seconds} s"), || {
            Ok(together(workspace, group, seconds))
        })?;
        for (target, outcome) in group.iter().zip(outcomes) {
            tally.add(told(target, outcome));
        }
    }
    Ok(tally)
}

/// Each of `targets` on a processor of its own.
fn together(workspace: &Workspace, targets: &[String], seconds: u64) -> Vec<Result<String>> {
    thread::scope(|scope| {
        let start = targets
            .iter()
            .map(|target| scope.spawn(move || one(workspace, target, seconds)));
        let running: Vec<_> = start.collect();
        let ended = running.into_iter().map(ScopedJoinHandle::join);
        ended
            .map(|outcome| outcome.unwrap_or_else(|_| bail!("its run panicked")))
            .collect()
    })
}

fn told(target: &str, outcome: Result<String>) -> Tally {
    let mut tally = Tally::default();
    match outcome {
        Ok(inputs) => {
            step::note(&format!("{target}: {inputs} inputs, none failed"));
            tally.passed = 1;
        }
        Err(error) => {
            step::note(&format!("{target}: {error:#}"));
            tally.failed.push(format!("fuzz {target}: {error:#}"));
        }
    }
    tally
}

fn select(list: &str, only: &[String]) -> Result<Vec<String>> {
    let all: Vec<String> = list.split_whitespace().map(str::to_owned).collect();
    if let Some(unknown) = only.iter().find(|name| !all.contains(name)) {
        bail!("no fuzz target {unknown}; there are {}", all.join(", "));
    }
    Ok(if only.is_empty() { all } else { only.to_vec() })
}

/// One target, with its output in a file: it is long, and of interest only after a failure. Returns
/// how many inputs it was given.
fn one(workspace: &Workspace, target: &str, seconds: u64) -> Result<String> {
    let log = workspace.target().join(format!("fuzz-{target}.log"));
    let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = cargo_fuzz(workspace)?;
    command
        .args(["run", "--sanitizer", "none", target])
        .args(inputs(workspace.root(), target)?);
    command.arg("--").arg(format!("-max_total_time={seconds}"));
    command.args(["-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1"]);
    let ended = step::run(command.stdout(file.try_clone()?).stderr(file));
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    if ended.is_err() {
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..]
            .iter()
            .for_each(|line| step::note(line));
        bail!("an input makes it fail; it is named in {}", log.display());
    }
    Ok(executed(&text).unwrap_or("an unknown number of").to_owned())
}

/// The folder that new inputs go to, then the one with the seeds that are kept with the sources.
fn inputs(root: &Path, target: &str) -> Result<Vec<PathBuf>> {
    let corpus = root.join("fuzz/corpus").join(target);
    fs::create_dir_all(&corpus).with_context(|| format!("cannot create {}", corpus.display()))?;
    let seeds = root.join("fuzz/seeds").join(target);
    Ok([corpus, seeds]
        .into_iter()
        .filter(|folder| folder.is_dir())
        .collect())
}

/// The number that libFuzzer prints at its end.
fn executed(log: &str) -> Option<&str> {
    let name = "stat::number_of_executed_units:";
    log.lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

/// `cargo fuzz` as installed in the project's tools, else as the user has it.
fn cargo_fuzz(workspace: &Workspace) -> Result<Command> {
    let mut command = Command::new("cargo-fuzz");
    command
        .arg("fuzz")
        .current_dir(workspace.root())
        .env("PATH", path(workspace)?);
    // Its targets are built by their own rules, in their own folder.
    command.env_remove("CARGO_TARGET_DIR");
    Ok(command)
}

fn path(workspace: &Workspace) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(workspace.tools().join("bin")).chain(env::split_paths(&path));
    env::join_paths(folders).context("a folder on PATH has a colon in its name")
}

fn ensure_cargo_fuzz(workspace: &Workspace) -> Result<()> {
    let mut probe = cargo_fuzz(workspace)?;
    if probe
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return Ok(());
    }
    let mut cargo = step::cargo();
    cargo.args([
        "install",
        "cargo-fuzz",
        "--version",
        CARGO_FUZZ_VERSION,
        "--locked",
        // It only starts others.
        "--debug",
        "--root",
    ]);
    cargo.arg(workspace.tools());
    step::timed("install cargo-fuzz", "half a minute, once", || {
        step::run(&mut cargo)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_targets_run_unless_some_are_named() {
        assert_eq!(select("event\nframe\n", &[]).unwrap(), ["event", "frame"]);
        assert_eq!(
            select("event\nframe\n", &["frame".into()]).unwrap(),
            ["frame"]
        );
    }

    #[test]
    fn a_target_that_does_not_exist_is_refused_with_those_that_do() {
        let error = select("event\nframe\n", &["farme".into()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no fuzz target farme; there are event, frame"
        );
    }

    #[test]
    fn the_number_of_inputs_is_read_from_the_log() {
        let log = "Done 3 runs\nstat::number_of_executed_units: 1388\nstat::peak_rss_mb: 27\n";
        assert_eq!(executed(log), Some("1388"));
    }
}
