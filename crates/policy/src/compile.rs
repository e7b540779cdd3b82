// SPDX-License-Identifier: MIT
//! From what is asked for to rows of the kernel's tables.
//!
//! A longest-prefix match shows one entry, so the row of a banned prefix says what every wider one
//! says too: the latest end, and every scope with its latest end. The next wider prefix has all of
//! that in its own rows, so that rows are made from the widest prefix to the narrowest, each from
//! the one around it. A prefix without bans on parts of its own shares the group around it.

use crate::allow::AllowList;
use crate::book::{BanBook, Entry};
use crate::policy::Edit;
use crate::rows::{Batch, Rows};
use crate::{Change, Target};
use aegis_abi::{Allow, Scope, ScopeKey};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// What rows are made from.
pub(crate) struct Source<'a> {
    pub(crate) bans: &'a BanBook,
    pub(crate) allow: &'a AllowList,
}

impl Source<'_> {
    /// Brings the rows up to date after edits, given as what they replaced; the touched lines are
    /// what those edits came to.
    pub(crate) fn compile(
        &self,
        edits: &[Edit],
        rows: &mut Rows,
        touched: Vec<Change>,
    ) -> Vec<Change> {
        let mut batch = Batch::default();
        let mut prefixes = BTreeSet::new();
        for edit in edits {
            match *edit {
                Edit::Strikes(..) => {}
                Edit::Allow(target, _) => self.allow_row(target, rows, &mut batch),
                Edit::Ban(target, _) if target.is_address() => {
                    self.address(target, rows, &mut batch)
                }
                Edit::Ban(target, _) => {
                    if prefixes.insert(target.net()) {
                        prefixes.extend(rows.inside(&target.net()));
                    }
                }
            }
        }
        for prefix in prefixes {
            self.prefix(prefix, rows, &mut batch);
        }
        self.ended_groups(edits, rows, &mut batch);
        batch.touch(touched);
        batch.into_changes()
    }

    fn allow_row(&self, target: Target, rows: &mut Rows, batch: &mut Batch) {
        let entry = self.allow.get(target);
        let value = entry.map(|entry| Allow::always(entry.rule.get()));
        rows.set_allow(target.net(), value, batch);
    }

    fn address(&self, target: Target, rows: &mut Rows, batch: &mut Batch) {
        let value = self.bans.get(target).map(|entry| {
            let mut row = entry.whole();
            if let Some(group) = entry.group() {
                row.scopes = group.get();
                rows.set_group(row.scopes, &entry.scopes(row.scopes), batch);
            }
            row
        });
        rows.set_address(target.net().addr(), value, batch);
    }

    fn prefix(&self, prefix: IpNet, rows: &mut Rows, batch: &mut Batch) {
        let entry = Target::try_from(prefix)
            .ok()
            .and_then(|target| self.bans.get(target));
        let value = entry.map(|entry| {
            let (own, around) = (entry.whole(), rows.around(&prefix));
            let mut row = if own.expires_ns >= around.expires_ns {
                own
            } else {
                around
            };
            row.scopes = around.scopes;
            if let Some(group) = entry.group() {
                row.scopes = group.get();
                let scopes = merged(entry, row.scopes, rows.group(around.scopes));
                rows.set_group(row.scopes, &scopes, batch);
            }
            row
        });
        rows.set_prefix(prefix, value, batch);
    }

    fn ended_groups(&self, edits: &[Edit], rows: &mut Rows, batch: &mut Batch) {
        for edit in edits {
            let Edit::Ban(_, Some(before)) = edit else {
                continue;
            };
            let Some(group) = before.group() else {
                continue;
            };
            if !self.bans.groups.has_group(group) {
                rows.set_group(group.get(), &BTreeMap::new(), batch);
            }
        }
    }
}

/// The scopes of an entry and those around it, in the entry's group.
fn merged(
    entry: &Entry,
    group: u32,
    around: impl Iterator<Item = (ScopeKey, Scope)>,
) -> BTreeMap<ScopeKey, Scope> {
    let mut scopes = entry.scopes(group);
    for (key, outer) in around {
        let own = scopes.entry(ScopeKey { group, ..key }).or_insert(outer);
        if outer.expires_ns > own.expires_ns {
            *own = outer;
        }
    }
    scopes
}
