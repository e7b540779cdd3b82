// SPDX-License-Identifier: MIT
//! The whole policy: who is banned, who is allowed, and what the kernel's tables should hold.

mod refuse;

use crate::allow::AllowList;
use crate::book::{BanBook, Entry};
use crate::compile::Source;
use crate::entry::Ids;
use crate::rows::Rows;
use crate::touched::{Mark, Step, Touched};
use crate::{
    AllowEntry, Allowed, Applied, BanEntry, Block, Blocked, Capacity, Change, Force, Novelty,
    PolicyError, ProtectedSet, Remark, Target, Unblocked, Which,
};
use aegis_core::Nanos;

/// A replacement, held as what was replaced.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Ban(Target, Option<Entry>),
    Allow(Target, Option<AllowEntry>),
}

/// What takes a mutation back.
#[derive(Clone, Debug)]
#[must_use = "dropping it makes the mutation stay"]
pub struct Undo(Vec<Edit>);

/// Bans, allowlist and protected set of one instance.
///
/// A mutation that is refused changes nothing. One that is made answers with the rows to write; if
/// the kernel does not take them, [`Policy::undo`] takes the mutation back.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    capacity: Capacity,
    protected: ProtectedSet,
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

    /// Protects these addresses and no other; bans that stand are not looked at again.
    pub fn set_protected(&mut self, protected: ProtectedSet) {
        self.protected = protected;
    }

    /// The protected addresses.
    #[must_use]
    pub fn protected(&self) -> &ProtectedSet {
        &self.protected
    }

    /// Bans a part of a target, or gives the ban on it another end and reason.
    ///
    /// # Errors
    /// [`PolicyError`] of any kind but `Absent`.
    pub fn block(&mut self, block: Block, now: Nanos) -> Result<Applied<Blocked>, PolicyError> {
        let mut edits = Vec::new();
        match self.block_one(block, now, &mut edits) {
            Ok(blocked) => self.commit(blocked, edits),
            Err(error) => Err(error),
        }
    }

    /// Makes many bans, or none of them; a row that several of them change is written once.
    ///
    /// # Errors
    /// As [`Self::block`], for the first ban that is refused.
    pub fn block_all(
        &mut self,
        blocks: Vec<Block>,
        now: Nanos,
    ) -> Result<Applied<Vec<Blocked>>, PolicyError> {
        let mut edits = Vec::with_capacity(blocks.len());
        let outcome: Result<Vec<Blocked>, PolicyError> = blocks
            .into_iter()
            .map(|block| self.block_one(block, now, &mut edits))
            .collect();
        match outcome {
            Ok(blocked) => self.commit(blocked, edits),
            Err(error) => {
                self.revert(edits);
                Err(error)
            }
        }
    }

    fn block_one(
        &mut self,
        block: Block,
        now: Nanos,
        edits: &mut Vec<Edit>,
    ) -> Result<Blocked, PolicyError> {
        self.check(&block, now)?;
        let mut entry = self.bans.get(block.target).cloned().unwrap_or_default();
        let standing = entry.on(block.part).filter(|ban| ban.is_live(now));
        let (rule, created, novelty) = match standing {
            Some(ban) => (ban.rule, ban.created, Novelty::Renewed),
            None => (self.rules.free_rule(), now, Novelty::Added),
        };
        let Block {
            target,
            part,
            expires,
            remark,
            force,
            ..
        } = block;
        // Who bans for an hour what is banned for good does not mean to let it go; who lifts does.
        let expires = match (standing, force) {
            (Some(ban), Force::No) => ban.expires.max(expires),
            _ => expires,
        };
        let ban = BanEntry {
            target,
            part,
            rule,
            remark,
            created,
            expires,
        };
        entry.put(ban.clone(), &mut self.bans.groups);
        edits.push(self.replace(Edit::Ban(target, Some(entry))));
        Ok(Blocked {
            ban,
            novelty,
            overridden_by: self.allow.around(target),
        })
    }

    /// Lifts bans of exactly this target.
    ///
    /// # Errors
    /// [`PolicyError`] of kind `Absent`, saying what is banned instead.
    pub fn unblock(
        &mut self,
        target: Target,
        which: Which,
        now: Nanos,
    ) -> Result<Applied<Unblocked>, PolicyError> {
        let lifts = |ban: &BanEntry| match which {
            Which::All => true,
            Which::Part(part) => ban.part == part,
        };
        let live = |ban: &&BanEntry| ban.is_live(now);
        let standing = self.bans.get(target);
        let bans: Vec<BanEntry> = standing
            .map(|entry| {
                entry
                    .bans()
                    .iter()
                    .filter(live)
                    .filter(|ban| lifts(ban))
                    .cloned()
                    .collect()
            })
            .unwrap_or_default();
        if bans.is_empty() {
            return Err(self.why_not_banned(target, which, now));
        }
        let rest = standing.and_then(|entry| entry.keeping(|ban| !lifts(ban)));
        let still_banned_by = self.banned_around(target, now);
        let edit = self.replace(Edit::Ban(target, rest));
        Ok(self.apply(
            Unblocked {
                bans,
                still_banned_by,
            },
            vec![edit],
        ))
    }

    /// Reclaims the rows of bans that are over, which the kernel already ignores.
    pub fn expire(&mut self, now: Nanos) -> Applied<Vec<BanEntry>> {
        let (mut ended, mut edits) = (Vec::new(), Vec::new());
        for target in self.bans.due(now) {
            let Some(entry) = self.bans.get(target) else {
                continue;
            };
            ended.extend(entry.bans().iter().filter(|ban| !ban.is_live(now)).cloned());
            let rest = entry.keeping(|ban| ban.is_live(now));
            edits.push(self.replace(Edit::Ban(target, rest)));
        }
        self.apply(ended, edits)
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
                created: now,
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
        self.revert(undo.0);
    }

    /// Bans that hold, by target; a prefix comes before what lies inside it.
    pub fn bans(&self, now: Nanos) -> impl Iterator<Item = &BanEntry> {
        self.bans.iter().filter(move |ban| ban.is_live(now))
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
        let (target, mark, had, has, inverse) = match edit {
            Edit::Ban(target, entry) => {
                let has = entry.is_some();
                let before = self.bans.replace(target, entry, &mut self.rules);
                (
                    target,
                    Mark::Ban,
                    before.is_some(),
                    has,
                    Edit::Ban(target, before),
                )
            }
            Edit::Allow(target, entry) => {
                let has = entry.is_some();
                let before = self.allow.replace(target, entry, &mut self.rules);
                (
                    target,
                    Mark::Allow,
                    before.is_some(),
                    has,
                    Edit::Allow(target, before),
                )
            }
        };
        match (had, has) {
            (false, true) => self.touched.count(target.net(), mark, Step::Add),
            (true, false) => self.touched.count(target.net(), mark, Step::Remove),
            _ => {}
        }
        inverse
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
        let last = edits.last().map(|edit| match edit {
            Edit::Ban(target, _) | Edit::Allow(target, _) => *target,
        });
        let applied = self.apply(outcome, edits);
        match last.map_or(Ok(()), |target| self.rows.check(self.capacity, target)) {
            Ok(()) => Ok(applied),
            Err(error) => {
                self.undo(applied.undo);
                Err(error)
            }
        }
    }

    fn revert(&mut self, edits: Vec<Edit>) {
        let replaced: Vec<Edit> = edits
            .into_iter()
            .rev()
            .map(|edit| self.replace(edit))
            .collect();
        self.compile(&replaced);
    }
}
