// SPDX-License-Identifier: MIT
//! Bans come, are renewed, and end, cause by cause.

use super::{Edit, Policy};
use crate::{
    Applied, BanEntry, Block, Blocked, Cause, Ended, Force, Novelty, PolicyError, Remark, Since,
    Strikes, Target, Unblocked, Which,
};
use aegis_core::Nanos;

impl Policy {
    /// Bans a part of a target, adds a cause to the ban on it, or gives the cause of this origin
    /// another end and reason.
    ///
    /// # Errors
    /// [`PolicyError`] of any kind but `Absent`.
    pub fn block(&mut self, block: Block, now: Nanos) -> Result<Applied<Blocked>, PolicyError> {
        self.check(&block, now)?;
        let mut edits = Vec::new();
        let blocked = self.put(block, now, &mut edits);
        self.commit(blocked, edits)
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
            .map(|block| {
                self.check(&block, now)?;
                Ok(self.put(block, now, &mut edits))
            })
            .collect();
        match outcome {
            Ok(blocked) => self.commit(blocked, edits),
            Err(error) => {
                drop(self.revert(edits));
                Err(error)
            }
        }
    }

    /// Makes a ban that was checked.
    pub(super) fn put(&mut self, block: Block, now: Nanos, edits: &mut Vec<Edit>) -> Blocked {
        self.put_with(
            block,
            |block, standing| cause(block, standing, now.into()),
            now,
            edits,
        )
    }

    /// The same for one that stands since then, or for longer. With force it is to stand as it says, also
    /// where that is without a reason.
    pub(super) fn put_since(
        &mut self,
        block: Block,
        since: Since,
        now: Nanos,
        edits: &mut Vec<Edit>,
    ) -> Blocked {
        let cause = |block: &Block, standing: Option<&Cause>| {
            let merged = cause(block, standing, since);
            match block.force {
                Force::Yes => Cause {
                    remark: block.remark.clone(),
                    ..merged
                },
                Force::No => merged,
            }
        };
        self.put_with(block, cause, now, edits)
    }

    /// `cause` says which cause is to stand in the place of the one of the same origin, if there is one.
    fn put_with(
        &mut self,
        block: Block,
        cause: impl Fn(&Block, Option<&Cause>) -> Cause,
        now: Nanos,
        edits: &mut Vec<Edit>,
    ) -> Blocked {
        let target = block.target;
        let mut entry = self.bans.get(target).cloned().unwrap_or_default();
        let standing = entry.on(block.part).filter(|ban| ban.is_live(now));
        let (ban, novelty) = match standing.cloned() {
            Some(mut ban) => {
                let standing = ban.by(block.origin).filter(|cause| cause.is_live(now));
                ban.put(cause(&block, standing), now);
                (ban, Novelty::Renewed)
            }
            None => {
                let (rule, cause) = (self.rules.free_rule(), cause(&block, None));
                let ban = BanEntry::new(target, block.part, rule, cause);
                (ban, Novelty::Added)
            }
        };
        entry.put(ban.clone(), &mut self.bans.groups);
        edits.push(self.replace(Edit::Ban(target, Some(entry))));
        Blocked {
            ban,
            novelty,
            overridden_by: self.allow.around(target),
        }
    }

    /// Lifts bans of exactly this target, or a cause of them. What the target did before is
    /// held against it no longer, where it was banned for that or all its bans are lifted.
    ///
    /// # Errors
    /// [`PolicyError`] of kind `Absent`, saying what is banned instead.
    pub fn unblock(
        &mut self,
        target: Target,
        which: Which,
        now: Nanos,
    ) -> Result<Applied<Unblocked>, PolicyError> {
        let lifts = |ban: &BanEntry, cause: &Cause| match which {
            Which::All => true,
            Which::Part(part) => ban.part == part,
            Which::Cause(part, origin) => {
                cause.origin == origin && part.is_none_or(|part| ban.part == part)
            }
        };
        let standing = self.bans.get(target);
        let (lifted, rest) = standing.map_or((Vec::new(), None), |entry| entry.divide(lifts));
        let bans: Vec<BanEntry> = lifted
            .into_iter()
            .filter_map(|ban| ban.divide(|cause| cause.is_live(now)).0)
            .collect();
        if bans.is_empty() {
            return Err(self.why_not_banned(target, which, now));
        }
        let still_banned_by = self.banned_around(target, now);
        let mut edits = vec![self.replace(Edit::Ban(target, rest))];
        let detected = bans.iter().any(|ban| ban.detected_until().is_some());
        if which == Which::All || detected {
            edits.push(self.replace(Edit::Strikes(target, Strikes::default())));
        }
        let unblocked = Unblocked {
            bans,
            still_banned_by,
        };
        Ok(self.apply(unblocked, edits))
    }

    /// Reclaims the causes of bans that are over, with their rows where there are no others, which
    /// the kernel already ignores; forgets offenders whose time has come.
    pub fn expire(&mut self, now: Nanos) -> Applied<Vec<Ended>> {
        self.offenders.forget(&self.auto_ban, now);
        let (mut ended, mut edits) = (Vec::new(), Vec::new());
        for target in self.bans.due(now) {
            let Some(entry) = self.bans.get(target) else {
                continue;
            };
            let (over, rest) = entry.divide(|_, cause| !cause.is_live(now));
            edits.push(self.replace(Edit::Ban(target, rest)));
            ended.extend(over.iter().map(|ban| self.ended(ban)));
        }
        self.apply(ended, edits)
    }

    /// Causes that were taken from a ban.
    fn ended(&self, over: &BanEntry) -> Ended {
        let rest = self.bans.on(over.target, over.part);
        Ended {
            target: over.target,
            part: over.part,
            rule: over.rule,
            causes: over.causes().to_vec(),
            held_until: rest.map(BanEntry::expires),
        }
    }
}

/// The cause that is to stand, beside the one of the same origin that does.
fn cause(block: &Block, standing: Option<&Cause>, since: Since) -> Cause {
    // Who bans for an hour what is banned for good does not mean to let it go; who lifts does.
    let expires = match (standing, block.force) {
        (Some(cause), Force::No) => cause.expires.max(block.expires),
        _ => block.expires,
    };
    let remark = match standing {
        Some(cause) if block.remark == Remark::default() => cause.remark.clone(),
        _ => block.remark.clone(),
    };
    Cause {
        origin: block.origin,
        remark,
        created: standing.map_or(since, |cause| cause.created.min(since)),
        expires,
    }
}
