// SPDX-License-Identifier: MIT
//! The allowlist, as it was asked for.

use crate::ids::Ids;
use crate::{AllowEntry, Target};
use ipnet::IpNet;
use prefix_trie::joint::JointPrefixMap;

/// Every allowlist entry by prefix.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowList(JointPrefixMap<IpNet, AllowEntry>);

impl AllowList {
    pub(crate) fn get(&self, target: Target) -> Option<&AllowEntry> {
        self.0.get(&target.net())
    }

    /// Replaces the entry of a target; returns what was.
    pub(crate) fn replace(
        &mut self,
        target: Target,
        entry: Option<AllowEntry>,
        rules: &mut Ids,
    ) -> Option<AllowEntry> {
        let before = self.0.remove(&target.net());
        before
            .iter()
            .for_each(|before| rules.release_rule(before.rule));
        if let Some(entry) = entry {
            rules.take_rule(entry.rule);
            self.0.insert(target.net(), entry);
        }
        before
    }

    /// The narrowest entry around the whole target, the target's own included.
    pub(crate) fn around(&self, target: Target) -> Option<Target> {
        self.0
            .cover_values(&target.net())
            .last()
            .map(|entry| entry.target)
    }

    /// The first entry inside the target.
    pub(crate) fn inside(&self, target: Target) -> Option<Target> {
        self.0
            .children(&target.net())
            .next()
            .map(|(_, entry)| entry.target)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &AllowEntry> {
        self.0.values()
    }
}
