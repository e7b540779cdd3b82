// SPDX-License-Identifier: MIT
//! `daemon`: guards interfaces until it is told to stop.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output;
use aegis_api::Instance;
use aegis_daemon::Options;

/// Runs in the foreground.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    if options.interfaces.is_empty() {
        let message =
            "no interface to guard; name one: aegis-cli -i eth0 daemon (`ip link` lists them)";
        return Err(Failure::usage(message));
    }
    let mut interfaces = options.interfaces.clone();
    let mut seen = std::collections::BTreeSet::new();
    interfaces.retain(|interface| seen.insert(interface.clone()));
    let run_dir = Instance::run_dir_from_environment();
    let instance = match &options.instance {
        Some(name) => Instance::named(name, &run_dir)?,
        None => Instance::of_interfaces(&interfaces, &run_dir)?,
    };
    output::log_to_stderr();
    aegis_daemon::run(Options {
        instance,
        interfaces,
        mode: options.mode(),
        tc: options.tc(),
        xdp_object: options.ebpf_path.clone(),
        tc_object: options.tc_path.clone(),
        bpffs: Options::bpffs_from_environment(),
    })
    .await?;
    Ok(exit::DONE)
}
