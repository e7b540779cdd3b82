// SPDX-License-Identifier: MIT
//! Who is connected.

use super::Rows;
use aegis_api::{Flow, FlowFilter, FlowList, FlowQuery, FlowSort};

/// So many connections are asked for at once; the daemon says how many more there are.
const MOST: usize = 500;

/// The tab.
#[derive(Debug, Default)]
pub struct Connections {
    /// What was typed to filter by.
    pub search: String,
    /// What comes first.
    pub sort: FlowSort,
    /// The other way round.
    pub is_reversed: bool,
    /// What the daemon answered last.
    pub list: FlowList,
    /// The place in it.
    pub rows: Rows,
}

impl Connections {
    /// What the daemon is to be asked.
    #[must_use]
    pub fn query(&self) -> FlowQuery {
        FlowQuery {
            filter: FlowFilter::default(),
            sort: self.sort,
            reverse: self.is_reversed,
            limit: Some(MOST),
        }
    }

    /// The daemon has answered. The same connection stays selected, wherever it is now.
    pub fn arrived(&mut self, list: FlowList) {
        let before = self.selected().map(|flow| flow.id.clone());
        self.list = list;
        self.rows.resize(self.list.flows.len());
        let again = before.and_then(|id| self.list.flows.iter().position(|flow| flow.id == id));
        if let Some(row) = again {
            self.rows.select(row);
        }
    }

    /// The selected connection.
    #[must_use]
    pub fn selected(&self) -> Option<&Flow> {
        self.list.flows.get(self.rows.selected()?)
    }
}
