// SPDX-License-Identifier: MIT
//! The one binary: the daemon and every client of it.
#![forbid(unsafe_code)]

mod arguments;
mod configuration;
mod failure;
mod output;
mod prompt;
mod session;
mod target;
mod verb;

use std::process::ExitCode;

fn main() -> ExitCode {
    // The daemon begins this program again, to look where it may not, and to fetch.
    if let Some(code) = aegis_daemon::testify().or_else(aegis_daemon::carry) {
        return code;
    }
    match arguments::read() {
        Ok(arguments) => verb::run(arguments),
        Err(error) => output::usage(&error),
    }
}
