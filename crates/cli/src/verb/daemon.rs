// SPDX-License-Identifier: MIT
//! `daemon`: guards interfaces until it is told to stop.

use crate::arguments::{Daemon, GlobalOptions};
use crate::configuration::configuration;
use crate::failure::{Failure, exit};
use crate::{output, session};
use aegis_api::Instance;
use aegis_daemon::{Options, Successor};

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
    output::log_to_stderr(&config.logging);
    let options = Options {
        instance,
        configuration,
        config,
        xdp_object: options.ebpf_path.clone(),
        tc_object: options.tc_path.clone(),
        session_peer: session::peer(),
        successor: Successor::of_this_process(),
        bpffs: Options::bpffs_from_environment(),
    };
    if arguments.rehearse {
        aegis_daemon::rehearse(&options)?;
    } else {
        aegis_daemon::run(options).await?;
    }
    Ok(exit::DONE)
}
