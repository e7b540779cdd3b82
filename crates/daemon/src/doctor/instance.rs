// SPDX-License-Identifier: MIT
//! Daemons that run, what daemons that died left behind, and whether one could start.

use super::{Finding, Level};
use aegis_api::Instance;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const INSTANCE: &str = "instance";

/// Names of instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Instances {
    running: BTreeSet<String>,
    /// Those that have pins, with where these are.
    pinned: BTreeSet<(String, PathBuf)>,
}

/// Reads which daemons run and which pins there are.
pub(super) fn read(run_dir: &Path, pins: &Path) -> Instances {
    let entries = fs::read_dir(pins).into_iter().flatten().flatten();
    let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    Instances {
        running: Instance::running(run_dir)
            .unwrap_or_default()
            .into_iter()
            .collect(),
        pinned: entries.map(|entry| (name(&entry), entry.path())).collect(),
    }
}

pub(super) fn findings(instances: &Instances) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in &instances.running {
        let why = "it enforces what `status` says";
        let running = Finding::ok(INSTANCE, format!("{name} runs"), why);
        findings.push(running.mended_by(format!("aegis-cli --instance {name} status")));
    }
    let left = instances.pinned.iter();
    for (name, path) in left.filter(|(name, _)| !instances.running.contains(name)) {
        let what = format!("{name} does not run, and {} is there", path.display());
        let why = "its programs may filter on by the policy of its last moment, to which nobody can add; the \
                   next daemon of this name goes on from there, or `detach` takes them away";
        let start = format!("aegis-cli --instance {name} -i IF daemon");
        findings.push(Finding::new(Level::Warning, INSTANCE, what, why).mended_by(start));
    }
    if findings.is_empty() {
        let why = "nothing is guarded";
        findings.push(Finding::new(Level::Note, INSTANCE, "no daemon runs", why));
    }
    findings
}

/// What is wrong with the configuration, if anything is.
pub(super) fn configuration(wrong: Option<&str>) -> Vec<Finding> {
    vec![match wrong {
        None => Finding::ok(
            INSTANCE,
            "the configuration is right",
            "a daemon starts with it",
        ),
        Some(wrong) => {
            let what = format!("the configuration is wrong: {wrong}");
            Finding::new(Level::Problem, INSTANCE, what, "no daemon starts with it")
                .mended_by("aegis-cli check")
        }
    }]
}

#[cfg(test)]
mod tests {
    use super::super::checks::verdict;
    use super::*;

    #[test]
    fn one_that_runs_one_that_died_and_none() {
        let instances = Instances {
            running: BTreeSet::from(["eth0".to_owned()]),
            pinned: ["eth0", "wg0"]
                .map(|name| (name.to_owned(), Path::new("/pins").join(name)))
                .into(),
        };
        let found = findings(&instances);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert_eq!(verdict(&found, "eth0 runs").0, Level::Ok);
        let start = "aegis-cli --instance wg0 -i IF daemon";
        assert_eq!(
            verdict(&found, "/pins/wg0 is there"),
            (Level::Warning, Some(start))
        );
        assert_eq!(
            verdict(&findings(&Instances::default()), "no daemon").0,
            Level::Note
        );
    }

    #[test]
    fn a_wrong_configuration_is_a_problem() {
        let found = configuration(Some("line 3: no such key"));
        assert_eq!(
            verdict(&found, "line 3"),
            (Level::Problem, Some("aegis-cli check"))
        );
        assert_eq!(verdict(&configuration(None), "is right").0, Level::Ok);
    }
}
