// SPDX-License-Identifier: MIT
//! What the packet path costs a packet, by `BPF_PROG_TEST_RUN`, as a multiple of an empty program.
//!
//! One packet is judged over and over, so that caches are warm and branches foreseen: the figures are
//! of instructions, not of memory; except where each packet is of another source. The CPU time of
//! the thread is taken rather than the kernel's mean, which has no fractions of a nanosecond.

mod case;
mod cases;

use crate::cpu::{Pinned, own_ns, usable};
use crate::measure::{Samples, Summary, interleave};
use crate::policies::{self, LOAD};
use aegis_abi::{Action, Link, Rate, Reason, Settings};
use aegis_core::Nanos;
use aegis_engine::clock::monotonic_ns;
use aegis_engine::rig::Rig;
use anyhow::{Context as _, Result, ensure};
use case::Case;
use cases::cases;
use serde::Serialize;

/// The defaults, but nothing is refused because everybody together sends too much, and a scanner
/// stays one for as long as is measured.
const SETTINGS: Settings = Settings {
    syn_host: Rate::UNLIMITED,
    udp_host: Rate::UNLIMITED,
    cool_down_ns: 3_600_000_000_000,
    ..Settings::DEFAULT
};

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

/// Measures every case.
///
/// # Errors
/// Where programs cannot be loaded or run, or judge otherwise than the case says.
pub fn measure(effort: Effort) -> Result<Vec<Cost>> {
    let pinned = usable()?.last().copied().map(Pinned::to).transpose()?;
    let mut rigs = [rig(policies::plain)?, rig(policies::loaded)?];
    let cases = cases();
    for case in &cases {
        prepare(&mut rigs[case.load as usize], case)?;
    }
    let mut runs = 0_u32;
    let samples = interleave(effort.rounds, cases.len(), |at| {
        let case = &cases[at];
        runs = runs.wrapping_add(effort.runs);
        time(&mut rigs[case.load as usize], case, (runs, effort.runs))
    })?;
    drop(pinned);
    cases
        .iter()
        .zip(&samples)
        .map(|(case, own)| cost(case, own, (&cases, &samples)))
        .collect()
}

fn rig(policy: fn(Nanos) -> Result<Vec<aegis_policy::Change>>) -> Result<Rig> {
    let mut rig = Rig::load(Link::Ethernet, false)?;
    rig.set_settings(&SETTINGS)?;
    rig.apply(&policy(Nanos(monotonic_ns()))?)
        .context("cannot load the policy to measure with")?;
    Ok(rig)
}

/// Lets the packets through that come before, and sees that what is measured then becomes of the
/// packet what the case says, by the counter that moves.
fn prepare(rig: &mut Rig, case: &Case) -> Result<()> {
    for (hook, frame) in &case.history {
        rig.run(*hook, frame)?;
    }
    let before = rig.counters()?;
    let action = rig.run_program(case.program, &case.frame)?;
    let after = rig.counters()?;
    let moved = after.iter().filter(|cell| !before.contains(cell));
    let reasons: Vec<Reason> = moved.map(|(slot, _)| slot.reason).collect();
    let wanted = case.verdict;
    let expected = wanted.map_or(Action::Pass, |verdict| verdict.action);
    let because: Vec<Reason> = wanted.iter().map(|verdict| verdict.reason).collect();
    ensure!(
        action == Some(expected) && reasons == because,
        "{}: expected {expected:?} because of {because:?}, the kernel says {action:?} because of {reasons:?}",
        case.what
    );
    Ok(())
}

fn time(rig: &mut Rig, case: &Case, (before, runs): (u32, u32)) -> Result<f64> {
    let frame = case.frame_after(before);
    let begin = own_ns();
    rig.time(case.program, &frame, runs)?;
    Ok((own_ns() - begin) / f64::from(runs))
}

fn cost(case: &Case, own: &Samples, (cases, samples): (&[Case], &[Samples])) -> Result<Cost> {
    let against = cases.iter().position(|other| other.what == case.against);
    let against = against.with_context(|| format!("there is no case {}", case.against))?;
    Ok(Cost {
        what: case.what.clone(),
        ns: own.summary(),
        against: case.against.clone(),
        ratio: own.ratio_to(&samples[against]).summary(),
        target: case.target,
    })
}

/// What the rows mean, for a reader of the table.
pub fn note() -> String {
    format!(
        "All modules are on. Established: the handshake went past before, and the same segment comes again and again. A new \
         source: another one for every packet, half of which finds the tables full and has somebody give way; what changing the source \
         costs is part of the figure (third row). What all sources may do together is not bounded here, so that none of \
         them is refused early. Loaded: {LOAD} banned addresses and {LOAD} banned prefixes in each family; \"a neighbour \
         banned\" is the same /24 (IPv6: /32), so that every look-up has to be made."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
