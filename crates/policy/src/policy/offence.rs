// SPDX-License-Identifier: MIT
//! What becomes of an offence: evidence, and a ban or a reason why there is none.

use super::{Edit, Policy};
use crate::{
    Applied, AutoBan, AutoBanned, BanEntry, Block, Cause, Expiry, Force, Offence, Offender, Origin,
    Part, Spared, Strikes, Target,
};
use aegis_core::Nanos;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A ban that is to be made for an offence.
struct Sentence {
    block: Block,
    /// How many of its sort the source has then had.
    number: u32,
}

impl Policy {
    /// What is done about offences.
    #[must_use]
    pub fn auto_ban(&self) -> &AutoBan {
        &self.auto_ban
    }

    /// Sets it, for offences to come; bans that stand keep their ends.
    pub fn set_auto_ban(&mut self, settings: AutoBan) {
        self.auto_ban = settings;
    }

    /// How many sources detectors ban.
    #[must_use]
    pub fn auto_banned(&self) -> usize {
        self.bans.detected().len()
    }

    /// What is remembered of the source that an address belongs to.
    #[must_use]
    pub fn evidence(&self, address: IpAddr) -> Option<&Offender> {
        self.offenders.around(address)
    }

    /// Remembers an offence, and bans its source: everything where the evidence is proven, new
    /// connections where not. Undoing takes back the ban, not the evidence.
    ///
    /// # Errors
    /// [`Spared`] where it bans nobody; then only the evidence has changed.
    pub fn offence(
        &mut self,
        offence: &Offence,
        now: Nanos,
    ) -> Result<Applied<AutoBanned>, Spared> {
        self.offenders.add(offence, &self.auto_ban, now);
        let Sentence { block, number } = self.sentence(offence, now)?;
        let leaving = self.leaving(block.target, now);
        let banned = self.sentenced(block, (offence.proven, number), now)?;
        Ok(self.leave(leaving, banned, now))
    }

    /// Makes the ban, with the strike.
    fn sentenced(
        &mut self,
        block: Block,
        (proven, number): (bool, u32),
        now: Nanos,
    ) -> Result<Applied<AutoBanned>, Spared> {
        let (source, end) = (block.target, block.expires.nanos());
        let mut edits = Vec::new();
        let blocked = self.put(block, now, &mut edits);
        let strikes = self.strikes(source);
        let strikes = strikes.with((proven, number), end.unwrap_or_default().into());
        edits.push(self.replace(Edit::Strikes(source, strikes)));
        let banned = AutoBanned {
            blocked,
            number,
            gave_way: Vec::new(),
        };
        self.commit(banned, edits).map_err(Spared::Refused)
    }

    /// Lifts detectors' bans for one that was made. Their rows are compiled after its rows: all at
    /// once, there might be no order in which each row is safe.
    fn leave(
        &mut self,
        leaving: Vec<Target>,
        banned: Applied<AutoBanned>,
        now: Nanos,
    ) -> Applied<AutoBanned> {
        let (mut gave_way, mut edits) = (Vec::new(), Vec::new());
        for target in leaving {
            gave_way.extend(self.lift_detected(target, &mut edits));
        }
        gave_way.retain(|ban| ban.is_live(now));
        let left = self.apply((), edits);
        Applied {
            outcome: AutoBanned {
                gave_way,
                ..banned.outcome
            },
            changes: [banned.changes, left.changes].concat(),
            undo: banned.undo.and(left.undo),
        }
    }

    /// Lifts bans of detectors and of others that would not be made now, as they hit what is protected;
    /// for when the protected set has changed.
    pub fn spare_protected(&mut self) -> Applied<Vec<BanEntry>> {
        let hit = |target: &Target| self.protected.hit_by(*target, None).is_some();
        let detected = self.bans.detected().iter().filter(hit);
        let targets: BTreeSet<Target> = detected.chain(self.followed_on_protected()).collect();
        let (mut spared, mut edits) = (Vec::new(), Vec::new());
        for target in targets {
            let ours = |cause: &Cause| cause.origin.is_detector() || cause.origin.is_followed();
            spared.extend(self.lift_by(target, &mut edits, ours));
        }
        self.apply(spared, edits)
    }

    pub(super) fn strikes(&self, source: Target) -> Strikes {
        let offender = self.offenders.get(source);
        offender.map_or_else(Strikes::default, |offender| offender.strikes)
    }

    fn sentence(&self, offence: &Offence, now: Nanos) -> Result<Sentence, Spared> {
        if !self.auto_ban.enabled || self.auto_ban.max_entries == 0 {
            return Err(Spared::Disabled);
        }
        let (source, proven) = (offence.source, offence.proven);
        let part = if proven {
            Part::WHOLE
        } else {
            Part::UNSOLICITED
        };
        // What is told during a ban belongs to what it was made for.
        let standing = self
            .bans
            .on(source, part)
            .and_then(BanEntry::detected_until);
        let begins = standing.is_none_or(|until| until.is_over(now));
        let served = self.strikes(source).of(proven);
        let number = served.saturating_add(u32::from(begins)).max(1);
        let block = Block {
            target: source,
            part,
            expires: self.auto_ban.end(proven, number, now),
            origin: Origin::Detector(offence.kind),
            remark: offence.figures().parse().unwrap_or_default(),
            force: Force::No,
            session: None,
        };
        self.check(&block, now).map_err(Spared::Refused)?;
        match self.banned_at_least(&block, now) {
            Some((by, until)) => Err(Spared::Banned { by, until }),
            None => Ok(Sentence { block, number }),
        }
    }

    /// The ban of the same part or the whole, on the target or around it, that holds as long.
    fn banned_at_least(&self, block: &Block, now: Nanos) -> Option<(Target, Expiry)> {
        let net = block.target.net();
        let around = self.rows.wider(&net);
        let targets = around.filter_map(|prefix| Target::try_from(prefix).ok());
        let targets = std::iter::once(block.target).chain(targets);
        let bans = targets.flat_map(|target| {
            let parts = [Part::WHOLE, block.part].into_iter();
            parts.filter_map(move |part| self.bans.on(target, part))
        });
        let enough = bans.filter(|ban| ban.is_live(now) && ban.expires() >= block.expires);
        let longest = enough.max_by_key(|ban| ban.expires());
        longest.map(|ban| (ban.target, ban.expires()))
    }

    /// Whose detectors' bans have to go for there to be one of the source.
    fn leaving(&self, source: Target, now: Nanos) -> Vec<Target> {
        let entry = self.bans.get(source);
        if entry.is_some_and(|entry| entry.is_detected()) {
            return Vec::new();
        }
        let most = self.auto_ban.max_entries as usize;
        let too_many = (self.bans.detected().len() + 1).saturating_sub(most);
        let first = self.bans.detected().first(too_many, Expiry::At(now));
        first.collect()
    }

    /// Takes detectors' causes from the bans on a target.
    fn lift_detected(&mut self, target: Target, edits: &mut Vec<Edit>) -> Vec<BanEntry> {
        self.lift_by(target, edits, |cause| cause.origin.is_detector())
    }
}
