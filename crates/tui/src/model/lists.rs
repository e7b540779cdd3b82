// SPDX-License-Identifier: MIT
//! Lists of addresses, and places that are not let through.

use super::search::{Searched, holds};
use super::{Pane, Search, Selectable, Selection};
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
    selection: Selection<String>,
    /// Numbers of those that are shown.
    shown: Vec<usize>,
}

impl Lists {
    /// The daemon has told. The same list stays selected, wherever it is now.
    pub fn arrived(&mut self, answer: ListsAnswer) {
        self.answer = answer;
        self.arrange();
    }

    /// The daemon has told of one of them.
    pub fn changed(&mut self, list: ListStatus) {
        let mut lists = self.answer.lists.iter_mut();
        if let Some(before) = lists.find(|before| before.name == list.name) {
            *before = list;
        }
        self.arrange();
    }

    /// One of them by its name, shown or not.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&ListStatus> {
        self.answer.lists.iter().find(|list| list.name == name)
    }

    /// Something else was typed.
    pub fn searched(&mut self, text: &str) {
        self.search.typed::<Row<'_>>(text);
        self.arrange();
        self.shown_anew();
    }

    /// What was typed is all of it.
    pub fn search_finished(&mut self) {
        self.search.finished::<Row<'_>>();
        self.arrange();
        self.shown_anew();
    }

    /// What was typed is not to be.
    pub fn search_given_up(&mut self) {
        self.search.given_up();
        self.arrange();
        self.shown_anew();
    }

    fn arrange(&mut self) {
        let filter = self.search.filter();
        let lists = self.answer.lists.iter().enumerate();
        let shown = lists.filter(|(_, list)| {
            let standing = self.standing(list);
            filter.admits(&Row { list, standing })
        });
        self.shown = shown.map(|(number, _)| number).collect();
        self.arranged();
    }

    /// How it stands with one of them.
    #[must_use]
    pub fn standing(&self, list: &ListStatus) -> Standing {
        Standing::of(list, self.answer.enabled)
    }

    /// The list in a row.
    #[must_use]
    pub fn list(&self, row: usize) -> Option<&ListStatus> {
        self.answer.lists.get(*self.shown.get(row)?)
    }

    /// The selected list.
    #[must_use]
    pub fn selected(&self) -> Option<&ListStatus> {
        self.list(self.rows().selected()?)
    }

    /// Everything about the selected list, once it has come.
    #[must_use]
    pub fn selected_detail(&self) -> Option<&ListDetail> {
        let name = &self.selected()?.name;
        let detail = self.detail.as_deref();
        detail.filter(|detail| detail.status.name == *name)
    }
}

impl Selectable for Lists {
    type Key = String;

    fn count(&self) -> usize {
        self.shown.len()
    }

    fn key_of(&self, row: usize) -> Option<String> {
        self.list(row).map(|list| list.name.clone())
    }

    fn row_of(&self, name: &String) -> Option<usize> {
        let lists = &self.answer.lists;
        let mut shown = self.shown.iter();
        shown.position(|&number| lists[number].name == *name)
    }

    fn selection(&self) -> &Selection<String> {
        &self.selection
    }

    fn selection_mut(&mut self) -> &mut Selection<String> {
        &mut self.selection
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

    /// Of a list; what is amiss goes before what it does. Where lists are off altogether, so is each of
    /// them.
    #[must_use]
    pub fn of(list: &ListStatus, are_on: bool) -> Self {
        match list {
            list if !are_on || !list.enabled => Self::Off,
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

/// A list as it is shown.
struct Row<'a> {
    list: &'a ListStatus,
    standing: Standing,
}

impl Searched for Row<'_> {
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
            "state" => self.standing.label().starts_with(value),
            "category" => holds(&self.list.category, value),
            "dir" => self.list.direction.label().starts_with(value),
            _ => false,
        }
    }

    fn shows(&self, text: &str) -> bool {
        let list = self.list;
        let origin = list.origin.as_deref().unwrap_or_default();
        let shown = [
            list.name.as_str(),
            &list.category,
            origin,
            list.action.label(),
            self.standing.label(),
        ];
        shown.into_iter().any(|shown| holds(shown, text))
    }
}
