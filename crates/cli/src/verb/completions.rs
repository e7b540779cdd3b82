// SPDX-License-Identifier: MIT
//! `completions`: a script for a shell, and nothing else, from the same definition that reads the
//! command line.

use crate::arguments::Arguments;
use crate::failure::{Failure, exit};
use crate::output;
use clap::CommandFactory;
use clap_complete::Shell;

/// The program, and the link to it that an installation makes.
const NAMES: [&str; 2] = ["aegis-cli", "aegis"];

/// Prints the script.
pub fn run(shell: Shell) -> Result<u8, Failure> {
    let [program, link] = NAMES;
    let script = match shell {
        Shell::Bash => for_both(&script(shell, link)?),
        _ => script(shell, program)?,
    };
    output::document(&script)?;
    Ok(exit::DONE)
}

fn script(shell: Shell, name: &'static str) -> Result<String, Failure> {
    let mut command = Arguments::command().name(name);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8(script).map_err(Failure::failed)
}

/// The bash script of the link, for the program too. One for a name with a hyphen completes nothing
/// behind a verb (<https://github.com/clap-rs/clap/issues/6421>, clap_complete 4.6.11); which name
/// is completed matters only where the script registers itself.
fn for_both(script: &str) -> String {
    let [program, _] = NAMES;
    let registered = |line: &str| {
        let registers = line.trim_start().starts_with("complete ");
        let more = if registers {
            format!(" {program}")
        } else {
            String::new()
        };
        format!("{line}{more}\n")
    };
    script.lines().map(registered).collect()
}
