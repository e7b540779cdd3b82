// SPDX-License-Identifier: MIT
//! `doctor`: what on this host keeps Aegis from working as well as it could, found out without a
//! daemon and without touching anything.
//!
//! Facts are read by the engine; each finding is made from facts by a function that reads nothing,
//! and says what is, why it matters, and the command that mends it.

mod caller;
mod instance;
mod interface;
mod kernel;
mod surroundings;

use aegis_engine::facts::{self, Device, Host};
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Something is lost, or soon will be.
    Warning,
    /// Aegis does not work.
    Problem,
}

impl Level {
    /// The word in output and JSON.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was looked at: `kernel`, `caller`, `host`, `instance`, or an interface.
    pub about: String,
    /// What is.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// A command that mends it.
    pub remedy: Option<String>,
}

impl Finding {
    fn new(level: Level, about: &str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            level,
            about: about.to_owned(),
            what: what.into(),
            why: why.into(),
            remedy: None,
        }
    }

    fn ok(about: &str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Level::Ok, about, what, why)
    }

    fn mended_by(self, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { remedy, ..self }
    }
}

/// Everything that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Whether there is no problem.
    pub healthy: bool,
    /// In the order in which they were looked at.
    pub findings: Vec<Finding>,
}

/// Looks at the host, at what instances left and have, and at interfaces. `configuration` is what is
/// wrong with the file, if anything is.
pub async fn examine(
    interfaces: &[String],
    run_dir: &Path,
    configuration: Option<String>,
) -> Diagnosis {
    let pins = crate::Options::bpffs_from_environment();
    let host = facts::host(&pins);
    let mut findings = of_host(&host, &pins);
    findings.extend(instance::findings(&instance::read(run_dir, &pins)));
    findings.extend(instance::configuration(configuration.as_deref()));
    for name in interfaces {
        match facts::device(name).await {
            Ok(device) => findings.extend(of_device(&device, &host)),
            Err(error) => {
                let why = "there is nothing to guard";
                let missing = Finding::new(Level::Problem, name, error.to_string(), why);
                findings.push(missing.mended_by("ip link"));
            }
        }
    }
    Diagnosis {
        healthy: findings
            .iter()
            .all(|finding| finding.level < Level::Problem),
        findings,
    }
}

fn of_host(host: &Host, pins: &Path) -> Vec<Finding> {
    let mut findings = kernel::findings(host, pins);
    findings.extend(caller::findings(host));
    findings.extend(surroundings::findings(host));
    findings
}

fn of_device(device: &Device, host: &Host) -> Vec<Finding> {
    interface::findings(device, host)
}

#[cfg(test)]
pub(crate) mod checks {
    use super::{Finding, Level};

    /// The finding about something, which there must be.
    #[track_caller]
    pub fn find<'a>(findings: &'a [Finding], words: &str) -> &'a Finding {
        let found = findings.iter().find(|finding| finding.what.contains(words));
        found.unwrap_or_else(|| panic!("nothing about {words:?}: {findings:#?}"))
    }

    /// Its level and remedy.
    #[track_caller]
    pub fn verdict<'a>(findings: &'a [Finding], words: &str) -> (Level, Option<&'a str>) {
        let finding = find(findings, words);
        (finding.level, finding.remedy.as_deref())
    }
}
