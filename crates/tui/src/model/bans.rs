// SPDX-License-Identifier: MIT
//! Who is banned, and who is never dropped.

mod order;
mod search;

pub use order::BanSort;

use super::search::net_of;
use super::{Pane, Search, Selectable, Selection, further};
use aegis_api::{Allow, AllowList, Ban, BanList, BanQuery};

/// How the daemon calls a ban that nothing passes.
const EVERYTHING: &str = "everything";

/// Which of the two is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Bans.
    #[default]
    Banned,
    /// The allowlist.
    Allowed,
}

/// By what a row is the same another time: the target, and the part of it.
type Key = (String, String);

/// The tab.
#[derive(Debug, Default)]
pub struct Bans {
    /// What the daemon answered last.
    pub list: BanList,
    /// The allowlist.
    pub allowlist: AllowList,
    /// Which of the two is shown.
    pub side: Side,
    /// Whether bans that only others want, such as CrowdSec, are listed too.
    pub has_others: bool,
    /// What comes first.
    pub sort: BanSort,
    /// The other way round.
    pub is_reversed: bool,
    /// What is shown of it.
    pub search: Search,
    /// All causes of a ban.
    pub pane: Pane,
    selection: Selection<Key>,
    /// Numbers of those in the list that are shown, in their order.
    shown: Vec<usize>,
}

impl Bans {
    /// What the daemon is to be asked.
    #[must_use]
    pub fn query(&self) -> BanQuery {
        BanQuery {
            origin: None,
            own: !self.has_others,
        }
    }

    /// The daemon has answered. The same ban stays selected, wherever it is now.
    pub fn arrived(&mut self, list: BanList) {
        self.list = list;
        self.arrange();
    }

    /// The allowlist has come.
    pub fn allowlist_arrived(&mut self, list: AllowList) {
        self.allowlist = list;
        self.arrange();
    }

    /// Something else was typed.
    pub fn searched(&mut self, text: &str) {
        match self.side {
            Side::Banned => self.search.typed::<Ban>(text),
            Side::Allowed => self.search.typed::<Allow>(text),
        }
        self.arrange();
        self.shown_anew();
    }

    /// What was typed is all of it.
    pub fn search_finished(&mut self) {
        match self.side {
            Side::Banned => self.search.finished::<Ban>(),
            Side::Allowed => self.search.finished::<Allow>(),
        }
        self.arrange();
        self.shown_anew();
    }

    /// What was typed is not to be.
    pub fn search_given_up(&mut self) {
        self.search.given_up();
        self.arrange();
        self.shown_anew();
    }

    /// Sorts by what is so many steps further on.
    pub fn sort_by(&mut self, steps: usize) {
        self.sort = further(&BanSort::ALL, self.sort, steps);
        self.arrange();
    }

    /// Sorts the other way round.
    pub fn reverse(&mut self) {
        self.is_reversed = !self.is_reversed;
        self.arrange();
    }

    /// Shows the other side.
    pub fn turn(&mut self) {
        self.side = match self.side {
            Side::Banned => Side::Allowed,
            Side::Allowed => Side::Banned,
        };
        self.release();
        self.pane = Pane::default();
        self.searched("");
    }

    /// Filters and sorts.
    fn arrange(&mut self) {
        let filter = self.search.filter();
        let bans = &self.list.bans;
        self.shown = match self.side {
            Side::Banned => (0..bans.len())
                .filter(|&number| filter.admits(&bans[number]))
                .collect(),
            Side::Allowed => (0..self.allowlist.allow.len())
                .filter(|&number| filter.admits(&self.allowlist.allow[number]))
                .collect(),
        };
        if self.side == Side::Banned {
            let (sort, is_reversed) = (self.sort, self.is_reversed);
            self.shown
                .sort_by(|&one, &other| sort.compare(&bans[one], &bans[other], is_reversed));
        }
        self.arranged();
    }

    fn identity_of(&self, row: usize) -> Option<(&str, &str)> {
        match self.side {
            Side::Banned => self.ban(row).map(|ban| (&*ban.target, &*ban.part)),
            Side::Allowed => self.allowed(row).map(|entry| (&*entry.target, "")),
        }
    }

    /// The ban in a row.
    #[must_use]
    pub fn ban(&self, row: usize) -> Option<&Ban> {
        self.list.bans.get(*self.shown.get(row)?)
    }

    /// The entry of the allowlist in a row.
    #[must_use]
    pub fn allowed(&self, row: usize) -> Option<&Allow> {
        self.allowlist.allow.get(*self.shown.get(row)?)
    }

    /// The selected ban.
    #[must_use]
    pub fn selected(&self) -> Option<&Ban> {
        let is_shown = self.side == Side::Banned;
        self.ban(self.rows().selected().filter(|_| is_shown)?)
    }

    /// The selected entry of the allowlist.
    #[must_use]
    pub fn selected_allow(&self) -> Option<&Allow> {
        let is_shown = self.side == Side::Allowed;
        self.allowed(self.rows().selected().filter(|_| is_shown)?)
    }

    /// The target of what is selected.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        let ban = self.selected().map(|ban| &ban.target);
        let target = ban.or_else(|| self.selected_allow().map(|entry| &entry.target));
        target.map(String::as_str)
    }

    /// The banned prefix around a target that is not banned itself.
    #[must_use]
    pub fn around(&self, target: &str) -> Option<&str> {
        if self.of(target).is_some() {
            return None;
        }
        let whole = self.list.bans.iter().filter(|ban| ban.part == EVERYTHING);
        around(whole.map(|ban| &*ban.target), target)
    }

    /// The entry of the allowlist around a target that has none itself.
    #[must_use]
    pub fn allowed_around(&self, target: &str) -> Option<&str> {
        let entries = || self.allowlist.allow.iter().map(|entry| &*entry.target);
        match entries().any(|entry| entry == target) {
            true => None,
            false => around(entries(), target),
        }
    }

    /// Every ban that holds a target: on it, or on a network around it; of all of it, or of a part.
    pub fn holding(&self, target: &str) -> impl Iterator<Item = &Ban> {
        let inner = net_of(target);
        let holds = move |ban: &&Ban| {
            let (outer, inner) = (net_of(&ban.target), inner.as_ref());
            outer
                .zip(inner)
                .is_some_and(|(outer, inner)| outer.contains(inner))
        };
        self.list.bans.iter().filter(holds)
    }

    /// The ban of everything of a target, written as the daemon writes it.
    #[must_use]
    pub fn of(&self, target: &str) -> Option<&Ban> {
        let whole = |ban: &&Ban| ban.target == target && ban.part == EVERYTHING;
        self.list.bans.iter().find(whole)
    }
}

impl Selectable for Bans {
    type Key = Key;

    fn count(&self) -> usize {
        self.shown.len()
    }

    fn key_of(&self, row: usize) -> Option<Key> {
        let (target, part) = self.identity_of(row)?;
        Some((target.to_owned(), part.to_owned()))
    }

    fn row_of(&self, (target, part): &Key) -> Option<usize> {
        let wanted = Some((&**target, &**part));
        (0..self.shown.len()).find(|&row| self.identity_of(row) == wanted)
    }

    fn selection(&self) -> &Selection<Key> {
        &self.selection
    }

    fn selection_mut(&mut self) -> &mut Selection<Key> {
        &mut self.selection
    }
}

/// The first of some prefixes that an address or a prefix is in.
fn around<'a>(mut outer: impl Iterator<Item = &'a str>, inner: &str) -> Option<&'a str> {
    let inner = net_of(inner)?;
    outer.find(|outer| net_of(outer).is_some_and(|outer| outer.contains(&inner)))
}
