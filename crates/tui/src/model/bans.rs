// SPDX-License-Identifier: MIT
//! Who is banned.

use super::Rows;
use aegis_api::{Ban, BanList};

/// The tab.
#[derive(Debug, Default)]
pub struct Bans {
    /// What the daemon answered last.
    pub list: BanList,
    /// The place in it.
    pub rows: Rows,
}

impl Bans {
    /// The daemon has answered.
    pub fn arrived(&mut self, list: BanList) {
        self.list = list;
        self.rows.resize(self.list.bans.len());
    }

    /// The selected ban.
    #[must_use]
    pub fn selected(&self) -> Option<&Ban> {
        self.list.bans.get(self.rows.selected()?)
    }

    /// The ban of a whole target, written as the daemon writes it.
    #[must_use]
    pub fn of(&self, target: &str) -> Option<&Ban> {
        let whole =
            |ban: &&Ban| ban.target == target && ban.port.is_none() && ban.protocol.is_none();
        self.list.bans.iter().find(whole)
    }
}
