// SPDX-License-Identifier: MIT
//! One verb a file. A verb returns what to print; only [`crate::output`] prints.

mod allow;
mod block;
mod check;
mod completions;
mod config;
mod daemon;
mod detach;
mod doctor;
mod events;
mod feeds;
mod flows;
mod geo;
mod kill;
mod list;
mod load;
mod man;
mod module;
mod reload;
mod restore;
mod save;
mod stats;
mod status;
mod tui;
mod unblock;
mod upgrade;
mod why;

use crate::arguments::{Arguments, GlobalOptions, Verb};
use crate::failure::Failure;
use crate::output;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How long a thread for what blocks waits for more. Those of a daemon's start have to be gone before
/// it gives up its privileges, as each thread has its own.
const IDLE: Duration = Duration::from_millis(20);

/// Runs a verb to its exit code.
pub fn run(arguments: Arguments) -> ExitCode {
    let code = match runtime() {
        Ok(runtime) => runtime.block_on(perform(&arguments)),
        Err(failure) => output::failure(&failure, arguments.options.json),
    };
    ExitCode::from(code)
}

/// What verbs run on, and the daemon.
///
/// # Errors
/// Where the kernel gives no descriptors for it.
pub fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(IDLE)
        .build();
    runtime.map_err(|error| Failure::failed(format!("cannot start: {error}")))
}

/// Runs a verb, prints why it failed if it did, and gives its exit code.
pub async fn perform(arguments: &Arguments) -> u8 {
    let result = dispatch(&arguments.options, &arguments.verb).await;
    result.unwrap_or_else(|failure| output::failure(&failure, arguments.options.json))
}

async fn dispatch(options: &GlobalOptions, verb: &Verb) -> Result<u8, Failure> {
    match verb {
        Verb::Daemon(arguments) => daemon::run(options, arguments).await,
        // It runs verbs itself, so that its own size would depend on itself.
        Verb::Load => Box::pin(load::run(options)).await,
        Verb::Tui(arguments) => Box::pin(tui::run(options, arguments)).await,
        Verb::Status { check: false } => status::run(options).await,
        Verb::Status { check: true } => status::check(options).await,
        Verb::Block(arguments) => block::run(options, arguments).await,
        Verb::Unblock(arguments) => unblock::run(options, arguments).await,
        Verb::List(arguments) => list::run(options, arguments).await,
        Verb::Allow { action } => allow::run(options, action).await,
        Verb::Flows(arguments) => flows::run(options, arguments).await,
        Verb::Kill(arguments) => kill::run(options, arguments).await,
        Verb::Why { address } => why::run(options, address).await,
        Verb::Geo { action } => geo::run(options, action).await,
        Verb::Module { action } => module::run(options, action).await,
        Verb::Feeds { action } => feeds::run(options, action).await,
        Verb::Doctor => doctor::run(options).await,
        Verb::Check { file } => check::run(options, file.as_ref()),
        Verb::Config { action } => config::run(options, action),
        Verb::Save(arguments) => save::run(options, arguments).await,
        Verb::Restore(arguments) => restore::run(options, arguments).await,
        Verb::Reload => reload::run(options).await,
        Verb::Upgrade => upgrade::run(options).await,
        Verb::Detach => detach::run(options).await,
        Verb::Stats(arguments) => stats::run(options, arguments).await,
        Verb::Events(arguments) => events::run(options, arguments).await,
        Verb::Completions { shell } => completions::run(*shell),
        Verb::Man { dir } => man::run(dir.as_deref()),
    }
}
