// SPDX-License-Identifier: MIT
//! The canary: frames with a known fate through the attached programs, at the start, after every
//! change and now and then. See `docs/adr/0013-canary.md`.

use super::Owner;
use crate::ban::Moment;
use aegis_api::CanaryStatus;
use aegis_engine::{Rehearsed, Stage};
use aegis_policy::canary::{Enforced, Place, Probe};
use aegis_policy::{Policy, Target};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// So long after a change it is tried, with all others of the meantime: whoever asked for it has
/// their answer by then.
const SETTLE: Duration = Duration::from_millis(20);
/// Targets that are tried at a time: of changes, and of what stands, whose turn comes.
const TARGETS: usize = 64;
/// Failures that are kept; the others are counted.
const SHOWN: usize = 8;

/// When frames are due, of whom, and what became of the last ones.
#[derive(Debug)]
pub struct Canary {
    /// How often; not at all where this is zero.
    every: Duration,
    due: Option<Instant>,
    changed: BTreeSet<Target>,
    /// Whose turn was the last, unless everybody has had theirs.
    turn: Option<Target>,
    next_turn: Instant,
    report: Option<Report>,
}

/// What became of the frames of one time.
#[derive(Debug)]
struct Report {
    at: Instant,
    frames: usize,
    failures: Vec<String>,
}

impl Canary {
    /// One whose first frames are due at once.
    pub(super) fn new(every: Duration) -> Self {
        let mut canary = Self {
            every,
            due: None,
            changed: BTreeSet::new(),
            turn: None,
            next_turn: Instant::now(),
            report: None,
        };
        canary.soon();
        canary
    }

    /// Changes how often.
    pub(super) fn set_every(&mut self, every: Duration) {
        self.every = every;
        if every.is_zero() {
            self.report = None;
        }
        self.soon();
    }

    /// Takes note of whom a change was about. Of very many, some are tried now, and all when it is
    /// their turn.
    pub(super) fn note(&mut self, targets: impl Iterator<Item = Target>) {
        let room = TARGETS.saturating_sub(self.changed.len());
        self.changed.extend(targets.take(room));
        self.soon();
    }

    /// Something changed.
    pub(super) fn soon(&mut self) {
        self.due_in(SETTLE);
    }

    fn due_in(&mut self, time: Duration) {
        if self.every.is_zero() {
            self.due = None;
            self.changed.clear();
            return;
        }
        let due = Instant::now() + time;
        self.due = Some(self.due.map_or(due, |known| known.min(due)));
    }

    /// Waits until frames are due.
    pub(super) async fn due(&self) {
        match self.due {
            Some(due) => tokio::time::sleep_until(due.into()).await,
            None => std::future::pending().await,
        }
    }

    /// What did not go as it should.
    pub(super) fn problems(&self) -> impl Iterator<Item = String> + '_ {
        let failures = self.report.iter().flat_map(|report| &report.failures);
        failures.map(|failure| format!("canary: {failure}"))
    }

    pub(super) fn status(&self) -> CanaryStatus {
        let report = self.report.as_ref();
        CanaryStatus {
            every_seconds: self.every.as_secs(),
            seconds_ago: report.map(|report| report.at.elapsed().as_secs()),
            frames: report.map_or(0, |report| report.frames),
            failures: report.map_or(0, |report| report.failures.len()),
        }
    }

    /// Those that changed, and now and then some of what stands, in turn.
    fn targets(&mut self, policy: &Policy) -> BTreeSet<Target> {
        let mut targets = std::mem::take(&mut self.changed);
        if self.next_turn > Instant::now() {
            return targets;
        }
        self.next_turn = Instant::now() + self.every;
        let turn = policy.targets_after(self.turn, TARGETS);
        self.turn = turn.last().copied().filter(|_| turn.len() == TARGETS);
        targets.extend(turn);
        targets
    }
}

impl Owner {
    /// Rehearses what is due.
    pub(super) fn rehearse(&mut self) {
        self.canary.due = None;
        self.canary.due_in(self.canary.every);
        let targets = self.canary.targets(&self.policy);
        let mut report = Report {
            at: Instant::now(),
            frames: 0,
            failures: self.settings_differ().into_iter().collect(),
        };
        for stage in self.engine.stages() {
            for probe in self.probes(&stage, &targets) {
                report.frames += 1;
                report.failures.extend(self.fails(&stage, &probe));
            }
        }
        report.failures = shortened(report.failures);
        for failure in &report.failures {
            tracing::error!(
                failure,
                "the canary: something is not enforced as it should be"
            );
        }
        tracing::debug!(frames = report.frames, took = ?report.at.elapsed(), "canary");
        self.canary.report = Some(report);
    }

    /// Whether the kernel has other settings than those that were written.
    fn settings_differ(&self) -> Option<String> {
        match self.engine.settings() {
            Ok(settings) if settings == *self.engine.intended_settings() => None,
            Ok(_) => Some(
                "the kernel has other settings than the daemon wrote; somebody else writes to the tables"
                    .to_owned(),
            ),
            Err(error) => Some(error.to_string()),
        }
    }

    fn probes(&self, stage: &Stage, targets: &BTreeSet<Target>) -> Vec<Probe> {
        let place = Place {
            hook: stage.hook,
            link: stage.link,
        };
        let enforced = Enforced {
            policy: &self.policy,
            settings: self.engine.intended_settings(),
            now: Moment::now().monotonic,
        };
        let of_targets = targets
            .iter()
            .map(|target| enforced.of_target(*target, place));
        let mut probes = enforced.usual(place);
        probes.extend(of_targets.flatten());
        // Lists go before much of what has been foretold.
        probes.retain(|probe| probe.peer.is_none_or(|peer| !self.keeper.lists.names(peer)));
        let listed = self.keeper.lists.samples(stage.hook).into_iter();
        probes.extend(listed.filter_map(|peer| enforced.of_listed(peer, place)));
        probes
    }

    /// What went wrong with a frame, if anything did.
    fn fails(&mut self, stage: &Stage, probe: &Probe) -> Option<String> {
        let happened = match self.engine.judge(stage, &probe.frame) {
            Ok(rehearsed) if as_foretold(&rehearsed, probe) => return None,
            Ok(rehearsed) => told(&rehearsed),
            Err(error) => error.to_string(),
        };
        let (at, hook) = (stage.interfaces.join(", "), stage.hook.label());
        let (what, fate) = (&probe.what, probe.fate);
        Some(format!(
            "{at}: {hook}: {what} must come to {fate}, and came to {happened}"
        ))
    }
}

fn as_foretold(rehearsed: &Rehearsed, probe: &Probe) -> bool {
    (rehearsed.action, rehearsed.reason) == (probe.fate.action, Some(probe.fate.reason))
}

fn told(rehearsed: &Rehearsed) -> String {
    let action = rehearsed.action.label();
    match rehearsed.reason {
        Some(reason) => format!("{action} ({})", reason.label()),
        None => format!("{action}, unjudged"),
    }
}

fn shortened(mut failures: Vec<String>) -> Vec<String> {
    let more = failures.len().saturating_sub(SHOWN);
    if more > 0 {
        failures.truncate(SHOWN);
        failures.push(format!("{more} more frames did not come to what they must"));
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_core::Nanos;
    use aegis_policy::{Force, Remark};

    fn targets(range: std::ops::Range<u32>) -> Vec<Target> {
        let address = |number| Target::from(std::net::IpAddr::from(u32::to_be_bytes(number)));
        range.map(address).collect()
    }

    #[test]
    fn everybody_has_a_turn() {
        let mut policy = Policy::new();
        for target in targets(0..150) {
            let allowed = policy.allow(target, Remark::default(), Force::No, Nanos(1));
            allowed.map(drop).expect("it fits");
        }
        let mut canary = Canary::new(Duration::from_nanos(1));
        let mut seen = BTreeSet::new();
        for _ in 0..3 {
            seen.extend(canary.targets(&policy));
        }
        assert_eq!(seen.len(), 150);
        assert_eq!(canary.targets(&policy).first(), targets(0..1).first());
    }

    #[test]
    fn a_flood_of_changes_is_bounded_and_a_canary_that_is_off_keeps_none() {
        let mut canary = Canary::new(Duration::from_secs(60));
        canary.note(targets(0..10_000).into_iter());
        assert_eq!(canary.targets(&Policy::new()).len(), TARGETS);
        canary.set_every(Duration::ZERO);
        canary.note(targets(0..10).into_iter());
        assert!(canary.due.is_none() && canary.changed.is_empty());
    }

    #[test]
    fn many_failures_are_told_in_few_lines() {
        let failures = vec!["x".to_owned(); 20];
        let told = shortened(failures);
        assert_eq!(told.len(), SHOWN + 1);
        assert!(told[SHOWN].starts_with("12 more frames"));
    }
}
