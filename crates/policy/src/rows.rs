// SPDX-License-Identifier: MIT
//! The policy tables as the kernel has them, so that only what differs is written.

use crate::{Change, PolicyError, Table, Target};
use aegis_abi::names::capacity;
use aegis_abi::{Allow, Ban, Scope, ScopeKey};
use ipnet::IpNet;
use prefix_trie::joint::JointPrefixMap;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How many entries the tables hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Banned addresses, a family.
    pub addresses: u32,
    /// Banned prefixes, a family.
    pub prefixes: u32,
    /// Bans on parts, both families.
    pub scopes: u32,
    /// Allowlist prefixes, a family.
    pub allow: u32,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            addresses: capacity::BANS,
            prefixes: capacity::BAN_PREFIXES,
            scopes: capacity::SCOPES,
            allow: capacity::ALLOW,
        }
    }
}

/// The share of a table, one in so many, that is left to the operator and to detectors.
const RESERVED: u32 = 8;

/// Room for targets that others have banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    v4: usize,
    v6: usize,
    v4_prefixes: usize,
    v6_prefixes: usize,
}

impl Room {
    /// Takes a place for one more, where there is one.
    pub(crate) fn take(&mut self, target: Target) -> bool {
        let places = match (target.net(), target.is_address()) {
            (IpNet::V4(_), true) => &mut self.v4,
            (IpNet::V6(_), true) => &mut self.v6,
            (IpNet::V4(_), false) => &mut self.v4_prefixes,
            (IpNet::V6(_), false) => &mut self.v6_prefixes,
        };
        let found = *places > 0;
        *places -= usize::from(found);
        found
    }
}

/// Rows to write, by when it is safe.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// First: a scope is looked up only through an entry that names its group.
    scopes: Vec<Change>,
    /// Then the entries, which no longer name a group that goes.
    entries: Vec<Change>,
    /// Then what no entry names any more, or a cover no longer says.
    ended_scopes: Vec<Change>,
    /// Last: entries take effect all at once, and are looked for until they are gone.
    touched: Vec<Change>,
}

impl Batch {
    pub(crate) fn touch(&mut self, lines: Vec<Change>) {
        self.touched.extend(lines);
    }

    pub(crate) fn into_changes(self) -> Vec<Change> {
        [self.scopes, self.entries, self.ended_scopes, self.touched]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// Everything but the touched table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    v4: HashMap<Ipv4Addr, Ban>,
    v6: HashMap<Ipv6Addr, Ban>,
    prefixes: JointPrefixMap<IpNet, Ban>,
    scopes: BTreeMap<ScopeKey, Scope>,
    allow: JointPrefixMap<IpNet, Allow>,
}

impl Rows {
    pub(crate) fn set_address(&mut self, address: IpAddr, value: Option<Ban>, batch: &mut Batch) {
        let before = match address {
            IpAddr::V4(address) => set(&mut self.v4, address, value),
            IpAddr::V6(address) => set(&mut self.v6, address, value),
        };
        if before != value {
            batch.entries.push(Change::Ban { address, value });
        }
    }

    pub(crate) fn set_prefix(&mut self, prefix: IpNet, value: Option<Ban>, batch: &mut Batch) {
        let before = match value {
            Some(value) => self.prefixes.insert(prefix, value),
            None => self.prefixes.remove(&prefix),
        };
        if before != value {
            batch.entries.push(Change::BanPrefix { prefix, value });
        }
    }

    pub(crate) fn set_allow(&mut self, prefix: IpNet, value: Option<Allow>, batch: &mut Batch) {
        let before = match value {
            Some(value) => self.allow.insert(prefix, value),
            None => self.allow.remove(&prefix),
        };
        if before != value {
            batch.entries.push(Change::Allow { prefix, value });
        }
    }

    /// The row of an allowed prefix.
    pub(crate) fn allow(&self, prefix: &IpNet) -> Option<Allow> {
        self.allow.get(prefix).copied()
    }

    /// Makes a group hold these scopes and no other.
    pub(crate) fn set_group(
        &mut self,
        group: u32,
        wanted: &BTreeMap<ScopeKey, Scope>,
        batch: &mut Batch,
    ) {
        let ended: Vec<ScopeKey> = self
            .group(group)
            .map(|(key, _)| key)
            .filter(|key| !wanted.contains_key(key))
            .collect();
        for key in ended {
            self.scopes.remove(&key);
            batch.ended_scopes.push(Change::Scope { key, value: None });
        }
        for (&key, &value) in wanted {
            if self.scopes.insert(key, value) != Some(value) {
                batch.scopes.push(Change::Scope {
                    key,
                    value: Some(value),
                });
            }
        }
    }

    /// The scopes of a group.
    pub(crate) fn group(&self, group: u32) -> impl Iterator<Item = (ScopeKey, Scope)> {
        let first = ScopeKey {
            group,
            ..ScopeKey::default()
        };
        let last = ScopeKey {
            group,
            port: u16::MAX,
            protocol: u8::MAX,
            kind: u8::MAX,
        };
        self.scopes
            .range(first..=last)
            .map(|(&key, &value)| (key, value))
    }

    /// The row of the narrowest banned prefix that is wider than this.
    pub(crate) fn around(&self, prefix: &IpNet) -> Ban {
        let wider = self
            .prefixes
            .cover(prefix)
            .filter(|(key, _)| key != prefix)
            .last();
        wider.map_or(Ban::NONE, |(_, ban)| *ban)
    }

    /// Banned prefixes around this, narrowest first, itself left out.
    pub(crate) fn wider(&self, prefix: &IpNet) -> impl Iterator<Item = IpNet> + use<> {
        let mut wider: Vec<IpNet> = self
            .prefixes
            .cover_keys(prefix)
            .filter(|key| key != prefix)
            .collect();
        wider.reverse();
        wider.into_iter()
    }

    /// Banned prefixes inside this one, itself included.
    pub(crate) fn inside(&self, prefix: &IpNet) -> impl Iterator<Item = IpNet> {
        self.prefixes.children(prefix).map(|(key, _)| key)
    }

    /// Refuses what does not fit; `target` is what came last.
    pub(crate) fn check(&self, capacity: Capacity, target: Target) -> Result<(), PolicyError> {
        let fills = [
            (
                Table::Addresses,
                self.v4.len().max(self.v6.len()),
                capacity.addresses,
            ),
            (
                Table::Prefixes,
                self.prefixes.t1.len().max(self.prefixes.t2.len()),
                capacity.prefixes,
            ),
            (Table::Scopes, self.scopes.len(), capacity.scopes),
            (
                Table::Allow,
                self.allow.t1.len().max(self.allow.t2.len()),
                capacity.allow,
            ),
        ];
        match fills
            .into_iter()
            .find(|(_, entries, capacity)| *entries > *capacity as usize)
        {
            Some((table, _, capacity)) => Err(PolicyError::Full {
                target,
                table,
                capacity,
            }),
            None => Ok(()),
        }
    }

    /// How many more targets others may have banned.
    pub(crate) fn room(&self, capacity: Capacity) -> Room {
        let left = |capacity: u32, taken: usize| {
            let theirs = capacity - capacity / RESERVED;
            (theirs as usize).saturating_sub(taken)
        };
        Room {
            v4: left(capacity.addresses, self.v4.len()),
            v6: left(capacity.addresses, self.v6.len()),
            v4_prefixes: left(capacity.prefixes, self.prefixes.t1.len()),
            v6_prefixes: left(capacity.prefixes, self.prefixes.t2.len()),
        }
    }

    /// Every row, in an order in which it is safe to write them to empty tables.
    pub(crate) fn all(&self) -> impl Iterator<Item = Change> {
        let scopes = self.scopes.iter().map(|(&key, &value)| Change::Scope {
            key,
            value: Some(value),
        });
        let v4 = self
            .v4
            .iter()
            .map(|(&address, &value)| (IpAddr::V4(address), value));
        let v6 = self
            .v6
            .iter()
            .map(|(&address, &value)| (IpAddr::V6(address), value));
        let bans = v4.chain(v6).map(|(address, value)| Change::Ban {
            address,
            value: Some(value),
        });
        let prefixes = self
            .prefixes
            .iter()
            .map(|(prefix, &value)| Change::BanPrefix {
                prefix,
                value: Some(value),
            });
        let allow = self.allow.iter().map(|(prefix, &value)| Change::Allow {
            prefix,
            value: Some(value),
        });
        allow.chain(scopes).chain(bans).chain(prefixes)
    }
}

fn set<K: Hash + Eq>(map: &mut HashMap<K, Ban>, key: K, value: Option<Ban>) -> Option<Ban> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}
