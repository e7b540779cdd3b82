// SPDX-License-Identifier: MIT
//! What the packet path costs a packet, by `BPF_PROG_TEST_RUN`, as a multiple of an empty program.
//!
//! One packet is judged over and over, so that caches are warm and branches foreseen: the figures are
//! of instructions, not of memory. The CPU time of the thread is taken rather than the kernel's mean,
//! which has no fractions of a nanosecond.

use crate::cpu::{Pinned, own_ns, usable};
use crate::frames;
use crate::measure::{Samples, Summary, interleave};
use crate::policies::{self, LOAD, Peer, guarded};
use aegis_abi::{Action, Family, Link};
use aegis_core::Nanos;
use aegis_engine::clock::monotonic_ns;
use aegis_engine::rig::{Rig, Runnable};
use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds.
    pub rounds: usize,
    /// Runs of each program in each round.
    pub runs: u32,
}

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// What became of which packet.
    pub what: String,
    /// Nanoseconds.
    pub ns: Summary,
    /// The line that `ratio` is to.
    pub against: String,
    /// How many times that line.
    pub ratio: Summary,
    /// The most that `ratio` may be.
    pub target: Option<f64>,
}

impl Cost {
    /// Whether the target is reached, where there is one.
    pub fn held(&self) -> Option<bool> {
        self.target.map(|target| self.ratio.median <= target)
    }
}

/// Tables with little in them, or with a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    Plain,
    Heavy,
}

/// What a case is compared with: another one, by its place in the list.
const EMPTY: usize = 0;
const EMPTY_TC: usize = 1;
const PASSED_V4: usize = 2;
const PASSED_V6: usize = 3;

struct Case {
    what: String,
    load: Load,
    program: Runnable,
    frame: Vec<u8>,
    outcome: Action,
    against: usize,
    target: Option<f64>,
}

/// Measures every case.
///
/// # Errors
/// Where programs cannot be loaded or run, or judge otherwise than the case says.
pub fn measure(effort: Effort) -> Result<Vec<Cost>> {
    let pinned = usable()?.last().copied().map(Pinned::to).transpose()?;
    let mut rigs = [rig(policies::plain)?, rig(policies::loaded)?];
    let cases = cases();
    for case in &cases {
        let outcome = rigs[case.load as usize].run_program(case.program, &case.frame)?;
        let wanted = case.outcome;
        ensure!(
            outcome == Some(wanted),
            "{}: expected {wanted:?}, the kernel says {outcome:?}",
            case.what
        );
    }
    let samples = interleave(effort.rounds, cases.len(), |at| {
        time(&mut rigs[cases[at].load as usize], &cases[at], effort.runs)
    })?;
    drop(pinned);
    Ok(cases
        .iter()
        .zip(&samples)
        .map(|(case, own)| case.cost(own, (&cases, &samples)))
        .collect())
}

fn rig(policy: fn(Nanos) -> Result<Vec<aegis_policy::Change>>) -> Result<Rig> {
    let mut rig = Rig::load(Link::Ethernet, false)?;
    rig.apply(&policy(Nanos(monotonic_ns()))?)
        .context("cannot load the policy to measure with")?;
    Ok(rig)
}

fn time(rig: &mut Rig, case: &Case, runs: u32) -> Result<f64> {
    let begin = own_ns();
    rig.time(case.program, &case.frame, runs)?;
    Ok((own_ns() - begin) / f64::from(runs))
}

impl Case {
    fn new(what: &str, frame: Vec<u8>, outcome: Action) -> Self {
        Self {
            what: what.to_owned(),
            load: Load::Plain,
            program: Runnable::Ingress,
            frame,
            outcome,
            against: EMPTY,
            target: None,
        }
    }

    fn program(self, program: Runnable, against: usize) -> Self {
        Self {
            program,
            against,
            ..self
        }
    }

    fn heavy(self, against: usize) -> Self {
        Self {
            load: Load::Heavy,
            against,
            ..self
        }
    }

    fn at_most(self, target: f64) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    fn cost(&self, own: &Samples, (cases, samples): (&[Self], &[Samples])) -> Cost {
        Cost {
            what: self.what.clone(),
            ns: own.summary(),
            against: cases[self.against].what.clone(),
            ratio: own.ratio_to(&samples[self.against]).summary(),
            target: self.target,
        }
    }
}

const BANNED: f64 = 2.5;
const PASSED: f64 = 4.0;
const LOADED: f64 = 1.5;

/// Every case, those first that others are compared with.
fn cases() -> Vec<Case> {
    let any = || from(Peer::Stranger, Family::V4);
    let mut cases = vec![
        Case::new("empty XDP program", any(), Action::Pass).program(Runnable::Empty, EMPTY),
        Case::new("empty TC program", any(), Action::Pass).program(Runnable::EmptyTc, EMPTY_TC),
        Case::new("IPv4 TCP passed", any(), Action::Pass).at_most(PASSED),
        Case::new(
            "IPv6 TCP passed",
            from(Peer::Stranger, Family::V6),
            Action::Pass,
        )
        .at_most(PASSED),
    ];
    for (family, passed) in [(Family::V4, PASSED_V4), (Family::V6, PASSED_V6)] {
        cases.extend(ingress(family));
        cases.extend(heavy(family, passed));
        cases.extend(egress(family));
    }
    cases
}

fn ingress(family: Family) -> Vec<Case> {
    let name = name(family);
    let stranger = Peer::Stranger.address(family);
    let mut cases = vec![
        Case::new(
            &format!("{name} banned, dropped"),
            from(Peer::Banned, family),
            Action::Drop,
        )
        .at_most(BANNED),
        Case::new(
            &format!("{name} banned for an hour, dropped"),
            from(Peer::BannedForAWhile, family),
            Action::Drop,
        )
        .at_most(BANNED),
        Case::new(
            &format!("{name} allowlisted, passed"),
            from(Peer::Allowed, family),
            Action::Pass,
        ),
        Case::new(
            &format!("{name} SYN+FIN, dropped"),
            frames::tcp_syn_fin(stranger, guarded(family)),
            Action::Drop,
        ),
        Case::new(
            &format!("{name} lying TCP offset, dropped"),
            frames::tcp_with_a_lying_offset(stranger, guarded(family)),
            Action::Drop,
        ),
    ];
    if matches!(family, Family::V6) {
        let frame = frames::tcp_behind_extensions(stranger, guarded(family));
        cases.push(Case::new(
            "IPv6 TCP behind two extension headers, passed",
            frame,
            Action::Pass,
        ));
    }
    cases
}

/// With many bans in the tables.
fn heavy(family: Family, passed: usize) -> Vec<Case> {
    let case = |what: &str, peer, outcome| {
        let what = format!("{} {what}", name(family));
        Case::new(&what, from(peer, family), outcome).heavy(passed)
    };
    vec![
        case("TCP passed, loaded", Peer::Stranger, Action::Pass).at_most(LOADED),
        case(
            "TCP passed, loaded, a neighbour banned",
            Peer::Neighbour,
            Action::Pass,
        )
        .at_most(LOADED),
        case(
            "TCP passed, loaded, among banned prefixes",
            Peer::AmongPrefixes,
            Action::Pass,
        )
        .at_most(LOADED),
        case("banned, loaded, dropped", Peer::Banned, Action::Drop)
            .heavy(EMPTY)
            .at_most(BANNED),
        case(
            "in a banned prefix, loaded, dropped",
            Peer::InPrefix,
            Action::Drop,
        )
        .heavy(EMPTY),
    ]
}

fn egress(family: Family) -> Vec<Case> {
    let name = name(family);
    let to = |peer: Peer| frames::tcp(guarded(family), peer.address(family));
    let case = |what: &str, peer, outcome| {
        Case::new(&format!("{name} {what}, TC egress"), to(peer), outcome)
            .program(Runnable::Egress, EMPTY_TC)
    };
    vec![
        case("TCP passed", Peer::Stranger, Action::Pass),
        case("to a banned peer, dropped", Peer::Banned, Action::Drop),
    ]
}

fn from(peer: Peer, family: Family) -> Vec<u8> {
    frames::tcp(peer.address(family), guarded(family))
}

fn name(family: Family) -> &'static str {
    if matches!(family, Family::V6) {
        "IPv6"
    } else {
        "IPv4"
    }
}

/// What "loaded" means, for a reader of the table.
pub fn loaded_note() -> String {
    format!(
        "Loaded: {LOAD} banned addresses and {LOAD} banned prefixes in each family; \"a neighbour banned\" is the same /24 \
         (IPv6: /32), so that every look-up has to be made."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_have_different_names_and_are_compared_with_what_they_say() {
        let cases = cases();
        let mut names: Vec<&str> = cases.iter().map(|case| case.what.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len());
        assert_eq!(cases[EMPTY].program, Runnable::Empty);
        assert_eq!(cases[EMPTY_TC].program, Runnable::EmptyTc);
        assert_eq!(
            (&*cases[PASSED_V4].what, &*cases[PASSED_V6].what),
            ("IPv4 TCP passed", "IPv6 TCP passed")
        );
    }

    #[test]
    fn a_target_is_held_up_to_its_very_value() {
        let flat = |median| Summary {
            median,
            low: median,
            high: median,
        };
        let cost = |ratio, target| Cost {
            what: String::new(),
            ns: flat(1.0),
            against: String::new(),
            ratio: flat(ratio),
            target,
        };
        assert_eq!(cost(2.5, Some(2.5)).held(), Some(true));
        assert_eq!(cost(2.51, Some(2.5)).held(), Some(false));
        assert_eq!(cost(9.0, None).held(), None);
    }
}
