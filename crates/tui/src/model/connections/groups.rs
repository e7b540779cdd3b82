// SPDX-License-Identifier: MIT
//! Connections counted together, as the daemon told of them last.

use crate::model::{Selectable, Selection};
use aegis_api::{FlowGroup, FlowGroupList, FlowGroupQuery};

/// The groups.
#[derive(Debug, Default)]
pub struct Groups {
    /// What was answered.
    pub list: FlowGroupList,
    /// To what question.
    answered: Option<FlowGroupQuery>,
    selection: Selection<String>,
}

impl Groups {
    /// The daemon has answered.
    pub fn arrived(&mut self, query: &FlowGroupQuery, list: FlowGroupList) {
        self.list = list;
        self.answered = Some(query.clone());
        self.arranged();
    }

    /// Whether these are the groups that are asked for, in whatever order.
    #[must_use]
    pub fn answer(&self, asked: &FlowGroupQuery) -> bool {
        let answered = self.answered.as_ref();
        answered.is_some_and(|query| query.by == asked.by && query.filter == asked.filter)
    }

    /// The selected one.
    #[must_use]
    pub fn selected(&self) -> Option<&FlowGroup> {
        self.list.groups.get(self.rows().selected()?)
    }
}

impl Selectable for Groups {
    type Key = String;

    fn count(&self) -> usize {
        self.list.groups.len()
    }

    fn key_of(&self, row: usize) -> Option<String> {
        self.list.groups.get(row).map(|group| group.key.clone())
    }

    fn row_of(&self, key: &String) -> Option<usize> {
        self.list.groups.iter().position(|group| group.key == *key)
    }

    fn selection(&self) -> &Selection<String> {
        &self.selection
    }

    fn selection_mut(&mut self) -> &mut Selection<String> {
        &mut self.selection
    }
}
