// SPDX-License-Identifier: MIT
//! The only place that prints. Answers go to standard output, failures and the daemon's log to
//! standard error, one line each. A reader that has gone is no failure.

pub mod allow;
pub mod bans;
mod colour;
pub mod config;
pub mod doctor;
pub mod events;
pub mod flows;
pub mod modules;
pub mod stats;
pub mod status;
mod table;
mod units;
pub mod why;

use crate::failure::{Failure, exit};
use aegis_api::ErrorAnswer;
use aegis_policy::config::{Choice, Level, Logging};
use serde::Serialize;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// Whether anybody still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// As far as is known.
    There,
    /// The pipe is closed.
    Gone,
}

/// Prints an answer, as JSON or as text.
///
/// # Errors
/// Where standard output cannot be written.
pub fn answer<T: Serialize>(
    json: bool,
    answer: &T,
    text: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let text = if json { pretty(answer)? } else { text() };
    print(&text).map(drop)
}

/// Prints one line of many, as a JSON object or as text.
///
/// # Errors
/// As [`answer`].
pub fn line<T: Serialize>(
    json: bool,
    line: &T,
    text: impl FnOnce() -> String,
) -> Result<Reader, Failure> {
    let object = || serde_json::to_string(line).map_err(Failure::failed);
    let text = if json { object()? } else { text() };
    print(&text)
}

/// Prints one state of what changes: one JSON object a line, or a screen that is drawn anew where
/// there is one.
///
/// # Errors
/// As [`answer`].
pub fn frame<T: Serialize>(
    json: bool,
    answer: &T,
    text: impl FnOnce() -> String,
) -> Result<Reader, Failure> {
    // To the upper left, and everything away (ECMA-48 CUP and ED).
    const CLEAR: &str = "\x1b[H\x1b[2J";
    let clear = if io::stdout().is_terminal() {
        CLEAR
    } else {
        ""
    };
    line(json, answer, || format!("{clear}{}\n", text()))
}

/// Prints help that was asked for, a script or a page: what is no answer of a daemon.
///
/// # Errors
/// As [`answer`].
pub fn document(text: &str) -> Result<(), Failure> {
    print(text.trim_end_matches('\n')).map(drop)
}

/// Tells the person at the terminal something that is no answer.
pub fn note(text: &str) {
    // Without standard error there is nobody to tell.
    drop(writeln!(io::stderr(), "{text}"));
}

/// Prints a failure and gives its exit code.
pub fn failure(failure: &Failure, json: bool) -> u8 {
    let error = failure.error.clone();
    let text = if json {
        serde_json::to_string(&ErrorAnswer { error }).unwrap_or_else(|_| failure.to_string())
    } else {
        format!("error: {failure}")
    };
    // Without standard error there is still the exit code.
    drop(writeln!(io::stderr(), "{text}"));
    failure.exit_code()
}

/// Prints help, the version, or what is wrong with the command line.
pub fn usage(error: &clap::Error) -> ExitCode {
    // Without a reader there is still the exit code.
    drop(error.print());
    ExitCode::from(if error.use_stderr() {
        exit::USAGE
    } else {
        exit::DONE
    })
}

/// What is logged of aya without `RUST_LOG`: where the kernel does not take type information, which
/// nothing here needs, it warns in a hundred lines.
const AYA: &str = "aya=error,aya_obj=error";

/// Sends the daemon's log to standard error; `RUST_LOG` chooses what, and else the configuration.
pub fn log_to_stderr(logging: &Logging) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(log_filter(logging.level))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        // Without a reader of standard error there is nobody to tell, and telling would panic.
        .log_internal_errors(false);
    match logging.json {
        true => log.json().flatten_event(true).init(),
        false => log.init(),
    }
}

/// Sends the log of a daemon that a prompt runs to where it does not garble what is typed: what is
/// less than a warning only where `RUST_LOG` asks for it.
pub fn log_to_prompt(logging: &Logging, above: impl Write + Send + 'static) {
    let level = match logging.level {
        level @ (Level::Off | Level::Error) => level,
        _ => Level::Warn,
    };
    tracing_subscriber::fmt()
        .with_env_filter(log_filter(level))
        .with_writer(Mutex::new(above))
        .with_ansi(false)
        .with_target(false)
        .log_internal_errors(false)
        .init();
}

/// What `RUST_LOG` asks for, and else this.
fn log_filter(level: Level) -> EnvFilter {
    let label = level.label();
    let usual = || match level {
        Level::Off => EnvFilter::new(label),
        _ => EnvFilter::new(format!("{label},{AYA}")),
    };
    EnvFilter::try_from_default_env().unwrap_or_else(|_| usual())
}

fn pretty<T: Serialize>(answer: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(answer).map_err(Failure::failed)
}

fn print(text: &str) -> Result<Reader, Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::failed(format!(
            "cannot write to standard output: {error}"
        ))),
    }
}
