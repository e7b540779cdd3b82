// SPDX-License-Identifier: MIT
//! The last configuration that was right, for a start with one that is wrong: a host that is guarded as
//! it was before is better off than one that is not guarded.
//!
//! A file that was named and is not there, and options and variables that are wrong, are no such case:
//! whoever starts the daemon learns of it at once.

use super::{Configuration, ConfigurationError, read};
use crate::store::GOOD;
use aegis_policy::config::{Config, Effective, Mistakes};
use std::fs;
use std::path::{Path, PathBuf};

/// What a daemon starts with.
#[derive(Clone, Debug)]
pub struct Started {
    /// What holds.
    pub effective: Effective,
    /// Why that is not what the file says, where it is not.
    pub fallback: Option<Fallback>,
}

/// A configuration that is wrong, and the one that holds instead.
#[derive(Clone, Debug)]
pub struct Fallback {
    file: PathBuf,
    mistakes: Mistakes,
    good: PathBuf,
}

const NEXT: &str =
    "correct it (`aegis-cli check` tells whether it is right), then `aegis-cli reload`";

impl Fallback {
    /// Tells the log everything that is wrong.
    pub(crate) fn log(&self) {
        for mistake in self.mistakes.iter() {
            tracing::error!("{mistake}");
        }
        let (file, good) = (self.file.display(), self.good.display());
        tracing::error!("{file} is wrong, and the last one that was right holds, {good}: {NEXT}");
    }

    /// The same in one line.
    pub(crate) fn problem(&self) -> String {
        let first = self.mistakes.iter().next();
        let first = first.map(|first| format!("{}: {}", first.place, first.message));
        let more = match self.mistakes.count() {
            0 | 1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        format!(
            "the configuration is wrong, and the last one that was right holds: {}{more}; {NEXT}",
            first.unwrap_or_default()
        )
    }
}

impl Configuration {
    /// As [`Self::load`]; where the file is wrong, with the last one that was right and is kept in one
    /// of the folders in `states`, if that is the only one. It is, where the instance that it makes,
    /// which `name` tells, has the name of its folder: options, or the file alone, may decide which.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn start(
        &mut self,
        states: &Path,
        name: impl Fn(&Config) -> Option<String>,
    ) -> Result<Started, ConfigurationError> {
        let mistakes = match self.load() {
            Ok(effective) => {
                return Ok(Started {
                    effective,
                    fallback: None,
                });
            }
            Err(ConfigurationError::Wrong(mistakes)) => mistakes,
            Err(other) => return Err(other),
        };
        let fits = |(folder, effective): &(PathBuf, Effective)| {
            let name = name(effective.config());
            name.is_some() && name.as_deref() == folder.file_name().and_then(|name| name.to_str())
        };
        let mut fitting = self.last_good(states).into_iter().filter(fits);
        let (Some((folder, effective)), None) = (fitting.next(), fitting.next()) else {
            return Err(mistakes.into());
        };
        let fallback = Fallback {
            file: self.path.clone(),
            mistakes,
            good: folder.join(GOOD),
        };
        Ok(Started {
            effective,
            fallback: Some(fallback),
        })
    }

    /// What would hold by each of the files that were right once, with the folder that it is kept in.
    fn last_good(&self, states: &Path) -> Vec<(PathBuf, Effective)> {
        let folders = fs::read_dir(states).into_iter().flatten().flatten();
        let good = folders.filter_map(|folder| {
            let path = folder.path().join(GOOD);
            let effective = self.decide(&path, Some(&read(&path).ok()?)).ok()?;
            Some((folder.path(), effective))
        });
        good.collect()
    }
}

#[cfg(test)]
mod tests;
