// SPDX-License-Identifier: MIT
//! Another allowlist, prepared so that one word puts it in force: rows are written beforehand that
//! wait for a generation of the settings, and tidied once it holds.

use super::{Edit, Policy, Undo};
use crate::{Change, PolicyError, Remark, Target};
use aegis_abi::Allow;
use aegis_core::Nanos;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// An allowlist to come. Write `stage`, then settings of the generation, then `tidy`; after each
/// single row, packets are judged as before until the settings are written, and as afterwards from
/// then on. If it does not come to the settings, [`Policy::unstage`].
#[derive(Clone, Debug)]
#[must_use = "the rows have to be written, or the mutation unstaged"]
pub struct Staged {
    /// Rows that say what holds now, and what will.
    pub stage: Vec<Change>,
    /// Rows that say only what holds then; they do not hurry.
    pub tidy: Vec<Change>,
    /// Takes it back.
    pub undo: Undo,
}

impl Staged {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stage.is_empty() && self.tidy.is_empty()
    }
}

impl Policy {
    /// Takes those targets off the allowlist that are only on the first list, and puts those on it
    /// that are only on the second one, from a generation of the settings on: one that is later
    /// than the one in force and is written next.
    ///
    /// # Errors
    /// [`PolicyError::AllowsEverything`], and [`PolicyError::Full`] where there is no room for
    /// entries that go beside those that come. Nothing has changed then.
    pub fn stage_allowlist(
        &mut self,
        (before, after): (&[Target], &[Target]),
        generation: u32,
        now: Nanos,
    ) -> Result<Staged, PolicyError> {
        let (before, after) = (set(before), set(after));
        let comes: Vec<Target> = after.difference(&before).copied().collect();
        let goes: Vec<Target> = before.difference(&after).copied().collect();
        if let Some(target) = comes.iter().find(|target| target.is_everything()) {
            return Err(PolicyError::AllowsEverything(*target));
        }
        let rules = self.allow_rules(comes.iter().chain(&goes));
        let added = comes.into_iter().map(|target| self.added(target, now));
        let added = added.collect();
        // Both are in the tables until it is tidied.
        let coming = self.commit((), added)?;
        let removed = goes.into_iter().map(|target| self.removed(target));
        let removed = removed.collect();
        let going = self.apply((), removed);
        let (come, marks) = divide(coming.changes);
        let (gone, fewer_marks) = divide(going.changes);
        // What goes is first: a trie that is full may not even take another value of an entry.
        let rows = [gone, come].concat();
        let waiting = rows
            .iter()
            .filter_map(|row| self.waiting(row, &rules, generation));
        Ok(Staged {
            stage: waiting.chain(marks).collect(),
            tidy: [rows, fewer_marks].concat(),
            undo: coming.undo.and(going.undo),
        })
    }

    /// Takes back what was staged last and whose generation was not written; returns the rows that
    /// take back its rows.
    #[must_use = "the rows have to be written"]
    pub fn unstage(&mut self, undo: Undo) -> Vec<Change> {
        self.revert(undo.0)
    }

    /// What should be in the place of a row of the allowlist now.
    #[must_use]
    pub fn row(&self, like: &Change) -> Change {
        match *like {
            Change::Allow { prefix, .. } => Change::Allow {
                prefix,
                value: self.rows.allow(&prefix),
            },
            Change::Touched { family, line, .. } => Change::Touched {
                family,
                line,
                value: self.touched.told(family, line),
            },
            other => other,
        }
    }

    /// The rule that allows each of these targets, 0 where none does.
    fn allow_rules<'a>(&self, targets: impl Iterator<Item = &'a Target>) -> BTreeMap<IpNet, u32> {
        let rule = |target: &Target| (target.net(), self.allow_rule(*target));
        targets.map(rule).collect()
    }

    fn allow_rule(&self, target: Target) -> u32 {
        let narrowest = self.allow.around(target);
        let entry = narrowest.and_then(|target| self.allow.get(target));
        entry.map_or(0, |entry| entry.rule.get())
    }

    fn added(&mut self, target: Target, now: Nanos) -> Edit {
        let (entry, _) = self.allow_entry(target, Remark::default(), now);
        self.replace(Edit::Allow(target, Some(entry)))
    }

    fn removed(&mut self, target: Target) -> Edit {
        self.replace(Edit::Allow(target, None))
    }

    /// The row that waits for a generation, to become what this one says.
    fn waiting(
        &self,
        row: &Change,
        rules: &BTreeMap<IpNet, u32>,
        generation: u32,
    ) -> Option<Change> {
        let Change::Allow { prefix, .. } = *row else {
            return None;
        };
        let target = Target::try_from(prefix).ok()?;
        let value = Allow {
            before: rules.get(&prefix).copied().unwrap_or_default(),
            after: self.allow_rule(target),
            since: generation,
        };
        Some(Change::Allow {
            prefix,
            value: Some(value),
        })
    }
}

fn set(targets: &[Target]) -> BTreeSet<Target> {
    targets.iter().copied().collect()
}

/// Rows, and marks that say where looking for them is worth it.
fn divide(changes: Vec<Change>) -> (Vec<Change>, Vec<Change>) {
    let is_mark = |change: &Change| matches!(change, Change::Touched { .. });
    let (marks, rows) = changes.into_iter().partition(is_mark);
    (rows, marks)
}
