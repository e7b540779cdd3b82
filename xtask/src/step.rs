// SPDX-License-Identifier: MIT
//! Tells the user what runs, how long it should take and how long it took, and runs it.

use std::{
    ffi::OsStr,
    fmt,
    io::{self, IsTerminal as _, Write as _},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// Starts a step: one line that names it.
pub fn head(text: &str) {
    line(&format!("{} {text}", bold("==>")));
}

/// A line that belongs to the step above it.
pub fn note(text: &str) {
    line(&format!("    {text}"));
}

/// The last word of a command that failed.
pub fn failure(text: &str) {
    line(&format!("{} {text}", bold("error:")));
}

/// A line as it is. A reader that went away is no reason to stop the work, so an error in writing
/// is dropped.
pub fn line(text: &str) {
    writeln!(io::stdout(), "{text}").ok();
}

fn bold(text: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain || !io::stdout().is_terminal() {
        return text.to_owned();
    }
    format!("\u{1b}[1m{text}\u{1b}[0m")
}

/// Runs a step that takes a while: says before how long it should take, after how long it took.
pub fn timed<T>(text: &str, expected: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    head(&format!("{text} ({expected})"));
    let start = Instant::now();
    let result = work();
    let ended = if result.is_ok() {
        "done in"
    } else {
        "failed after"
    };
    note(&format!("{ended} {}", Took(start.elapsed())));
    result
}

/// A duration as a person says it.
pub struct Took(pub Duration);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            0..10 => write!(f, "{:.1} s", self.0.as_secs_f64()),
            seconds @ 10..120 => write!(f, "{seconds} s"),
            seconds => write!(f, "{} min {:02} s", seconds / 60, seconds % 60),
        }
    }
}

/// Runs `command` with its output shown; it reads no input.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs `command` and returns what it printed; its errors are shown.
pub fn read(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    let output = output.with_context(|| format!("cannot run `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` printed no text"))
}

/// Whether `program` is there and answers `--version`.
pub fn answers(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The cargo that runs this program: the one that userspace is built with.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A command as the user would type it.
pub fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_the_unit_that_fits() {
        let told = |millis| Took(Duration::from_millis(millis)).to_string();
        assert_eq!(told(340), "0.3 s");
        assert_eq!(told(35_189), "35 s");
        assert_eq!(told(125_000), "2 min 05 s");
    }

    #[test]
    fn a_command_that_fails_is_named_as_typed() {
        let error = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 3` failed (exit status: 3)");
    }

    #[test]
    fn a_program_that_is_not_there_does_not_answer() {
        assert!(!answers("/nowhere/codespell"));
    }
}
