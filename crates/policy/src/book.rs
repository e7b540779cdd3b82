// SPDX-License-Identifier: MIT
//! The bans, as they were asked for.

use crate::ids::Ids;
use crate::order::Order;
use crate::{BanEntry, Cause, Expiry, Part, Target};
use aegis_abi::{Ban, Scope, ScopeKey};
use aegis_core::Nanos;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::ops::Bound;

/// The bans of one target, at most one on each part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    bans: Vec<BanEntry>,
    /// The scope group; there is one if and only if there are bans on parts.
    group: Option<NonZeroU32>,
}

impl Entry {
    pub(crate) fn group(&self) -> Option<NonZeroU32> {
        self.group
    }

    /// Every part that there is a ban on.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> {
        self.bans.iter().map(|ban| ban.part)
    }

    /// Every ban, by part.
    pub(crate) fn bans(&self) -> impl Iterator<Item = &BanEntry> {
        self.bans.iter()
    }

    /// The ban on exactly this part.
    pub(crate) fn on(&self, part: Part) -> Option<&BanEntry> {
        self.bans.iter().find(|ban| ban.part == part)
    }

    /// Puts a ban in the place of the one on the same part.
    pub(crate) fn put(&mut self, ban: BanEntry, groups: &mut Ids) {
        if !ban.part.is_whole() && self.group.is_none() {
            self.group = Some(groups.free_group());
        }
        match self.bans.binary_search_by_key(&ban.part, |ban| ban.part) {
            Ok(at) => self.bans[at] = ban,
            Err(at) => self.bans.insert(at, ban),
        }
    }

    /// The bans by the causes for which `wanted` holds, and what is left without them.
    pub(crate) fn divide(
        &self,
        wanted: impl Fn(&BanEntry, &Cause) -> bool,
    ) -> (Vec<BanEntry>, Option<Self>) {
        let divided = self
            .bans
            .iter()
            .map(|ban| ban.clone().divide(|cause| wanted(ban, cause)));
        let (these, rest): (Vec<_>, Vec<_>) = divided.unzip();
        let bans: Vec<BanEntry> = rest.into_iter().flatten().collect();
        let group = self
            .group
            .filter(|_| bans.iter().any(|ban| !ban.part.is_whole()));
        let rest = (!bans.is_empty()).then_some(Self { bans, group });
        (these.into_iter().flatten().collect(), rest)
    }

    pub(crate) fn is_live(&self, now: Nanos) -> bool {
        self.bans.iter().any(|ban| ban.is_live(now))
    }

    /// The kernel's row for the whole, as far as this target says.
    pub(crate) fn whole(&self) -> Ban {
        self.on(Part::WHOLE).map_or(Ban::NONE, |ban| Ban {
            expires_ns: ban.expires().kernel(),
            rule: ban.rule.get(),
            scopes: 0,
        })
    }

    /// The kernel's rows for the parts, likewise.
    pub(crate) fn scopes(&self, group: u32) -> BTreeMap<ScopeKey, Scope> {
        let parts = self.bans.iter().filter(|ban| !ban.part.is_whole());
        let row = |ban: &BanEntry| Scope {
            expires_ns: ban.expires().kernel(),
            rule: ban.rule.get(),
            reserved: 0,
        };
        parts.map(|ban| (ban.part.key(group), row(ban))).collect()
    }

    fn ends(&self) -> impl Iterator<Item = Nanos> {
        let causes = self.bans.iter().flat_map(BanEntry::causes);
        causes.filter_map(|cause| cause.expires.nanos())
    }

    pub(crate) fn is_detected(&self) -> bool {
        self.detected().is_some()
    }

    /// Where detectors hold bans: whether one is on the whole, as only proof makes it, and until
    /// when.
    fn detected(&self) -> Option<(bool, Expiry)> {
        let detected = |ban: &BanEntry| Some((ban.part.is_whole(), ban.detected_until()?));
        let bans = self.bans.iter().filter_map(detected);
        bans.reduce(|(proven, until), (whole, end)| (proven || whole, until.max(end)))
    }
}

/// Every ban by target.
#[derive(Clone, Debug, Default)]
pub(crate) struct BanBook {
    entries: BTreeMap<Target, Entry>,
    deadlines: BTreeSet<(Nanos, Target)>,
    /// Targets of detectors' bans, by when the last of these ends.
    detected: Order<Expiry>,
    pub(crate) groups: Ids,
}

impl BanBook {
    /// One whose scope groups are numbered on from there.
    pub(crate) fn with_groups_after(last: u32) -> Self {
        Self {
            groups: Ids::after(last),
            ..Self::default()
        }
    }

    pub(crate) fn get(&self, target: Target) -> Option<&Entry> {
        self.entries.get(&target)
    }

    /// The ban on exactly this part of exactly this target.
    pub(crate) fn on(&self, target: Target, part: Part) -> Option<&BanEntry> {
        self.get(target)?.on(part)
    }

    /// Replaces what is said about a target; returns what was.
    pub(crate) fn replace(
        &mut self,
        target: Target,
        entry: Option<Entry>,
        rules: &mut Ids,
    ) -> Option<Entry> {
        let before = self.entries.remove(&target);
        if let Some(before) = &before {
            before
                .bans
                .iter()
                .for_each(|ban| rules.release_rule(ban.rule));
            before
                .group
                .into_iter()
                .for_each(|group| self.groups.release_group(group));
            for time in before.ends() {
                self.deadlines.remove(&(time, target));
            }
            if let Some(rank) = before.detected() {
                self.detected.remove(rank, target);
            }
        }
        if let Some(entry) = entry {
            entry.bans.iter().for_each(|ban| rules.take_rule(ban.rule));
            entry
                .group
                .into_iter()
                .for_each(|group| self.groups.take_group(group));
            self.deadlines
                .extend(entry.ends().map(|time| (time, target)));
            if let Some(rank) = entry.detected() {
                self.detected.insert(rank, target);
            }
            self.entries.insert(target, entry);
        }
        before
    }

    /// Bans on the target and on everything inside it, in order.
    pub(crate) fn inside(&self, target: Target) -> impl Iterator<Item = &BanEntry> {
        self.entries
            .range(target..=target.last())
            .flat_map(|(_, entry)| &entry.bans)
    }

    /// Targets behind one, or all of them.
    pub(crate) fn after(&self, last: Option<Target>) -> impl Iterator<Item = Target> + '_ {
        let from = last.map_or(Bound::Unbounded, Bound::Excluded);
        let entries = self.entries.range((from, Bound::Unbounded));
        entries.map(|(target, _)| *target)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &BanEntry> {
        self.entries.values().flat_map(|entry| &entry.bans)
    }

    /// Targets with causes that are over.
    pub(crate) fn due(&self, now: Nanos) -> BTreeSet<Target> {
        self.deadlines
            .iter()
            .take_while(|(time, _)| *time <= now)
            .map(|(_, target)| *target)
            .collect()
    }

    /// Targets that detectors ban, whatever else bans them.
    pub(crate) fn detected(&self) -> &Order<Expiry> {
        &self.detected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Origin;

    #[test]
    fn a_target_that_is_lifted_leaves_nothing_behind() {
        let (mut book, mut rules) = (BanBook::default(), Ids::default());
        let target: Target = "192.0.2.1".parse().unwrap();
        let cause = Cause {
            origin: Origin::Detector(aegis_abi::Reason::PortScan),
            remark: crate::Remark::default(),
            created: Nanos(1).into(),
            expires: Expiry::At(Nanos(2)),
        };
        let mut entry = Entry::default();
        let ban = BanEntry::new(target, Part::UNSOLICITED, rules.free_rule(), cause);
        entry.put(ban, &mut book.groups);
        assert_eq!(book.replace(target, Some(entry.clone()), &mut rules), None);
        assert_eq!((book.due(Nanos(1)).len(), book.due(Nanos(2)).len()), (0, 1));
        assert_eq!(book.detected().len(), 1);
        assert_eq!(book.replace(target, None, &mut rules), Some(entry));
        assert_eq!((book.due(Nanos(2)).len(), book.detected().len()), (0, 0));
    }
}
