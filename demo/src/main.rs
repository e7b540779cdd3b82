// SPDX-License-Identifier: MIT
//! The demonstration: real attackers against the real daemon, in namespaces of its own.
#![forbid(unsafe_code)]

mod arguments;
mod claim;
mod client;
mod ledger;
mod page;
mod phase;
mod report;
mod scene;
mod show;

use std::process::ExitCode;

fn main() -> ExitCode {
    arguments::check();
    show::run()
}
