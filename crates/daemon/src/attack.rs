// SPDX-License-Identifier: MIT
//! Whether an attack goes on, judged in this one place, from what counters come to a second.
//!
//! An attack begins once more than its kind is worth noticing arrives for two looks in a row, or very much
//! more at one look; it ends once there was less than a quarter of that for ten seconds. So it neither
//! flickers nor stays.

mod kinds;
mod sources;
mod words;

pub use kinds::kind_of;
pub use sources::{Part, Sources};
pub use words::{Measures, remedy, response};

use crate::ban::Moment;
use crate::motion::Moved;
use aegis_abi::{Action, Hook, Reason};
use aegis_api::AttackKind;
use aegis_core::Nanos;
use jiff::Timestamp;
use std::collections::BTreeMap;

const SECOND_NS: u64 = 1_000_000_000;
/// So much more than is worth noticing needs no second look.
const PLAIN: u64 = 8;
/// An attack that has fallen to a part of what is worth noticing is over.
const FALLEN: u64 = 4;
/// For so long whoever is turned away for an offence is taken to go on with it.
const REMEMBERED_NS: u64 = 3_600 * SECOND_NS;
/// After so long.
const QUIET_NS: u64 = 10 * SECOND_NS;

/// What packets of a kind came to in one look, a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Packets.
    pub packets: u64,
    /// Of them, those that end here.
    pub dropped: u64,
    /// Of them, those that are answered with SYN cookies.
    pub answered: u64,
}

/// An attack that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// What it consists of.
    pub kind: AttackKind,
    /// When it was noticed.
    pub since: Timestamp,
    /// The same, `CLOCK_MONOTONIC`.
    pub began: Nanos,
    /// At the moment.
    pub now: Pace,
    /// The most packets a second.
    pub peak: u64,
    /// All packets so far.
    pub packets: u64,
    /// When it was loud last.
    loud: Nanos,
}

/// Everything that goes on.
#[derive(Debug, Default)]
pub struct Attacks {
    going: BTreeMap<AttackKind, Course>,
    /// Looks in a row at which a kind was worth noticing.
    loud: BTreeMap<AttackKind, u32>,
    /// Everything that arrives, a second.
    arriving: Pace,
    /// What a source went too far with last: packets of those that are turned away for it are still that.
    last_offence: Option<(AttackKind, Nanos)>,
    /// Who takes part.
    pub sources: Sources,
}

impl Attacks {
    /// A detector found something.
    pub fn note_offence(&mut self, kind: Reason, now: Nanos) {
        if let Some(kind) = kind_of(kind, None) {
            self.last_offence = Some((kind, now));
        }
    }

    /// Judges what moved.
    pub fn look(&mut self, moved: &Moved, now: &Moment) {
        let since = |at: Nanos| now.monotonic.0.saturating_sub(at.0);
        let recent = self
            .last_offence
            .filter(|(_, at)| since(*at) <= REMEMBERED_NS);
        self.last_offence = recent;
        let counted = self.counted(moved);
        for &kind in AttackKind::ALL {
            let packets = counted.get(&kind).copied().unwrap_or_default();
            self.judge(kind, packets, moved.span_ns, now);
        }
        self.sources.look(now.monotonic);
    }

    /// Everything that goes on, what asks most for attention first.
    pub fn going(&self) -> impl Iterator<Item = &Course> {
        AttackKind::ALL
            .iter()
            .filter_map(|kind| self.going.get(kind))
    }

    /// Everything that arrives, a second.
    pub fn arriving(&self) -> Pace {
        self.arriving
    }

    /// Of which kind a reason is now.
    pub fn kind(&self, reason: Reason) -> Option<AttackKind> {
        let offence = self.last_offence.map(|(kind, _)| kind);
        kind_of(reason, offence)
    }

    /// Packets by kind; those of everything are noted on the way.
    fn counted(&mut self, moved: &Moved) -> BTreeMap<AttackKind, Pace> {
        let (mut counted, mut all) = (BTreeMap::new(), Pace::default());
        let arrived = moved.rows.iter();
        for (slot, action, count) in arrived.filter(|(slot, ..)| slot.hook == Hook::XdpIngress) {
            all.add(*action, count.packets);
            if let Some(kind) = self.kind(slot.reason) {
                let pace: &mut Pace = counted.entry(kind).or_default();
                pace.add(*action, count.packets);
            }
        }
        self.arriving = all.per_second(moved.span_ns);
        counted
    }

    fn judge(&mut self, kind: AttackKind, packets: Pace, span_ns: u64, now: &Moment) {
        let (pace, worth) = (packets.per_second(span_ns), kinds::worth_noticing(kind));
        let at = now.monotonic;
        if let Some(course) = self.going.get_mut(&kind) {
            course.go_on(pace, packets.packets);
            if pace.packets >= (worth / FALLEN).max(1) {
                course.loud = at;
            } else if at.0.saturating_sub(course.loud.0) >= QUIET_NS {
                self.going.remove(&kind);
            }
            return;
        }
        let loud = self.loud.entry(kind).or_default();
        *loud = if pace.packets >= worth { *loud + 1 } else { 0 };
        let is_plain = pace.packets >= worth.saturating_mul(PLAIN);
        if *loud >= 2 || is_plain {
            *loud = 0;
            let course = Course {
                kind,
                since: now.wall,
                began: at,
                now: pace,
                peak: pace.packets,
                packets: packets.packets,
                loud: at,
            };
            self.going.insert(kind, course);
        }
    }
}

impl Course {
    fn go_on(&mut self, pace: Pace, packets: u64) {
        self.now = pace;
        self.peak = self.peak.max(pace.packets);
        self.packets = self.packets.saturating_add(packets);
    }
}

impl Pace {
    fn add(&mut self, action: Action, packets: u64) {
        self.packets = self.packets.saturating_add(packets);
        match action {
            Action::Pass => {}
            Action::Drop => self.dropped = self.dropped.saturating_add(packets),
            Action::Answer => self.answered = self.answered.saturating_add(packets),
        }
    }

    fn per_second(self, span_ns: u64) -> Self {
        let rate = |packets: u64| {
            let rate = u128::from(packets) * u128::from(SECOND_NS) / u128::from(span_ns.max(1));
            u64::try_from(rate).unwrap_or(u64::MAX)
        };
        Self {
            packets: rate(self.packets),
            dropped: rate(self.dropped),
            answered: rate(self.answered),
        }
    }
}

#[cfg(test)]
mod tests;
