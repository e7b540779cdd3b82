// SPDX-License-Identifier: MIT
//! What stands of a LAPI's decisions, and what each answer changes about that.
//!
//! Several decisions may be about the same subject; it is let go with the last of them, and held until
//! the latest of their ends. So they are kept by number: deleting one that is not known is nothing,
//! and telling one twice is telling it once.

mod tally;
#[cfg(test)]
mod tests;

pub use tally::Tally;

use super::decision::{Decision, Others, Unusable, Words};
use super::subject::Subject;
use super::wire::{StreamAnswer, Told};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Decisions that are kept, at most: several times what the kernel's tables take.
pub const MOST: usize = 500_000;
/// A decision that is told again is told by what is left of it, in whole seconds or not, some time after
/// that was looked up. Ends that are no farther apart are the same.
const SLACK: SignedDuration = SignedDuration::from_secs(2);

/// What a subject is held for: of its decisions, the one that ends last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Number of the decision.
    pub id: u64,
    /// Until when.
    pub until: Timestamp,
    /// Who or what decided.
    pub origin: Arc<str>,
    /// What for.
    pub scenario: Arc<str>,
}

impl From<&Decision> for Sentence {
    fn from(decision: &Decision) -> Self {
        Self {
            id: decision.id,
            until: decision.until,
            origin: Arc::clone(&decision.origin),
            scenario: Arc::clone(&decision.scenario),
        }
    }
}

/// What is different for a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// For whom.
    pub subject: Subject,
    /// What it is held for now; `None`: it is let go.
    pub after: Option<Sentence>,
}

/// The decisions that stand.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    others: Others,
    words: Words,
    by_id: HashMap<u64, Decision>,
    by_subject: BTreeMap<Subject, Vec<u64>>,
    ends: BTreeSet<(Timestamp, u64)>,
    unusable: BTreeMap<Unusable, usize>,
}

/// What subjects were held for before something happened.
type Before = BTreeMap<Subject, Option<Sentence>>;

impl Decisions {
    /// None, to which come those that are bans, and others as that says.
    #[must_use]
    pub fn new(others: Others) -> Self {
        Self {
            others,
            ..Self::default()
        }
    }

    /// Takes what has changed since the last answer.
    pub fn apply(&mut self, answer: &StreamAnswer, now: Timestamp) -> Vec<Change> {
        let mut before = Before::new();
        for told in answer.standing() {
            self.take(told, now, &mut before);
        }
        // Behind what is new: what came and went between two answers is gone.
        for told in answer.ended() {
            self.forget(told.id, &mut before);
        }
        self.let_end(now, &mut before);
        self.changes(before)
    }

    /// Takes an answer that says everything that stands; what it does not name stands no more.
    pub fn resync(&mut self, answer: &StreamAnswer, now: Timestamp) -> Vec<Change> {
        let mut before = Before::new();
        self.unusable.clear();
        let named: HashSet<u64> = answer
            .standing()
            .iter()
            .filter_map(|told| told.id)
            .collect();
        let known = self.by_id.keys().copied();
        let gone: Vec<u64> = known.filter(|id| !named.contains(id)).collect();
        for id in gone {
            self.forget(Some(id), &mut before);
        }
        for told in answer.standing() {
            self.take(told, now, &mut before);
        }
        self.let_end(now, &mut before);
        self.words.tidy();
        self.changes(before)
    }

    /// Forgets what is over.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Change> {
        let mut before = Before::new();
        self.let_end(now, &mut before);
        self.changes(before)
    }

    /// Takes decisions that stood in another process, as far as they are not over.
    pub(super) fn stand_again(
        &mut self,
        decisions: impl Iterator<Item = Decision>,
        now: Timestamp,
    ) {
        let mut before = Before::new();
        for decision in decisions.filter(|decision| decision.until > now) {
            self.put(decision, &mut before);
        }
    }

    /// Texts, to be shared by decisions that are yet to come.
    pub(super) fn words(&mut self) -> &mut Words {
        &mut self.words
    }

    /// Every decision, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Decision> {
        self.by_id.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Every subject, and what it is held for.
    pub fn sentences(&self) -> impl Iterator<Item = (Subject, Sentence)> + '_ {
        let subjects = self.by_subject.keys();
        subjects.filter_map(|subject| Some((*subject, self.sentence(subject)?)))
    }

    /// What a subject is held for.
    #[must_use]
    pub fn sentence(&self, subject: &Subject) -> Option<Sentence> {
        let numbers = self.by_subject.get(subject)?.iter();
        let decisions = numbers.filter_map(|id| self.by_id.get(id));
        let last = decisions.max_by_key(|decision| (decision.until, decision.id))?;
        Some(Sentence::from(last))
    }

    /// Decisions about an address, and about prefixes that it is in.
    pub fn about(&self, address: IpAddr) -> impl Iterator<Item = &Decision> {
        self.by_id
            .values()
            .filter(move |decision| decision.subject.names(address))
    }

    /// How many, of what sort.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally::of(self.by_id.values(), &self.unusable)
    }

    fn take(&mut self, told: &Told, now: Timestamp, before: &mut Before) {
        match Decision::read(told, self.others, &mut self.words, now) {
            Ok(decision) => self.put(decision, before),
            Err(why) => {
                self.refuse(why);
                self.forget(told.id, before);
            }
        }
    }

    fn refuse(&mut self, why: Unusable) {
        // What is over needs no carrying out.
        if why != Unusable::Over {
            *self.unusable.entry(why).or_default() += 1;
        }
    }

    fn put(&mut self, decision: Decision, before: &mut Before) {
        match self.by_id.get(&decision.id) {
            Some(known) if is_same(known, &decision) => return,
            Some(known) => self.forget(Some(known.id), before),
            None if self.by_id.len() >= MOST => return self.refuse(Unusable::TooMany),
            None => {}
        }
        self.note(decision.subject, before);
        self.ends.insert((decision.until, decision.id));
        self.by_subject
            .entry(decision.subject)
            .or_default()
            .push(decision.id);
        self.by_id.insert(decision.id, decision);
    }

    fn forget(&mut self, id: Option<u64>, before: &mut Before) {
        let Some(known) = id.and_then(|id| self.by_id.get(&id)) else {
            return;
        };
        let (id, subject, until) = (known.id, known.subject, known.until);
        self.note(subject, before);
        self.ends.remove(&(until, id));
        self.by_id.remove(&id);
        if let Some(numbers) = self.by_subject.get_mut(&subject) {
            numbers.retain(|number| *number != id);
            if numbers.is_empty() {
                self.by_subject.remove(&subject);
            }
        }
    }

    fn let_end(&mut self, now: Timestamp, before: &mut Before) {
        while let Some(&(until, id)) = self.ends.first().filter(|(until, _)| *until <= now) {
            self.forget(Some(id), before);
            self.ends.remove(&(until, id));
        }
    }

    /// What a subject is held for, before that changes.
    fn note(&self, subject: Subject, before: &mut Before) {
        before
            .entry(subject)
            .or_insert_with(|| self.sentence(&subject));
    }

    fn changes(&self, before: Before) -> Vec<Change> {
        let now = before.into_iter().filter_map(|(subject, before)| {
            let after = self.sentence(&subject);
            (after != before).then_some(Change { subject, after })
        });
        now.collect()
    }
}

fn is_same(known: &Decision, told: &Decision) -> bool {
    let apart = known.until.duration_since(told.until).abs();
    known.subject == told.subject && apart <= SLACK
}
