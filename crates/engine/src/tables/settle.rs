// SPDX-License-Identifier: MIT
//! Tidying what somebody staged who died before the switch, or after it.

use super::{FamilyTables, Row, Tables, failed};
use crate::EngineError;
use crate::error::one_line;
use aegis_abi::Allow;
use aya::maps::MapError;
use aya::maps::lpm_trie::Key;
use ipnet::IpNet;
use std::net::IpAddr;

impl Tables {
    /// Has no row of the allowlist wait for a generation: another one, of settings that have nothing
    /// to do with it, would put half of a policy in force. For tables that are taken over, before
    /// settings are written.
    ///
    /// # Errors
    /// [`EngineError::Table`] where the kernel does not show or take the rows; those that were
    /// written say what they said before.
    pub(crate) fn settle(&mut self) -> Result<(), EngineError> {
        let mut rows = self.v4.allowed()?;
        rows.extend(self.v6.allowed()?);
        // Of actions of classes nothing waits: whoever staged it is gone, and with them the switch.
        self.staged.clear();
        let changes = aegis_policy::settle(rows, self.settings()?.generation);
        if !changes.is_empty() {
            tracing::warn!(rows = changes.len(), "a reload was cut short; tidied");
        }
        changes.iter().try_for_each(|change| self.write(change))
    }
}

impl<K: aya::Pod + Into<IpAddr>> FamilyTables<K> {
    /// The allowlist, as the kernel has it.
    fn allowed(&self) -> Result<Vec<(IpNet, Allow)>, EngineError> {
        let rows = self.allow.trie.iter().map(row);
        let rows: Result<_, MapError> = rows.collect();
        rows.map_err(|error| failed(self.names.allow, one_line(&error)))
    }
}

fn row<K: aya::Pod + Into<IpAddr>>(
    found: Result<(Key<K>, Row<Allow>), MapError>,
) -> Result<(IpNet, Allow), MapError> {
    let (key, Row(allow)) = found?;
    let length = u8::try_from(key.prefix_len()).unwrap_or(u8::MAX);
    let prefix = IpNet::new(key.data().into(), length);
    let prefix = prefix.map_err(|_| MapError::KeyNotFound)?;
    Ok((prefix, allow))
}
