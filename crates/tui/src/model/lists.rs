// SPDX-License-Identifier: MIT
//! Lists of addresses, and places that are not let through.

use super::search::{Searched, holds};
use super::{Pane, Rows, Search};
use aegis_api::filter::{Key, Keys, Kind};
use aegis_api::{Direction, GeoStatus, ListAction, ListDetail, ListStatus, ListsAnswer};
use ipnet::IpNet;

/// The tab.
#[derive(Debug, Default)]
pub struct Lists {
    /// What the daemon told last.
    pub answer: ListsAnswer,
    /// Everything about the selected list, or about the one that was selected before it.
    pub detail: Option<Box<ListDetail>>,
    /// Places.
    pub geo: Option<GeoStatus>,
    /// What is shown of it.
    pub search: Search,
    /// Everything about a list.
    pub pane: Pane,
    /// The place in what is shown.
    pub rows: Rows,
    /// Numbers of those that are shown.
    shown: Vec<usize>,
}

impl Lists {
    /// The daemon has told. The same list stays selected, wherever it is now.
    pub fn arrived(&mut self, answer: ListsAnswer) {
        let before = self.selected().map(|list| list.name.clone());
        self.answer = answer;
        self.arrange(before);
    }

    /// Something else was typed.
    pub fn searched(&mut self, text: &str) {
        let before = self.selected().map(|list| list.name.clone());
        self.search.typed::<ListStatus>(text);
        self.arrange(before);
    }

    /// What was typed is all of it.
    pub fn search_finished(&mut self) {
        let before = self.selected().map(|list| list.name.clone());
        self.search.finished::<ListStatus>();
        self.arrange(before);
    }

    /// What was typed is not to be.
    pub fn search_given_up(&mut self) {
        let before = self.selected().map(|list| list.name.clone());
        self.search.given_up();
        self.arrange(before);
    }

    fn arrange(&mut self, before: Option<String>) {
        let filter = self.search.filter();
        let lists = &self.answer.lists;
        self.shown = (0..lists.len())
            .filter(|&number| filter.admits(&lists[number]))
            .collect();
        self.rows.resize(self.shown.len());
        let same = |&number: &usize| before.as_ref() == Some(&lists[number].name);
        if let Some(row) = self.shown.iter().position(same) {
            self.rows.select(row);
        }
    }

    /// The list in a row.
    #[must_use]
    pub fn list(&self, row: usize) -> Option<&ListStatus> {
        self.answer.lists.get(*self.shown.get(row)?)
    }

    /// The selected list.
    #[must_use]
    pub fn selected(&self) -> Option<&ListStatus> {
        self.list(self.rows.selected()?)
    }

    /// Everything about the selected list, once it has come.
    #[must_use]
    pub fn selected_detail(&self) -> Option<&ListDetail> {
        let name = &self.selected()?.name;
        let detail = self.detail.as_deref();
        detail.filter(|detail| detail.status.name == *name)
    }
}

/// How it stands with a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing comes of it.
    Off,
    /// It only tells.
    Alert,
    /// It drops.
    Block,
    /// A copy was put aside; the one before it is in force, if there is any.
    Quarantined,
    /// The last attempts failed.
    Failed,
}

impl Standing {
    const WORDS: &'static [&'static str] = &[
        Self::Off.label(),
        Self::Alert.label(),
        Self::Block.label(),
        Self::Quarantined.label(),
        Self::Failed.label(),
    ];

    /// Of a list; what is amiss goes before what it does.
    #[must_use]
    pub fn of(list: &ListStatus) -> Self {
        match list {
            list if !list.enabled => Self::Off,
            list if list.quarantine.is_some() => Self::Quarantined,
            list if list.failures > 0 => Self::Failed,
            list if list.action == ListAction::Alert => Self::Alert,
            _ => Self::Block,
        }
    }

    /// One word for it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Alert => "alert",
            Self::Block => "block",
            Self::Quarantined => "quarantined",
            Self::Failed => "failed",
        }
    }
}

impl Searched for ListStatus {
    const KEYS: Keys = &[
        Key::new(&["state"], Kind::OneOf(Standing::WORDS)),
        Key::new(&["category"], Kind::Any),
        Key::new(&["dir", "direction"], Kind::OneOf(Direction::WORDS)),
    ];

    fn net(&self) -> Option<IpNet> {
        None
    }

    fn has(&self, key: &str, value: &str) -> bool {
        match key {
            "state" => Standing::of(self).label().starts_with(value),
            "category" => holds(&self.category, value),
            "dir" => self.direction.label().starts_with(value),
            _ => false,
        }
    }

    fn shows(&self, text: &str) -> bool {
        let origin = self.origin.as_deref().unwrap_or_default();
        let shown = [
            self.name.as_str(),
            &self.category,
            origin,
            self.action.label(),
        ];
        shown.into_iter().any(|shown| holds(shown, text))
            || Standing::of(self).label().contains(text)
    }
}
