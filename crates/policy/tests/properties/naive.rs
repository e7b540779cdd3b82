// SPDX-License-Identifier: MIT
//! What was asked for and what was done about offences, read naively: every cause in one list,
//! every rule by looking at all of them.

use super::kernel::Probe;
use aegis_abi::Reason;
use aegis_core::Nanos;
use aegis_policy::{
    AutoBan, Block, Expiry, Force, Origin, Part, ProtectedSet, Target, Term, Which,
};
use std::collections::HashMap;
use std::time::Duration;

/// Few sources and short times, so that limits are met.
pub fn settings() -> AutoBan {
    let term = |first, longest| Term {
        first: Duration::from_nanos(first),
        longest: Duration::from_nanos(longest),
    };
    AutoBan {
        max_entries: 3,
        proven: term(4, 20),
        unproven: term(2, 9),
        memory: Duration::from_nanos(15),
        ..AutoBan::default()
    }
}

/// Whether a ban on a part is about a packet.
pub fn matches(target: Target, part: Part, probe: Probe) -> bool {
    target.net().contains(&probe.peer)
        && (probe.begins || !part.is_unsolicited())
        && part
            .protocol()
            .is_none_or(|protocol| protocol.number() == probe.protocol)
        && part
            .port()
            .is_none_or(|port| probe.port == Some(port.get()))
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Allowed,
    Banned,
    Neither,
}

/// What is held against a source.
#[derive(Clone, Copy, Debug, Default)]
pub struct Past {
    proven: u32,
    unproven: u32,
    last: Nanos,
    until: Nanos,
}

#[derive(Clone, Debug, Default)]
pub struct Naive {
    pub causes: HashMap<(Target, Part, Origin), Expiry>,
    pub allow: Vec<Target>,
    pub protected: ProtectedSet,
    pub past: HashMap<Target, Past>,
}

impl Naive {
    pub fn fate(&self, probe: Probe, now: Nanos) -> Fate {
        let live = |(&(target, part, _), expires): (&(Target, Part, Origin), &Expiry)| {
            !expires.is_over(now) && matches(target, part, probe)
        };
        let allowed = |target: &Target| target.net().contains(&probe.peer);
        if self.allow.iter().any(allowed) {
            Fate::Allowed
        } else if self.causes.iter().any(live) {
            Fate::Banned
        } else {
            Fate::Neither
        }
    }

    /// Whether a ban on the target needs force.
    pub fn needs_force(&self, target: Target) -> bool {
        let overlaps = |entry: &Target| entry.covers(target) || target.covers(*entry);
        let mut protected = self.protected.iter();
        self.allow.iter().any(overlaps)
            || protected.any(|(_, address)| target.net().contains(&address))
    }

    /// Whether it is made.
    pub fn block(&mut self, block: &Block, now: Nanos) -> bool {
        if block.force == Force::No && self.needs_force(block.target) {
            return false;
        }
        let key = (block.target, block.part, block.origin);
        let standing = self.causes.get(&key).filter(|end| !end.is_over(now));
        let end = match (standing, block.force) {
            (Some(standing), Force::No) => block.expires.max(*standing),
            _ => block.expires,
        };
        self.causes.insert(key, end);
        true
    }

    /// Whether anything is lifted.
    pub fn unblock(&mut self, target: Target, which: Which, now: Nanos) -> bool {
        let lifts = |&(of, part, _): &(Target, Part, Origin)| {
            of == target && (which == Which::All || which == Which::Part(part))
        };
        let live =
            |(key, end): &(&(Target, Part, Origin), &Expiry)| lifts(key) && !end.is_over(now);
        let lifted: Vec<Origin> = self
            .causes
            .iter()
            .filter(live)
            .map(|(key, _)| key.2)
            .collect();
        if lifted.is_empty() {
            return false;
        }
        self.causes.retain(|key, _| !lifts(key));
        if which == Which::All || lifted.iter().any(|origin| origin.is_detector()) {
            self.past.entry(target).and_modify(|past| {
                *past = Past {
                    last: past.last,
                    ..Past::default()
                };
            });
        }
        true
    }

    pub fn expire(&mut self, now: Nanos) {
        self.causes.retain(|_, end| !end.is_over(now));
        let memory = settings().memory.as_nanos() as u64;
        self.past
            .retain(|_, past| past.last.max(past.until).0 + memory > now.0);
    }

    /// Remembers that a source has offended.
    pub fn note(&mut self, source: Target, now: Nanos) {
        self.past.entry(source).or_default().last = now;
    }

    /// Sources that detectors ban: by proof, by end.
    pub fn detected(&self) -> Vec<(bool, Expiry, Target)> {
        let mut sources: HashMap<Target, (bool, Expiry)> = HashMap::new();
        for (&(target, part, origin), &end) in &self.causes {
            if origin.is_detector() {
                let of = sources.entry(target).or_insert((false, end));
                *of = (of.0 || part.is_whole(), of.1.max(end));
            }
        }
        let ranked = sources
            .into_iter()
            .map(|(target, (proven, end))| (proven, end, target));
        ranked.collect()
    }

    /// Whether the source is banned for it; nothing that is over may be left.
    pub fn offence(&mut self, (source, proven): (Target, bool), kind: Reason, now: Nanos) -> bool {
        let part = if proven {
            Part::WHOLE
        } else {
            Part::UNSOLICITED
        };
        let begins = !self
            .causes
            .keys()
            .any(|key| key.0 == source && key.1 == part && key.2.is_detector());
        let past = self.past[&source];
        let served = if proven { past.proven } else { past.unproven };
        let number = served + u32::from(begins);
        let (first, longest) = if proven { (4, 20) } else { (2, 9) };
        let doubled = (1..number).fold(first, |length: u64, _| (length * 2).min(longest));
        let end = Nanos(now.0 + doubled);
        let enough = |(&(target, of, _), until): (&(Target, Part, Origin), &Expiry)| {
            target.covers(source) && (of.is_whole() || of == part) && *until >= Expiry::At(end)
        };
        if self.needs_force(source) || self.causes.iter().any(enough) {
            return false;
        }
        self.make_room(source);
        let key = (source, part, Origin::Detector(kind));
        let until = self.causes.entry(key).or_insert(Expiry::At(end));
        *until = Expiry::At(end).max(*until);
        let past = self.past.entry(source).or_default();
        *if proven {
            &mut past.proven
        } else {
            &mut past.unproven
        } = number;
        past.until = end;
        true
    }

    fn make_room(&mut self, source: Target) {
        loop {
            let detected = self.detected();
            if detected.len() < 3 || detected.iter().any(|(_, _, target)| *target == source) {
                return;
            }
            let (_, _, first) = detected.into_iter().min().expect("there are three");
            self.causes
                .retain(|key, _| key.0 != first || !key.2.is_detector());
        }
    }
}
