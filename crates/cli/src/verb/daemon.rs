// SPDX-License-Identifier: MIT
//! `daemon`: guards interfaces until it is told to stop.

use crate::arguments::{Daemon, GlobalOptions};
use crate::configuration::configuration;
use crate::failure::{Failure, exit};
use crate::{output, session};
use aegis_api::Instance;
use aegis_daemon::{Configuration, Fallback, Logs, Options, Started, Successor, Until};
use aegis_policy::config::{Config, Logging};
use std::path::PathBuf;

/// What a daemon is to be, before it writes anything down.
pub struct Plan {
    /// Its name.
    pub instance: Instance,
    /// What holds.
    pub config: Config,
    configuration: Configuration,
    state: PathBuf,
    fallback: Option<Fallback>,
}

/// Runs in the foreground.
pub async fn run(options: &GlobalOptions, arguments: &Daemon) -> Result<u8, Failure> {
    let plan = plan(options, arguments)?;
    let logs = match arguments.rehearse {
        // The files are those of the daemon that runs.
        true => Logs::start(&Logging::to_stderr(), &plan.instance)?,
        false => Logs::start(&plan.config.logging, &plan.instance)?,
    };
    if let Some(problem) = logs.problem() {
        output::warning(&format!(
            "{problem}; what is not written is counted in `status`"
        ));
    }
    let options = Options {
        successor: Successor::of_this_process(),
        ..plan.options(options, logs.clone())
    };
    let ended = match arguments.rehearse {
        true => aegis_daemon::rehearse(&options),
        false => aegis_daemon::run(options, Until::Signalled).await,
    };
    logs.close();
    ended?;
    if arguments.rehearse {
        let word = aegis_daemon::REHEARSED;
        output::line(false, &word, || word.to_owned())?;
    }
    Ok(exit::DONE)
}

/// The daemon that these arguments and the configuration ask for.
///
/// # Errors
/// Where the configuration is wrong, or there is no interface to guard.
pub fn plan(options: &GlobalOptions, arguments: &Daemon) -> Result<Plan, Failure> {
    let mut configuration = configuration(options, Some(arguments))?;
    let (run_dir, state) = (
        Instance::run_dir_from_environment(),
        aegis_daemon::state_folder_from_environment(),
    );
    let instance = |config: &Config| match &options.instance {
        Some(name) => Instance::named(name, &run_dir),
        None => Instance::of_interfaces(&config.interfaces, &run_dir),
    };
    let name = |config: &Config| Some(instance(config).ok()?.name().to_owned());
    let Started {
        effective,
        fallback,
    } = configuration.start(&state, name)?;
    let config = effective.config().clone();
    if config.interfaces.is_empty() {
        let message =
            "no interface to guard; name one: aegis-cli -i eth0 daemon (`ip link` lists them)";
        return Err(Failure::usage(message));
    }
    let instance = instance(&config)?;
    Ok(Plan {
        instance,
        config,
        configuration,
        state,
        fallback,
    })
}

impl Plan {
    /// The folder of what outlives the daemon.
    pub fn state_folder(&self) -> PathBuf {
        self.state.join(self.instance.name())
    }

    /// With these logs, and nothing that could take its place.
    pub fn options(self, options: &GlobalOptions, logs: Logs) -> Options {
        Options {
            instance: self.instance,
            configuration: self.configuration,
            config: self.config,
            logs,
            xdp_object: options.ebpf_path.clone(),
            tc_object: options.tc_path.clone(),
            session_peer: session::peer(),
            successor: None,
            bpffs: Options::bpffs_from_environment(),
            state: self.state,
            fallback: self.fallback,
        }
    }
}
