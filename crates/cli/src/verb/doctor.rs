// SPDX-License-Identifier: MIT
//! `doctor`: what keeps Aegis from working as well as it could. Nothing is touched.

use crate::arguments::GlobalOptions;
use crate::configuration;
use crate::failure::{Failure, exit};
use crate::output::{self, doctor};
use aegis_api::Instance;
use aegis_daemon::doctor::examine;

/// Exit code 0 only where there is no problem.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let mut configuration = configuration::configuration(options, None)?;
    let (interfaces, wrong) = match configuration.load() {
        Ok(effective) => (effective.config().interfaces.clone(), None),
        Err(error) => (options.interfaces.clone(), Some(error.to_string())),
    };
    let run_dir = Instance::run_dir_from_environment();
    let diagnosis = examine(&interfaces, &run_dir, wrong).await;
    output::answer(options.json, &diagnosis, || doctor::render(&diagnosis))?;
    Ok(match diagnosis.healthy {
        true => exit::DONE,
        false => exit::FAILED,
    })
}
