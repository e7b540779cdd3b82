// SPDX-License-Identifier: MIT
//! Bans that somebody else decides about, who tells what changes: very many at once, each on its own
//! merits, and never written down by this host as what its operator wants.

use super::{Edit, Policy};
use crate::rows::Room;
use crate::{
    Applied, BanEntry, Block, Cause, Expiry, Force, Origin, Part, PolicyError, Remark, Target,
};
use aegis_core::Nanos;

/// What the others decide about a target now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whom.
    pub target: Target,
    /// Until when it is banned, and why; `None`: not at all.
    pub ban: Option<(Expiry, Remark)>,
}

/// What became of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It stands.
    Stands,
    /// The target is not banned for them any more.
    Lifted,
    /// Not carried out: it would cut off what the host needs.
    Refused(PolicyError),
    /// Not carried out: the tables have no room beyond what is left to the operator and to detectors.
    NoRoom,
}

impl Policy {
    /// Carries out what somebody else decides, in order. What they decided before about a target is
    /// replaced, also by an end that is sooner. An allowlist entry overrules such bans and does not keep
    /// them from being made.
    pub fn follow(
        &mut self,
        origin: Origin,
        verdicts: Vec<Verdict>,
        now: Nanos,
    ) -> Applied<Vec<Followed>> {
        let mut edits = Vec::with_capacity(verdicts.len());
        let mut room = self.rows.room(self.capacity);
        let followed = verdicts
            .into_iter()
            .map(|verdict| match verdict.ban {
                Some(ban) => {
                    self.sentence_by(origin, (verdict.target, ban), &mut room, &mut edits, now)
                }
                None => {
                    self.lift_by(verdict.target, &mut edits, |cause| cause.origin == origin);
                    Followed::Lifted
                }
            })
            .collect();
        self.apply(followed, edits)
    }

    /// How many bans somebody wants, whoever else does.
    #[must_use]
    pub fn wanted_by(&self, origin: Origin) -> usize {
        let wanted = self.bans.iter().filter(|ban| ban.by(origin).is_some());
        wanted.count()
    }

    fn sentence_by(
        &mut self,
        origin: Origin,
        (target, (expires, remark)): (Target, (Expiry, Remark)),
        room: &mut Room,
        edits: &mut Vec<Edit>,
        now: Nanos,
    ) -> Followed {
        let block = Block {
            target,
            part: Part::WHOLE,
            expires,
            origin,
            remark,
            force: Force::No,
            session: None,
        };
        if expires.is_over(now) {
            self.lift_by(target, edits, |cause| cause.origin == origin);
            return Followed::Lifted;
        }
        if let Err(error) = self.check_protected(&block) {
            self.lift_by(target, edits, |cause| cause.origin == origin);
            return Followed::Refused(error);
        }
        if self.bans.get(target).is_none() && !room.take(target) {
            return Followed::NoRoom;
        }
        // Another end than before is what they mean, also where it is sooner.
        let block = Block {
            force: Force::Yes,
            ..block
        };
        self.put(block, now, edits);
        Followed::Stands
    }

    /// Takes causes from the bans on a target; the bans by them.
    pub(super) fn lift_by(
        &mut self,
        target: Target,
        edits: &mut Vec<Edit>,
        lifts: impl Fn(&Cause) -> bool,
    ) -> Vec<BanEntry> {
        let Some(entry) = self.bans.get(target) else {
            return Vec::new();
        };
        let (lifted, rest) = entry.divide(|_, cause| lifts(cause));
        if !lifted.is_empty() {
            edits.push(self.replace(Edit::Ban(target, rest)));
        }
        lifted
    }

    /// Targets that others have had banned and that hit what is protected.
    pub(super) fn followed_on_protected(&self) -> impl Iterator<Item = Target> + '_ {
        let around = self.protected.iter().flat_map(|(_, address)| {
            let own = Target::from(address);
            let wider = self.rows.wider(&own.net());
            std::iter::once(own).chain(wider.filter_map(|prefix| Target::try_from(prefix).ok()))
        });
        around.filter(|target| {
            let bans = self
                .bans
                .get(*target)
                .into_iter()
                .flat_map(|entry| entry.bans());
            bans.flat_map(BanEntry::causes)
                .any(|cause| cause.origin.is_followed())
        })
    }
}
