// SPDX-License-Identifier: MIT
//! `feeds update` where no daemon runs: the newest copies are kept for its next start.

use crate::arguments::{Daemon, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output::{self, lists};
use crate::verb::daemon;
use aegis_daemon::{ListErrands, ListMeans};

/// Nothing is enforced by this.
pub async fn run(options: &GlobalOptions, name: Option<&str>) -> Result<u8, Failure> {
    let plan = daemon::plan(options, &Daemon::default())?;
    let sources = plan.config.feeds.sources();
    let wanted = sources.into_iter().filter(|source| match name {
        Some(name) => source.name == name,
        None => source.enabled,
    });
    let wanted: Vec<_> = wanted.collect();
    if let (true, Some(name)) = (wanted.is_empty(), name) {
        return Err(Failure::usage(format!(
            "there is no list {name:?} in the configuration"
        )));
    }
    let errands = ListErrands {
        folder: plan.state_folder(),
        means: ListMeans::of(plan.instance.name(), &plan.config.feeds),
    };
    let kept = errands.run(wanted).await;
    output::answer(options.json, &kept, || lists::kept(&kept))?;
    Ok(match kept.iter().all(|list| list.is_taken()) {
        true => exit::DONE,
        false => exit::FAILED,
    })
}
