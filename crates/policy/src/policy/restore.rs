// SPDX-License-Identifier: MIT
//! What outlived another process comes to stand again, beside what does already.

use super::{Edit, Policy};
use crate::saved::{Clocks, Record, SavedAllow, SavedBan, SavedCause};
use crate::{Applied, Block, Blocked, Force, Novelty, PolicyError, Strikes};
use std::net::IpAddr;

/// How to treat what somebody had thought about when it was saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Whether to ban even what is protected, and to let bans that stand end sooner.
    pub force: Force,
    /// The peer of the operator's own session, which is protected too.
    pub session: Option<IpAddr>,
}

/// What restoring came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Bans that did not stand before.
    pub added: usize,
    /// Bans that did.
    pub renewed: usize,
    /// Bans whose time has come, which were left out.
    pub over: usize,
    /// Bans, among those added and renewed, that do nothing while an allowlist entry stands.
    pub overruled: usize,
    /// Allowlist entries that did not stand before.
    pub allowed: usize,
}

impl Restored {
    fn count(&mut self, blocked: Option<Blocked>) {
        let Some(blocked) = blocked else {
            self.over += 1;
            return;
        };
        match blocked.novelty {
            Novelty::Added => self.added += 1,
            Novelty::Renewed | Novelty::Unchanged => self.renewed += 1,
        }
        self.overruled += usize::from(blocked.overridden_by.is_some());
    }
}

impl Policy {
    /// Makes everything stand that the records say, or none of it. It merges with what stands as
    /// [`Self::block`] does. Bans that the allowlist overrules are made nevertheless, as they do
    /// nothing; records of what does not stand say nothing. Undoing takes back everything but strikes.
    ///
    /// # Errors
    /// [`PolicyError`] of kind `Refused` without force, for what is protected and for everything, and
    /// of kind `Full`.
    pub fn restore(
        &mut self,
        records: &[Record],
        manner: Manner,
        clocks: &Clocks,
    ) -> Result<Applied<Restored>, PolicyError> {
        let mut edits = Vec::with_capacity(records.len());
        let restored = match self.restore_all(records, manner, clocks, &mut edits) {
            Ok(restored) => restored,
            Err(error) => {
                self.revert(edits);
                return Err(error);
            }
        };
        let applied = self.commit(restored, edits)?;
        self.restore_strikes(records, clocks);
        Ok(applied)
    }

    fn restore_all(
        &mut self,
        records: &[Record],
        manner: Manner,
        clocks: &Clocks,
        edits: &mut Vec<Edit>,
    ) -> Result<Restored, PolicyError> {
        let mut restored = Restored::default();
        for record in records {
            if let Record::Allow(allow) = record {
                let novelty = self.restore_allow(allow, manner.force, clocks, edits)?;
                restored.allowed += usize::from(novelty == Novelty::Added);
            }
        }
        for record in records {
            if let Record::Ban(ban) = record {
                restored.count(self.restore_ban(ban, manner, clocks, edits)?);
            }
        }
        Ok(restored)
    }

    /// What came of it; `None` where all its causes are over.
    fn restore_ban(
        &mut self,
        ban: &SavedBan,
        manner: Manner,
        clocks: &Clocks,
        edits: &mut Vec<Edit>,
    ) -> Result<Option<Blocked>, PolicyError> {
        let now = clocks.monotonic;
        let mut first = None;
        for cause in &ban.causes {
            let block = block(ban, cause, manner, clocks);
            if block.expires.is_over(now) {
                continue;
            }
            self.check_protected(&block)?;
            let since = cause.since.map_or(now.into(), |wall| clocks.since(wall));
            let blocked = self.put_since(block, since, now, edits);
            first.get_or_insert(blocked);
        }
        Ok(first)
    }

    fn restore_allow(
        &mut self,
        allow: &SavedAllow,
        force: Force,
        clocks: &Clocks,
        edits: &mut Vec<Edit>,
    ) -> Result<Novelty, PolicyError> {
        let target = allow.target;
        if force == Force::No && target.is_everything() {
            return Err(PolicyError::AllowsEverything(target));
        }
        let remark = allow.remark.clone();
        let (mut entry, novelty) = self.allow_entry(target, remark, clocks.monotonic);
        if let Some(since) = allow.since {
            entry.created = entry.created.min(clocks.since(since));
        }
        edits.push(self.replace(Edit::Allow(target, Some(entry))));
        Ok(novelty)
    }

    /// What is remembered of a source already counts more.
    fn restore_strikes(&mut self, records: &[Record], clocks: &Clocks) {
        for record in records.iter().filter(|record| record.stands()) {
            if let Record::Strikes(saved) = record {
                let strikes = Strikes {
                    proven: saved.proven,
                    unproven: saved.unproven,
                    until: clocks.since(saved.until),
                };
                self.offenders
                    .remember(saved.source, strikes, &self.auto_ban);
            }
        }
    }
}

fn block(ban: &SavedBan, cause: &SavedCause, manner: Manner, clocks: &Clocks) -> Block {
    Block {
        target: ban.target,
        part: ban.part,
        expires: clocks.end(cause.until),
        origin: cause.origin,
        remark: cause.remark.clone(),
        force: manner.force,
        session: manner.session,
    }
}
