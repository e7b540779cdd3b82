// SPDX-License-Identifier: MIT
//! Rows that an earlier daemon wrote and nobody wants any more.

use super::{FamilyTables, PrefixTable, Row, Tables};
use crate::EngineError;
use aegis_abi::{Allow, Ban, Family, ScopeKey, TouchedLine};
use aegis_policy::Change;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::collections::HashSet;
use std::net::IpAddr;

/// Which rows are named.
#[derive(Default)]
struct Named {
    addresses: HashSet<IpAddr>,
    prefixes: HashSet<IpNet>,
    allowed: HashSet<IpNet>,
    scopes: HashSet<ScopeKey>,
    lines: HashSet<(u8, u32)>,
}

impl Named {
    fn by(rows: &[Change]) -> Self {
        let mut named = Self::default();
        for row in rows {
            match *row {
                Change::Ban { address, .. } => drop(named.addresses.insert(address)),
                Change::BanPrefix { prefix, .. } => drop(named.prefixes.insert(prefix)),
                Change::Allow { prefix, .. } => drop(named.allowed.insert(prefix)),
                Change::Scope { key, .. } => drop(named.scopes.insert(key)),
                Change::Touched { family, line, .. } => {
                    named.lines.insert((family.code(), line));
                }
            }
        }
        named
    }
}

impl Tables {
    /// The changes that remove every row but these; the marks of what is touched go last.
    pub(super) fn others(&self, rows: &[Change]) -> Result<Vec<Change>, EngineError> {
        let named = Named::by(rows);
        let mut others = Vec::new();
        others.extend(self.v4.bans.keys().map(v4_address));
        others.extend(self.v6.bans.keys().map(v6_address));
        others.extend(self.v4.prefixes.nets(v4_net).map(ban_prefix));
        others.extend(self.v6.prefixes.nets(v6_net).map(ban_prefix));
        others.extend(self.v4.allow.nets(v4_net).map(allow));
        others.extend(self.v6.allow.nets(v6_net).map(allow));
        let scopes = self.scopes.keys().filter_map(Result::ok);
        others.extend(scopes.map(|Row(key)| Change::Scope { key, value: None }));
        self.v4.touched_lines(Family::V4, &mut others)?;
        self.v6.touched_lines(Family::V6, &mut others)?;
        others.retain(|change| !named.has(change));
        Ok(others)
    }
}

impl Named {
    fn has(&self, change: &Change) -> bool {
        match change {
            Change::Ban { address, .. } => self.addresses.contains(address),
            Change::BanPrefix { prefix, .. } => self.prefixes.contains(prefix),
            Change::Allow { prefix, .. } => self.allowed.contains(prefix),
            Change::Scope { key, .. } => self.scopes.contains(key),
            Change::Touched { family, line, .. } => self.lines.contains(&(family.code(), *line)),
        }
    }
}

impl<K: aya::Pod> FamilyTables<K> {
    fn touched_lines(&self, family: Family, lines: &mut Vec<Change>) -> Result<(), EngineError> {
        let told = self.touched.lines()?.into_iter();
        lines.extend(told.map(|line| Change::Touched {
            family,
            line,
            value: TouchedLine::default(),
        }));
        Ok(())
    }
}

impl<K: aya::Pod, V: aya::Pod> PrefixTable<K, V> {
    fn nets<N>(&self, net: fn(u32, K) -> Option<N>) -> impl Iterator<Item = N> {
        self.rows
            .keys()
            .filter_map(move |(length, network)| net(*length, *network))
    }
}

fn v4_net(length: u32, network: [u8; 4]) -> Option<IpNet> {
    let net = Ipv4Net::new(network.into(), u8::try_from(length).ok()?);
    net.ok().map(IpNet::V4)
}

fn v6_net(length: u32, network: [u8; 16]) -> Option<IpNet> {
    let net = Ipv6Net::new(network.into(), u8::try_from(length).ok()?);
    net.ok().map(IpNet::V6)
}

fn v4_address(key: Vec<u32>) -> Change {
    let octets = key.first().copied().unwrap_or_default().to_ne_bytes();
    let address = IpAddr::from(octets);
    Change::Ban {
        address,
        value: None::<Ban>,
    }
}

fn v6_address(key: Vec<u32>) -> Change {
    let mut octets = [0; 16];
    for (bytes, word) in octets.chunks_exact_mut(4).zip(key) {
        bytes.copy_from_slice(&word.to_ne_bytes());
    }
    Change::Ban {
        address: IpAddr::from(octets),
        value: None,
    }
}

fn ban_prefix(prefix: IpNet) -> Change {
    Change::BanPrefix {
        prefix,
        value: None,
    }
}

fn allow(prefix: IpNet) -> Change {
    Change::Allow {
        prefix,
        value: None::<Allow>,
    }
}
