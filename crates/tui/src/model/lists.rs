// SPDX-License-Identifier: MIT
//! Lists of addresses.

use super::Rows;
use aegis_api::{ListStatus, ListsAnswer};

/// The tab.
#[derive(Debug, Default)]
pub struct Lists {
    /// What the daemon told last.
    pub answer: ListsAnswer,
    /// The place in it.
    pub rows: Rows,
}

impl Lists {
    /// The daemon has told.
    pub fn arrived(&mut self, answer: ListsAnswer) {
        self.answer = answer;
        self.rows.resize(self.answer.lists.len());
    }

    /// The selected list.
    #[must_use]
    pub fn selected(&self) -> Option<&ListStatus> {
        self.answer.lists.get(self.rows.selected()?)
    }
}
