// SPDX-License-Identifier: MIT
//! `check`: whether a configuration file is right. Nothing is touched.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, config};
use aegis_daemon::{Configuration, ConfigurationError};
use std::path::PathBuf;

/// The file alone is judged, without options and environment.
pub fn run(options: &GlobalOptions, file: Option<&PathBuf>) -> Result<u8, Failure> {
    let named = file.or(options.config.as_ref());
    let mut configuration = Configuration::of_file(named.cloned());
    let loaded = configuration.load();
    let file = configuration.path().display().to_string();
    match loaded {
        Ok(effective) => {
            let checked = config::Checked::right(file, &effective);
            output::answer(options.json, &checked, || config::checked(&checked))?;
            Ok(exit::DONE)
        }
        Err(ConfigurationError::Wrong(mistakes)) if options.json => {
            let checked = config::Checked::wrong(file, &mistakes);
            output::answer(true, &checked, String::new)?;
            Ok(exit::USAGE)
        }
        Err(error) => Err(error.into()),
    }
}
