// SPDX-License-Identifier: MIT
//! The whole policy: who is banned, who is allowed, and what the kernel's tables should hold.

mod ban;
mod follow;
mod offence;
mod refuse;
mod restore;
mod saved;
mod stage;
mod standing;

pub use follow::{Followed, Verdict};
pub use restore::{Manner, Restored};
pub use stage::Staged;
pub use standing::Standing;

use crate::allow::AllowList;
use crate::book::{BanBook, Entry};
use crate::compile::Source;
use crate::ids::Ids;
use crate::offender::Offenders;
use crate::rows::Rows;
use crate::touched::{Mark, Step, Touched};
use crate::{
    AllowEntry, Allowed, Applied, AutoBan, BanEntry, Capacity, Change, Force, Novelty, Part,
    PolicyError, ProtectedSet, Remark, Strikes, Target,
};
use aegis_core::Nanos;

/// A replacement, held as what was replaced.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Ban(Target, Option<Entry>),
    Allow(Target, Option<AllowEntry>),
    Strikes(Target, Strikes),
}

impl Edit {
    fn target(&self) -> Target {
        match *self {
            Self::Ban(target, _) | Self::Allow(target, _) | Self::Strikes(target, _) => target,
        }
    }
}

/// What takes a mutation back.
#[derive(Clone, Debug)]
#[must_use = "dropping it makes the mutation stay"]
pub struct Undo(Vec<Edit>);

impl Undo {
    /// Whom the mutation is about; one may come more than once.
    pub fn targets(&self) -> impl Iterator<Item = Target> + '_ {
        self.0.iter().map(Edit::target)
    }

    /// Takes back this mutation and the next one.
    fn and(mut self, mut next: Self) -> Self {
        self.0.append(&mut next.0);
        self
    }
}

/// Bans, allowlist, protected set and offenders of one instance.
///
/// A mutation that is refused changes nothing. One that is made answers with the rows to write; if
/// the kernel does not take them, [`Policy::undo`] takes the mutation back.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    capacity: Capacity,
    protected: ProtectedSet,
    auto_ban: AutoBan,
    offenders: Offenders,
    rules: Ids,
    bans: BanBook,
    allow: AllowList,
    touched: Touched,
    rows: Rows,
}

impl Policy {
    /// Nobody is banned, nobody is allowed, nothing is protected.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same for tables of other sizes.
    #[must_use]
    pub fn with_capacity(capacity: Capacity) -> Self {
        Self {
            capacity,
            ..Self::default()
        }
    }

    /// A policy that is to take the place of one whose rows are in the kernel's tables, with scope
    /// groups up to that number: none of its own means one of theirs, so that rows can be replaced
    /// one by one.
    #[must_use]
    pub fn succeeding(last_group: u32) -> Self {
        Self {
            bans: BanBook::with_groups_after(last_group),
            ..Self::default()
        }
    }

    /// Protects these addresses and no other; bans that stand are not looked at again.
    pub fn set_protected(&mut self, protected: ProtectedSet) {
        self.protected = protected;
    }

    /// The protected addresses.
    #[must_use]
    pub fn protected(&self) -> &ProtectedSet {
        &self.protected
    }

    /// Lets a target through whatever bans say, or gives its entry another reason; an empty one
    /// leaves the reason that is there.
    ///
    /// # Errors
    /// [`PolicyError::AllowsEverything`] without force, and [`PolicyError::Full`].
    pub fn allow(
        &mut self,
        target: Target,
        remark: Remark,
        force: Force,
        now: Nanos,
    ) -> Result<Applied<Allowed>, PolicyError> {
        if force == Force::No && target.is_everything() {
            return Err(PolicyError::AllowsEverything(target));
        }
        let (entry, novelty) = self.allow_entry(target, remark, now);
        let overrides = self
            .bans
            .inside(target)
            .filter(|ban| ban.is_live(now))
            .cloned()
            .collect();
        let exempt_from = self.banned_around(target, now);
        let edit = self.replace(Edit::Allow(target, Some(entry.clone())));
        self.commit(
            Allowed {
                entry,
                novelty,
                overrides,
                exempt_from,
            },
            vec![edit],
        )
    }

    /// The entry that is to stand, beside the one that does.
    fn allow_entry(&mut self, target: Target, remark: Remark, now: Nanos) -> (AllowEntry, Novelty) {
        let Some(standing) = self.allow.get(target).cloned() else {
            let entry = AllowEntry {
                target,
                rule: self.rules.free_rule(),
                remark,
                created: now.into(),
            };
            return (entry, Novelty::Added);
        };
        if remark.as_str().is_empty() || remark == standing.remark {
            return (standing, Novelty::Unchanged);
        }
        let entry = AllowEntry { remark, ..standing };
        (entry, Novelty::Renewed)
    }

    /// Takes exactly this target off the allowlist.
    ///
    /// # Errors
    /// [`PolicyError`] of kind `Absent`, naming a wider entry where there is one.
    pub fn disallow(&mut self, target: Target) -> Result<Applied<AllowEntry>, PolicyError> {
        let Some(entry) = self.allow.get(target).cloned() else {
            return Err(match self.allow.around(target) {
                Some(wider) => PolicyError::AllowedByWider { target, wider },
                None => PolicyError::NotAllowed(target),
            });
        };
        let edit = self.replace(Edit::Allow(target, None));
        Ok(self.apply(entry, vec![edit]))
    }

    /// Takes back the latest mutation, whose rows were not written.
    pub fn undo(&mut self, undo: Undo) {
        drop(self.revert(undo.0));
    }

    /// Bans that hold, by target; a prefix comes before what lies inside it.
    pub fn bans(&self, now: Nanos) -> impl Iterator<Item = &BanEntry> {
        self.bans.iter().filter(move |ban| ban.is_live(now))
    }

    /// The ban on a part of exactly this target.
    #[must_use]
    pub fn ban_on(&self, target: Target, part: Part, now: Nanos) -> Option<&BanEntry> {
        self.bans.on(target, part).filter(|ban| ban.is_live(now))
    }

    /// The allowlist, likewise.
    pub fn allowlist(&self) -> impl Iterator<Item = &AllowEntry> {
        self.allow.iter()
    }

    /// Every row, for tables that are empty.
    #[must_use]
    pub fn rows(&self) -> Vec<Change> {
        self.rows.all().chain(self.touched.rows()).collect()
    }

    /// Makes an edit and returns the one that takes it back.
    fn replace(&mut self, edit: Edit) -> Edit {
        match edit {
            Edit::Ban(target, entry) => {
                let has = entry.is_some();
                let before = self.bans.replace(target, entry, &mut self.rules);
                self.touch(target, Mark::Ban, (before.is_some(), has));
                Edit::Ban(target, before)
            }
            Edit::Allow(target, entry) => {
                let has = entry.is_some();
                let before = self.allow.replace(target, entry, &mut self.rules);
                self.touch(target, Mark::Allow, (before.is_some(), has));
                Edit::Allow(target, before)
            }
            Edit::Strikes(source, strikes) => {
                Edit::Strikes(source, self.offenders.replace_strikes(source, strikes))
            }
        }
    }

    fn touch(&mut self, target: Target, mark: Mark, had_has: (bool, bool)) {
        match had_has {
            (false, true) => self.touched.count(target.net(), mark, Step::Add),
            (true, false) => self.touched.count(target.net(), mark, Step::Remove),
            _ => {}
        }
    }

    /// The rows that edits come to.
    fn compile(&mut self, edits: &[Edit]) -> Vec<Change> {
        let source = Source {
            bans: &self.bans,
            allow: &self.allow,
        };
        source.compile(edits, &mut self.rows, self.touched.flush())
    }

    fn apply<T>(&mut self, outcome: T, edits: Vec<Edit>) -> Applied<T> {
        let changes = self.compile(&edits);
        Applied {
            outcome,
            changes,
            undo: Undo(edits),
        }
    }

    /// As [`Self::apply`], unless the rows do not fit.
    fn commit<T>(&mut self, outcome: T, edits: Vec<Edit>) -> Result<Applied<T>, PolicyError> {
        let last = edits.last().map(Edit::target);
        let applied = self.apply(outcome, edits);
        match last.map_or(Ok(()), |target| self.rows.check(self.capacity, target)) {
            Ok(()) => Ok(applied),
            Err(error) => {
                self.undo(applied.undo);
                Err(error)
            }
        }
    }

    /// Takes edits back; returns the rows that this comes to.
    fn revert(&mut self, edits: Vec<Edit>) -> Vec<Change> {
        let replaced: Vec<Edit> = edits
            .into_iter()
            .rev()
            .map(|edit| self.replace(edit))
            .collect();
        self.compile(&replaced)
    }
}
