// SPDX-License-Identifier: MIT
//! One verb a file. A verb returns what to print; only [`crate::output`] prints.

mod allow;
mod block;
mod check;
mod config;
mod daemon;
mod detach;
mod events;
mod flows;
mod kill;
mod list;
mod module;
mod reload;
mod stats;
mod status;
mod unblock;
mod upgrade;
mod why;

use crate::arguments::{Arguments, GlobalOptions, Verb};
use crate::failure::Failure;
use crate::output;
use std::process::ExitCode;

/// Runs a verb to its exit code.
pub fn run(arguments: Arguments) -> ExitCode {
    let json = arguments.options.json;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(dispatch(&arguments.options, &arguments.verb)),
        Err(error) => Err(Failure::failed(format!("cannot start: {error}"))),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => output::failure(&failure, json),
    }
}

async fn dispatch(options: &GlobalOptions, verb: &Verb) -> Result<u8, Failure> {
    match verb {
        Verb::Daemon(arguments) => daemon::run(options, arguments).await,
        Verb::Status => status::run(options).await,
        Verb::Block(arguments) => block::run(options, arguments).await,
        Verb::Unblock(arguments) => unblock::run(options, arguments).await,
        Verb::List => list::run(options).await,
        Verb::Allow { action } => allow::run(options, action).await,
        Verb::Flows(arguments) => flows::run(options, arguments).await,
        Verb::Kill(arguments) => kill::run(options, arguments).await,
        Verb::Why { address } => why::run(options, address).await,
        Verb::Module { action } => module::run(options, action).await,
        Verb::Check { file } => check::run(options, file.as_ref()),
        Verb::Config { action } => config::run(options, action),
        Verb::Reload => reload::run(options).await,
        Verb::Upgrade => upgrade::run(options).await,
        Verb::Detach => detach::run(options).await,
        Verb::Stats => stats::run(options).await,
        Verb::Events(arguments) => events::run(options, arguments).await,
    }
}
