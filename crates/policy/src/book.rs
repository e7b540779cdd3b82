// SPDX-License-Identifier: MIT
//! The bans, as they were asked for.

use crate::entry::Ids;
use crate::{BanEntry, Part, Target};
use aegis_abi::{Ban, Scope, ScopeKey};
use aegis_core::Nanos;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

/// The bans of one target, at most one on each part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    bans: Vec<BanEntry>,
    /// The scope group; there is one if and only if there are bans on parts.
    group: Option<NonZeroU32>,
}

impl Entry {
    pub(crate) fn bans(&self) -> &[BanEntry] {
        &self.bans
    }

    pub(crate) fn group(&self) -> Option<NonZeroU32> {
        self.group
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

    /// The bans for which `keep` holds; `None` where that is none of them.
    pub(crate) fn keeping(&self, keep: impl Fn(&BanEntry) -> bool) -> Option<Self> {
        let bans: Vec<BanEntry> = self.bans.iter().filter(|ban| keep(ban)).cloned().collect();
        let group = self
            .group
            .filter(|_| bans.iter().any(|ban| !ban.part.is_whole()));
        (!bans.is_empty()).then_some(Self { bans, group })
    }

    pub(crate) fn is_live(&self, now: Nanos) -> bool {
        self.bans.iter().any(|ban| ban.is_live(now))
    }

    /// The kernel's row for the whole, as far as this target says.
    pub(crate) fn whole(&self) -> Ban {
        self.on(Part::WHOLE).map_or(Ban::NONE, |ban| Ban {
            expires_ns: ban.expires.kernel(),
            rule: ban.rule.get(),
            scopes: 0,
        })
    }

    /// The kernel's rows for the parts, likewise.
    pub(crate) fn scopes(&self, group: u32) -> BTreeMap<ScopeKey, Scope> {
        let parts = self.bans.iter().filter(|ban| !ban.part.is_whole());
        let row = |ban: &BanEntry| Scope {
            expires_ns: ban.expires.kernel(),
            rule: ban.rule.get(),
            reserved: 0,
        };
        parts.map(|ban| (ban.part.key(group), row(ban))).collect()
    }
}

/// Every ban by target.
#[derive(Clone, Debug, Default)]
pub(crate) struct BanBook {
    entries: BTreeMap<Target, Entry>,
    deadlines: BTreeSet<(Nanos, Target)>,
    pub(crate) groups: Ids,
}

impl BanBook {
    pub(crate) fn get(&self, target: Target) -> Option<&Entry> {
        self.entries.get(&target)
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
            for time in before.bans.iter().filter_map(|ban| ban.expires.nanos()) {
                self.deadlines.remove(&(time, target));
            }
        }
        if let Some(entry) = entry {
            entry.bans.iter().for_each(|ban| rules.take_rule(ban.rule));
            entry
                .group
                .into_iter()
                .for_each(|group| self.groups.take_group(group));
            let ends = entry.bans.iter().filter_map(|ban| ban.expires.nanos());
            self.deadlines.extend(ends.map(|time| (time, target)));
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = &BanEntry> {
        self.entries.values().flat_map(|entry| &entry.bans)
    }

    /// Targets with bans that are over.
    pub(crate) fn due(&self, now: Nanos) -> BTreeSet<Target> {
        self.deadlines
            .iter()
            .take_while(|(time, _)| *time <= now)
            .map(|(_, target)| *target)
            .collect()
    }
}

impl BanEntry {
    /// Whether it still holds.
    #[must_use]
    pub fn is_live(&self, now: Nanos) -> bool {
        !self.expires.is_over(now)
    }
}
