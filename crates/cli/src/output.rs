// SPDX-License-Identifier: MIT
//! The only place that prints, but for the daemon's log. Answers go to standard output, failures to
//! standard error, one line each. A reader that has gone is no failure.

pub mod allow;
pub mod bans;
mod colour;
pub mod config;
mod confinement;
mod crowdsec;
pub mod doctor;
pub mod events;
pub mod flow_groups;
pub mod flows;
pub mod geo;
pub mod lists;
pub mod modules;
mod places;
pub mod rates;
pub mod regions;
pub mod saved;
pub mod stats;
pub mod status;
mod table;
pub mod tested;
mod units;
pub mod why;

use crate::failure::{Failure, exit};
use aegis_api::ErrorAnswer;
use serde::Serialize;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

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

/// Prints what is amiss and no failure.
pub fn warning(message: &str) {
    // Without standard error there is still `status`.
    drop(writeln!(io::stderr(), "warning: {message}"));
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
