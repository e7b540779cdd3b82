// SPDX-License-Identifier: MIT
//! Who is banned, and who is never dropped.

mod order;
mod search;

pub use order::BanSort;

use super::search::net_of;
use super::{Pane, Rows, Search};
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
    /// The place in what is shown.
    pub rows: Rows,
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
        let before = self.identity();
        self.list = list;
        self.arrange(before);
    }

    /// The allowlist has come.
    pub fn allowlist_arrived(&mut self, list: AllowList) {
        let before = self.identity();
        self.allowlist = list;
        self.arrange(before);
    }

    /// Something else was typed.
    pub fn searched(&mut self, text: &str) {
        match self.side {
            Side::Banned => self.search.typed::<Ban>(text),
            Side::Allowed => self.search.typed::<Allow>(text),
        }
        let before = self.identity();
        self.arrange(before);
    }

    /// What was typed is all of it.
    pub fn search_finished(&mut self) {
        match self.side {
            Side::Banned => self.search.finished::<Ban>(),
            Side::Allowed => self.search.finished::<Allow>(),
        }
        let before = self.identity();
        self.arrange(before);
    }

    /// What was typed is not to be.
    pub fn search_given_up(&mut self) {
        self.search.given_up();
        let before = self.identity();
        self.arrange(before);
    }

    /// Sorts by what is so many steps further on.
    pub fn sort_by(&mut self, steps: usize) {
        let all = BanSort::ALL;
        let at = all.iter().position(|&sort| sort == self.sort);
        self.sort = all[(at.unwrap_or(0) + steps) % all.len()];
        let before = self.identity();
        self.arrange(before);
    }

    /// Sorts the other way round.
    pub fn reverse(&mut self) {
        self.is_reversed = !self.is_reversed;
        let before = self.identity();
        self.arrange(before);
    }

    /// Shows the other side.
    pub fn turn(&mut self) {
        self.side = match self.side {
            Side::Banned => Side::Allowed,
            Side::Allowed => Side::Banned,
        };
        self.rows.select(0);
        self.pane = Pane::default();
        self.searched("");
    }

    /// Filters and sorts, and selects the same as before.
    fn arrange(&mut self, before: Option<(String, String)>) {
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
        self.rows.resize(self.shown.len());
        let again = before.and_then(|before| {
            (0..self.shown.len()).find(|&row| {
                let same = (before.0.as_str(), before.1.as_str());
                self.identity_of(row) == Some(same)
            })
        });
        if let Some(row) = again {
            self.rows.select(row);
        }
    }

    fn identity(&self) -> Option<(String, String)> {
        let (target, part) = self.identity_of(self.rows.selected()?)?;
        Some((target.to_owned(), part.to_owned()))
    }

    /// By what it is the same another time: the target, and the part of it.
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
        self.ban(self.rows.selected().filter(|_| is_shown)?)
    }

    /// The selected entry of the allowlist.
    #[must_use]
    pub fn selected_allow(&self) -> Option<&Allow> {
        let is_shown = self.side == Side::Allowed;
        self.allowed(self.rows.selected().filter(|_| is_shown)?)
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
        let inner = net_of(target)?;
        let mut whole = self.list.bans.iter().filter(|ban| ban.part == EVERYTHING);
        let around = whole.find(|ban| net_of(&ban.target).is_some_and(|it| it.contains(&inner)));
        around.map(|ban| ban.target.as_str())
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

    /// The ban of a whole target, written as the daemon writes it.
    #[must_use]
    pub fn of(&self, target: &str) -> Option<&Ban> {
        let whole =
            |ban: &&Ban| ban.target == target && ban.port.is_none() && ban.protocol.is_none();
        self.list.bans.iter().find(whole)
    }
}
