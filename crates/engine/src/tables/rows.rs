// SPDX-License-Identifier: MIT
//! Writing compiled policy, row by row; all of it or none.

use super::exact::ExactTable;
use super::{PrefixTable, Row, Tables, failed};
use crate::EngineError;
use crate::error::one_line;
use aegis_abi::names::table;
use aegis_abi::{Ban, Family};
use aegis_policy::Change;
use aya::maps::lpm_trie::Key;
use aya::maps::{IterableMap, MapError};
use ipnet::IpNet;
use std::hash::Hash;
use std::net::IpAddr;

impl Tables {
    /// Applies the changes in order. Where one fails, those before it are undone, last first.
    pub(crate) fn apply(&mut self, changes: &[Change]) -> Result<(), EngineError> {
        let mut undo = Vec::with_capacity(changes.len());
        for change in changes {
            let before = self.before(change);
            let written = before.and_then(|before| self.write(change).map(|()| before));
            match written {
                Ok(before) => undo.push(before),
                Err(error) => {
                    self.undo(undo);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Makes the tables hold these rows and no other: first what is to be there, then away with
    /// what is not.
    pub(crate) fn replace(&mut self, rows: &[Change]) -> Result<(), EngineError> {
        let stale = self.others(rows)?;
        self.apply(rows)?;
        self.apply(&stale)
    }

    fn undo(&mut self, changes: Vec<Change>) {
        for change in changes.iter().rev() {
            if let Err(error) = self.write(change) {
                tracing::error!(%error, ?change, "a row could not be undone");
            }
        }
    }

    /// The change that would restore what is there now.
    fn before(&self, change: &Change) -> Result<Change, EngineError> {
        Ok(match change {
            Change::Ban { address, .. } => Change::Ban {
                address: *address,
                value: self.ban(*address),
            },
            Change::BanPrefix { prefix, .. } => Change::BanPrefix {
                prefix: *prefix,
                value: match prefix {
                    IpNet::V4(net) => self
                        .v4
                        .prefixes
                        .get(&key(net.prefix_len(), net.network().octets()))
                        .map(|row| row.0),
                    IpNet::V6(net) => self
                        .v6
                        .prefixes
                        .get(&key(net.prefix_len(), net.network().octets()))
                        .map(|row| row.0),
                },
            },
            Change::Allow { prefix, .. } => Change::Allow {
                prefix: *prefix,
                value: match prefix {
                    IpNet::V4(net) => self
                        .v4
                        .allow
                        .get(&key(net.prefix_len(), net.network().octets()))
                        .map(|row| row.0),
                    IpNet::V6(net) => self
                        .v6
                        .allow
                        .get(&key(net.prefix_len(), net.network().octets()))
                        .map(|row| row.0),
                },
            },
            Change::Scope { key, .. } => Change::Scope {
                key: *key,
                value: present(table::SCOPES, self.scopes.get(&Row(*key), 0))?.map(|row| row.0),
            },
            Change::Touched { family, line, .. } => Change::Touched {
                family: *family,
                line: *line,
                value: match family {
                    Family::V4 => self.v4.touched.line(*line)?,
                    _ => self.v6.touched.line(*line)?,
                },
            },
        })
    }

    pub(super) fn write(&mut self, change: &Change) -> Result<(), EngineError> {
        match change {
            Change::Ban { address, value } => self.set_ban(*address, *value),
            Change::BanPrefix {
                prefix: IpNet::V4(net),
                value,
            } => {
                let key = key(net.prefix_len(), net.network().octets());
                self.v4
                    .prefixes
                    .set(self.v4.names.prefixes, &key, value.map(Row))
            }
            Change::BanPrefix {
                prefix: IpNet::V6(net),
                value,
            } => {
                let key = key(net.prefix_len(), net.network().octets());
                self.v6
                    .prefixes
                    .set(self.v6.names.prefixes, &key, value.map(Row))
            }
            Change::Allow {
                prefix: IpNet::V4(net),
                value,
            } => {
                let key = key(net.prefix_len(), net.network().octets());
                self.v4.allow.set(self.v4.names.allow, &key, value.map(Row))
            }
            Change::Allow {
                prefix: IpNet::V6(net),
                value,
            } => {
                let key = key(net.prefix_len(), net.network().octets());
                self.v6.allow.set(self.v6.names.allow, &key, value.map(Row))
            }
            Change::Scope { key, value } => {
                let written = match value {
                    Some(scope) => self.scopes.insert(Row(*key), Row(*scope), 0),
                    None => gone_is_fine(self.scopes.remove(&Row(*key))),
                };
                written.map_err(|error| refused(table::SCOPES, self.scopes.map(), &error))
            }
            Change::Touched {
                family: Family::V4,
                line,
                value,
            } => self.v4.touched.set_line(*line, *value),
            Change::Touched { line, value, .. } => self.v6.touched.set_line(*line, *value),
        }
    }
}

/// An address as the key of a ban table: words of the wire's bytes.
fn exact_key(address: IpAddr) -> Vec<u32> {
    let octets = match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    let (words, _) = octets.as_chunks::<4>();
    words.iter().map(|word| u32::from_ne_bytes(*word)).collect()
}

impl Tables {
    fn ban(&self, address: IpAddr) -> Option<Ban> {
        self.exact(address).get(&exact_key(address))
    }

    fn set_ban(&self, address: IpAddr, value: Option<Ban>) -> Result<(), EngineError> {
        self.exact(address).set(&exact_key(address), value)
    }

    fn exact(&self, address: IpAddr) -> &ExactTable {
        match address {
            IpAddr::V4(_) => &self.v4.bans,
            IpAddr::V6(_) => &self.v6.bans,
        }
    }
}

fn key<K: aya::Pod>(length: u8, network: K) -> Key<K> {
    Key::new(u32::from(length), network)
}

/// A row that is not there is no error.
fn present<T>(table: &'static str, found: Result<T, MapError>) -> Result<Option<T>, EngineError> {
    match found {
        Ok(row) => Ok(Some(row)),
        Err(MapError::KeyNotFound) => Ok(None),
        Err(error) => Err(failed(table, one_line(&error))),
    }
}

fn gone_is_fine(removed: Result<(), MapError>) -> Result<(), MapError> {
    const ENOENT: i32 = 2;
    match removed {
        Err(MapError::KeyNotFound) => Ok(()),
        Err(MapError::SyscallError(error)) if error.io_error.raw_os_error() == Some(ENOENT) => {
            Ok(())
        }
        other => other,
    }
}

/// Hash tables answer E2BIG when full, tries ENOSPC.
fn refused(table: &'static str, map: &aya::maps::MapData, error: &MapError) -> EngineError {
    const FULL: [i32; 2] = [7, 28];
    let number = match error {
        MapError::SyscallError(error) => error.io_error.raw_os_error(),
        _ => None,
    };
    if number.is_some_and(|number| FULL.contains(&number)) {
        let capacity = map.info().map_or(0, |info| u64::from(info.max_entries()));
        EngineError::TableFull { table, capacity }
    } else {
        failed(table, one_line(error))
    }
}

impl<K: aya::Pod + Eq + Hash, V: aya::Pod> PrefixTable<K, V> {
    fn get(&self, key: &Key<K>) -> Option<V> {
        self.rows.get(&(key.prefix_len(), key.data())).copied()
    }

    fn set(
        &mut self,
        name: &'static str,
        key: &Key<K>,
        value: Option<V>,
    ) -> Result<(), EngineError> {
        let written = match value {
            Some(value) => self.trie.insert(key, value, 0),
            None => gone_is_fine(self.trie.remove(key)),
        };
        written.map_err(|error| refused(name, self.trie.map(), &error))?;
        let row = (key.prefix_len(), key.data());
        match value {
            Some(value) => self.rows.insert(row, value),
            None => self.rows.remove(&row),
        };
        Ok(())
    }
}
