// SPDX-License-Identifier: MIT
//! `aegis-bench`: measures what Aegis costs.

use std::process::ExitCode;

fn main() -> ExitCode {
    aegis_bench::cli::run()
}
