// SPDX-License-Identifier: MIT
//! `status --check`: one line and an exit code, as monitoring plug-ins answer.

use crate::failure::{Failure, exit};
use aegis_api::Status;
use std::fmt;

/// The states of the Monitoring Plugins guidelines, whose exit codes are these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Everything is enforced.
    Ok = 0,
    /// It is, and soon may not be.
    Warning = 1,
    /// Something is not enforced.
    Critical = 2,
    /// It cannot be told.
    Unknown = 3,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        })
    }
}

/// Of a daemon that answers.
pub fn of_status(status: &Status) -> (State, String) {
    let (state, lines) = match (status.problems.as_slice(), status.warnings.as_slice()) {
        ([], []) => {
            let hooks = status.attachments.len();
            let line = format!(
                "{}: everything is enforced at {hooks} hooks",
                status.instance
            );
            return told(State::Ok, &line, 0);
        }
        ([], warnings) => (State::Warning, warnings),
        (problems, _) => (State::Critical, problems),
    };
    let first = lines.first().map_or("", String::as_str);
    let line = format!("{}: {first}", status.instance);
    told(state, &line, lines.len() - 1)
}

/// Of a failure to ask it.
pub fn of_failure(failure: &Failure) -> (State, String) {
    let state = match failure.exit_code() {
        exit::NO_DAEMON => State::Critical,
        _ => State::Unknown,
    };
    told(state, &failure.to_string(), 0)
}

fn told(state: State, line: &str, more: usize) -> (State, String) {
    let line = format!("{state} - {line}").replace(['\n', '|'], " ");
    match more {
        0 => (state, line),
        more => (state, format!("{line} (and {more} more)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::status::tests::status;

    #[test]
    fn the_worst_comes_first_and_what_is_left_out_is_counted() {
        let lines = |count| vec!["a | b".to_owned(); count];
        let of = |problems, warnings| {
            of_status(&Status {
                problems: lines(problems),
                warnings: lines(warnings),
                ..status()
            })
        };
        let good = "OK - eth0: everything is enforced at 1 hooks".to_owned();
        assert_eq!(of(0, 0), (State::Ok, good));
        let fair = "WARNING - eth0: a   b (and 1 more)".to_owned();
        assert_eq!(of(0, 2), (State::Warning, fair));
        let bad = "CRITICAL - eth0: a   b".to_owned();
        assert_eq!(of(1, 2), (State::Critical, bad));
        let broken = of_failure(&Failure::failed("it broke"));
        assert_eq!(broken, (State::Unknown, "UNKNOWN - it broke".to_owned()));
    }
}
