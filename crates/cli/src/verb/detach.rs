// SPDX-License-Identifier: MIT
//! `detach`: everything that Aegis has in the kernel goes, with or without a daemon.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output;
use aegis_api::{Client, ClientError, DetachRequest, Instance};
use aegis_daemon::{Options, Standing, pin_folder, pinned_instances, remove_filters};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a daemon may take to go.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(50);

/// What was taken out of the kernel.
#[derive(Debug, Default, Serialize)]
struct Detached {
    /// Daemons that were ended.
    daemons: Vec<String>,
    /// Instances whose pins were removed.
    pins: Vec<String>,
    /// Interfaces whose filters were removed.
    filters: Vec<String>,
}

/// Of the instance that is meant, or of every one.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let run_dir = Instance::run_dir_from_environment();
    let bpffs = Options::bpffs_from_environment();
    let mut detached = Detached::default();
    for name in chosen(options, &run_dir, &bpffs)? {
        let instance = Instance::named(&name, &run_dir)?;
        if end(&instance).await? {
            detached.daemons.push(name.clone());
        }
        for left in [
            instance.socket(),
            instance.read_only_socket(),
            instance.lock(),
        ] {
            // They mean nothing without a daemon, and the next one replaces them.
            std::fs::remove_file(left).ok();
        }
        let standing = Standing::find(&pin_folder(&bpffs, &name)).await;
        if let Some(standing) = standing.map_err(Failure::engine)? {
            standing.remove().await.map_err(Failure::engine)?;
            detached.pins.push(name);
        }
    }
    if options.interfaces.is_empty() && options.instance.is_none() {
        detached.filters = remove_filters().await.map_err(Failure::engine)?;
    }
    output::answer(options.json, &detached, || told(&detached))?;
    Ok(exit::DONE)
}

/// Names of instances, running or not.
fn chosen(
    options: &GlobalOptions,
    run_dir: &Path,
    bpffs: &Path,
) -> Result<BTreeSet<String>, Failure> {
    if let Some(name) = &options.instance {
        return Ok(BTreeSet::from([name.clone()]));
    }
    if !options.interfaces.is_empty() {
        let running = Instance::find(&options.interfaces, run_dir);
        let instance =
            running.or_else(|_| Instance::of_interfaces(&options.interfaces, run_dir))?;
        return Ok(BTreeSet::from([instance.name().to_owned()]));
    }
    let running = Instance::running(run_dir)?;
    Ok(running.into_iter().chain(pinned_instances(bpffs)).collect())
}

/// Ends a daemon, if there is one, and waits until it is gone.
async fn end(instance: &Instance) -> Result<bool, Failure> {
    if !instance.is_running() {
        return Ok(false);
    }
    match Client::new(instance).detach(&DetachRequest {}).await {
        // One that was killed a moment ago answers no more.
        Ok(_) | Err(ClientError::NoDaemon { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let began = Instant::now();
    while instance.is_running() {
        if began.elapsed() > PATIENCE {
            let (name, seconds) = (instance.name(), PATIENCE.as_secs());
            let message = format!(
                "the daemon {name} has not gone after {seconds} s; its log may tell why, and its \
                 process number is in {}",
                instance.lock().display()
            );
            return Err(Failure::failed(message));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(true)
}

fn told(detached: &Detached) -> String {
    let lines = [
        ("ended the daemon", &detached.daemons),
        ("removed the pins of", &detached.pins),
        ("removed the filter of", &detached.filters),
    ];
    let lines = lines
        .iter()
        .flat_map(|(what, names)| names.iter().map(move |name| format!("{what} {name}")));
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return "nothing of Aegis was attached or pinned".to_owned();
    }
    lines.join("\n")
}
