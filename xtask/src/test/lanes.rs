// SPDX-License-Identifier: MIT
//! Runs test binaries in two lanes: those that wait beside those that compute.
//!
//! Cargo runs one after the other, and a machine is idle while the last test of each waits for a
//! time-out. Tests of both lanes find the machine busy, which they bear anyhow; what they make is
//! their own, so that none is in another's way.

use std::{
    collections::VecDeque,
    fs::{self, File},
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use anyhow::{Context as _, Result};

use super::{binaries::Binary, harness};
use crate::{
    step::{self, Took},
    tally::Tally,
};

/// Test binaries that wait for most of their time, for bans to end and for silence; longest first.
const PATIENT: [&str; 5] = [
    "tests/tests/scans.rs",
    "tests/tests/takeover.rs",
    "tests/tests/autoban.rs",
    "tests/tests/flows.rs",
    "tests/tests/floods.rs",
];

/// Binaries that were not run yet. One lane begins with the patient ones at the front, the other
/// with the rest at the back; when they meet, all are run.
struct Queue(Mutex<VecDeque<Binary>>);

impl Queue {
    fn new(mut binaries: Vec<Binary>) -> Self {
        binaries.sort_by_key(|binary| {
            let place = PATIENT.iter().position(|patient| *patient == binary.source);
            place.unwrap_or(PATIENT.len())
        });
        Self(Mutex::new(binaries.into()))
    }

    fn take_first(&self) -> Option<Binary> {
        lock(&self.0).pop_front()
    }

    fn take_last(&self) -> Option<Binary> {
        lock(&self.0).pop_back()
    }
}

/// Runs all `binaries`, each with `variables` in its environment and its output in a file of
/// `logs`, and shows that output when it has ended.
///
/// # Errors
/// Where `logs` cannot be made.
pub fn run(binaries: Vec<Binary>, variables: &[(&str, &Path)], logs: &Path) -> Result<Tally> {
    fs::create_dir_all(logs).with_context(|| format!("cannot create {}", logs.display()))?;
    step::note(&format!(
        "two programs at a time; what they say is shown when they end, and goes to {} meanwhile",
        logs.display()
    ));
    let (queue, total) = (Queue::new(binaries), Mutex::new(Tally::default()));
    let lane = |next: fn(&Queue) -> Option<Binary>| {
        while let Some(binary) = next(&queue) {
            let start = Instant::now();
            let log = logs.join(format!("{}.log", binary.name()));
            let output = output(&binary, variables, &log);
            // Until all of it is shown, so that outputs do not mix.
            let mut total = lock(&total);
            step::head(&format!("{} ({})", binary.source, Took(start.elapsed())));
            total.add(output.map_or_else(super::unfinished, |output| output.tell()));
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| lane(Queue::take_first));
        lane(Queue::take_last);
    });
    Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What a test binary printed, and how it ended.
struct Output {
    shown: String,
    text: String,
    ended: ExitStatus,
}

impl Output {
    /// Prints it, and counts from it.
    fn tell(&self) -> Tally {
        let mut harness = harness::Output::default();
        for line in self.text.lines() {
            step::line(line);
            harness.read(line);
        }
        harness.ended(&self.shown, self.ended)
    }
}

/// Into a file, not a pipe: that of a daemon that outlives its test would have no end.
fn output(binary: &Binary, variables: &[(&str, &Path)], log: &Path) -> Result<Output> {
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = binary.command();
    command.envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(file.try_clone()?);
    let ended = command.stderr(file).status();
    let shown = step::shown(&command);
    let ended = ended.with_context(|| format!("cannot run `{shown}`"))?;
    // By bytes: a test may print what is not UTF-8.
    let text = fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    Ok(Output {
        shown,
        text: String::from_utf8_lossy(&text).into_owned(),
        ended,
    })
}

/// Nothing is left half-done where a lane panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binaries(programs: &[(&str, &str)]) -> Vec<Binary> {
        let told = programs.iter().map(|(source, program)| {
            format!(
                r#"{{"manifest_path":"/Cargo.toml","target":{{"src_path":"/{source}"}},"profile":{{"test":true}},"executable":"{program}"}}"#
            )
        });
        let messages = told.collect::<Vec<_>>().join("\n");
        super::super::binaries::read(&messages, Path::new("/")).unwrap()
    }

    #[test]
    fn one_lane_begins_with_the_patient_and_the_other_with_the_rest() {
        let sources = [
            "a.rs",
            "b.rs",
            "tests/tests/flows.rs",
            "tests/tests/scans.rs",
        ];
        let queue = Queue::new(binaries(&sources.map(|source| (source, "/bin/true"))));
        let source = |binary: Option<Binary>| binary.map(|it| it.source);
        assert_eq!(source(queue.take_first()).as_deref(), Some(sources[3]));
        assert_eq!(source(queue.take_last()).as_deref(), Some(sources[1]));
        assert_eq!(source(queue.take_first()).as_deref(), Some(sources[2]));
        assert_eq!(source(queue.take_first()).as_deref(), Some(sources[0]));
        assert_eq!(source(queue.take_last()), None);
    }

    #[test]
    fn every_binary_is_run_and_one_that_fails_or_is_not_there_is_told() {
        let logs = std::env::temp_dir().join(format!("aegis-lanes-{}", std::process::id()));
        let programs = [("a", "/bin/true"), ("b", "/bin/false"), ("c", "/nowhere")];
        let tally = run(binaries(&programs), &[], &logs).unwrap();
        fs::remove_dir_all(&logs).unwrap();
        let mut failed = tally.failed;
        failed.sort();
        let [early, missing] = &failed[..] else {
            panic!("{failed:?}")
        };
        assert!(early.starts_with("`false` ended early"), "{early}");
        assert!(missing.starts_with("cannot run `nowhere`"), "{missing}");
    }

    #[test]
    fn patient_ones_are_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for source in PATIENT {
            assert!(root.join(source).is_file(), "{source}");
        }
    }
}
