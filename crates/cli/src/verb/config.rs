// SPDX-License-Identifier: MIT
//! `config`: which values hold, and where each comes from.

use crate::arguments::{ConfigVerb, GlobalOptions};
use crate::configuration::configuration;
use crate::failure::{Failure, exit};
use crate::output::{self, config};
use aegis_policy::config::sample;

/// As a daemon would have it that is started with the same options and environment.
pub fn run(options: &GlobalOptions, action: &ConfigVerb) -> Result<u8, Failure> {
    match action {
        ConfigVerb::Show => {
            let mut configuration = configuration(options, None)?;
            let effective = configuration.load()?;
            let shown = config::Shown::new(configuration.file(), &effective);
            output::answer(options.json, &shown, || config::shown(&shown))?;
        }
        ConfigVerb::Sample => output::answer(false, &(), || sample().trim_end().to_owned())?,
    }
    Ok(exit::DONE)
}
