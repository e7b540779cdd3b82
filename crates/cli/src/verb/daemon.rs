// SPDX-License-Identifier: MIT
//! `daemon`: guards interfaces until it is told to stop.

use crate::arguments::{Daemon, GlobalOptions};
use crate::configuration::configuration;
use crate::failure::{Failure, exit};
use crate::{output, session};
use aegis_api::Instance;
use aegis_daemon::{Options, Successor, Until};

/// Runs in the foreground.
pub async fn run(options: &GlobalOptions, arguments: &Daemon) -> Result<u8, Failure> {
    let mut options = daemon(options, arguments)?;
    options.successor = Successor::of_this_process();
    output::log_to_stderr(&options.config.logging);
    if arguments.rehearse {
        aegis_daemon::rehearse(&options)?;
    } else {
        aegis_daemon::run(options, Until::Signalled).await?;
    }
    Ok(exit::DONE)
}

/// The daemon that these arguments and the configuration ask for, in whose place no other program
/// comes.
///
/// # Errors
/// Where the configuration is wrong, or there is no interface to guard.
pub fn daemon(options: &GlobalOptions, arguments: &Daemon) -> Result<Options, Failure> {
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
    Ok(Options {
        instance,
        configuration,
        config,
        xdp_object: options.ebpf_path.clone(),
        tc_object: options.tc_path.clone(),
        session_peer: session::peer(),
        successor: None,
        bpffs: Options::bpffs_from_environment(),
    })
}
