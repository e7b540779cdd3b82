// SPDX-License-Identifier: MIT
//! `cargo xtask`: everything that this project does to itself.

mod build;
mod check;
mod cli;
mod fuzz;
mod privileged;
mod setup;
mod step;
mod tally;
mod test;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
