// SPDX-License-Identifier: MIT
//! `daemon`: guards interfaces until it is told to stop.

use crate::arguments::{Daemon, GlobalOptions};
use crate::configuration::configuration;
use crate::failure::{Failure, exit};
use crate::{output, session};
use aegis_api::Instance;
use aegis_daemon::{Logs, Options, Successor};
use aegis_policy::config::Logging;

/// Runs in the foreground.
pub async fn run(options: &GlobalOptions, arguments: &Daemon) -> Result<u8, Failure> {
    let mut configuration = configuration(options, Some(arguments))?;
    let config = configuration.load()?.config().clone();
    if config.interfaces.is_empty() {
        let message =
            "no interface to guard; name one: aegis-cli -i eth0 daemon (`ip link` lists them)";
        return Err(Failure::usage(message));
    }
    let run_dir = Instance::run_dir_from_environment();
    let instance = match &options.instance {
        Some(name) => Instance::named(name, &run_dir)?,
        None => Instance::of_interfaces(&config.interfaces, &run_dir)?,
    };
    let logs = match arguments.rehearse {
        // The files are those of the daemon that runs.
        true => Logs::start(&Logging::to_stderr(), &instance)?,
        false => Logs::start(&config.logging, &instance)?,
    };
    if let Some(problem) = logs.problem() {
        output::warning(&format!(
            "{problem}; what is not written is counted in `status`"
        ));
    }
    let options = Options {
        instance,
        configuration,
        config,
        logs: logs.clone(),
        xdp_object: options.ebpf_path.clone(),
        tc_object: options.tc_path.clone(),
        session_peer: session::peer(),
        successor: Successor::of_this_process(),
        bpffs: Options::bpffs_from_environment(),
    };
    let ended = match arguments.rehearse {
        true => aegis_daemon::rehearse(&options),
        false => aegis_daemon::run(options).await,
    };
    logs.close();
    ended?;
    Ok(exit::DONE)
}
