// SPDX-License-Identifier: MIT
//! Everything that is on the screen, or could be. It is changed by `update` and drawn by `view`, and
//! knows neither terminal nor daemon.

mod bans;
mod block;
mod caution;
mod connections;
mod further;
mod lists;
mod logs;
mod notice;
mod overlay;
mod pane;
mod running;
pub mod search;
mod selection;
mod stats;
mod undo;

pub use bans::{BanSort, Bans, Side};
pub use block::{BlockDialog, Choice, FOR_GOOD, Hits, Question};
pub use caution::Caution;
pub use connections::{Connections, Ends, Fate, FlowOrder, Listed, Process, Trace};
pub use further::further;
pub use lists::{Lists, Standing};
pub use logs::{Extent, Group, Logs, MOST_SAMPLES, is_departing};
pub use notice::{Notice, Weight};
pub use overlay::{Confirm, Line, Overlay, Purpose, Yes};
pub use pane::{Pane, WIDE};
pub use running::{MOST_LINES, Running};
pub use search::Search;
pub use selection::{Rows, Selectable, Selection};
pub use stats::{MEAN_SECONDS, Moment, Parts, Row as StatsRow, Sender, Stats, Unit};
pub use undo::{Made, Next, Undo, Way};

use crate::command::Reader;
use crate::message::Wanted;
use aegis_api::{Attack, FlowGroupQuery, Module, Status};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::net::IpAddr;

/// Lines of the command line that are remembered, at most.
pub const MOST_REMEMBERED: usize = 200;

/// What is shown below the tabs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Who is connected.
    #[default]
    Connections,
    /// How much of what.
    Stats,
    /// What happened.
    Logs,
    /// Who is banned.
    Bans,
    /// Lists of addresses.
    Lists,
}

impl Tab {
    /// Every one, from left to right.
    pub const ALL: [Self; 5] = [
        Self::Connections,
        Self::Stats,
        Self::Logs,
        Self::Bans,
        Self::Lists,
    ];

    /// Its title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Connections => "Connections",
            Self::Stats => "Stats",
            Self::Logs => "Logs",
            Self::Bans => "Bans",
            Self::Lists => "Lists",
        }
    }

    /// Whether its rows are of addresses or prefixes.
    #[must_use]
    pub const fn has_addresses(self) -> bool {
        !matches!(self, Self::Lists)
    }

    /// The one so many steps to the right, around the end.
    #[must_use]
    pub fn step(self, steps: usize) -> Self {
        further(&Self::ALL, self, steps)
    }
}

/// How it goes with the daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Nothing has come yet.
    #[default]
    Connecting,
    /// It answers.
    Live,
    /// It has not answered since then, and why.
    Lost(Timestamp, String),
}

/// What does not change while the interface is there.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Name of the daemon.
    pub instance: String,
    /// Whether it runs in this process, and ends with it.
    pub is_own: bool,
    /// Whether nothing may be changed from here.
    pub is_read_only: bool,
    /// From where whoever sits here is logged in, so that they do not lock themselves out.
    pub peer: Option<IpAddr>,
    /// Says what a line of the command line means.
    pub reader: Reader,
}

/// The whole.
#[derive(Debug, Default)]
pub struct Model {
    /// What does not change.
    pub about: About,
    /// How it goes with the daemon.
    pub link: Link,
    /// The time, as of the last tick.
    pub now: Timestamp,
    /// Columns and lines of the terminal.
    pub screen: (u16, u16),
    /// Which tab is shown.
    pub tab: Tab,
    /// What the daemon told of itself last.
    pub status: Option<Status>,
    /// Modules, in the order of their keys.
    pub modules: Vec<Module>,
    /// Who is connected.
    pub connections: Connections,
    /// How much of what.
    pub stats: Stats,
    /// What happened.
    pub logs: Logs,
    /// Who is banned.
    pub bans: Bans,
    /// Lists of addresses.
    pub lists: Lists,
    /// What lies over the tab.
    pub overlay: Option<Overlay>,
    /// Lines that were typed at the command line, the last one last.
    pub typed: VecDeque<String>,
    /// The one of them that has not ended.
    pub running: Option<Running>,
    /// How many of them were begun.
    pub begun: u64,
    /// A line at the bottom about what was done last.
    pub notice: Option<Notice>,
    /// How changes made from here are taken back.
    pub undo: Undo,
    /// How many were made.
    pub changes: u64,
}

impl Model {
    /// Before anything is known.
    #[must_use]
    pub fn new(about: About, now: Timestamp) -> Self {
        Self {
            about,
            now,
            ..Self::default()
        }
    }

    /// What is to be kept fresh.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        let connections = Some(&self.connections).filter(|_| self.tab == Tab::Connections);
        let hits = match &self.overlay {
            Some(Overlay::Block(dialog)) => dialog.filter(),
            Some(Overlay::Line(line)) => line.caution().map(Caution::filter),
            _ => None,
        };
        let has_list = self.tab == Tab::Lists;
        Wanted {
            flows: connections.and_then(Connections::query),
            groups: self.asks_groups(),
            hits,
            // Space says block or unblock by them, on every tab.
            bans: Some(self.bans.query()),
            // The key that puts a peer on it takes it off again.
            allowlist: matches!(self.tab, Tab::Bans | Tab::Connections),
            list: self
                .lists
                .selected()
                .filter(|_| has_list)
                .map(|list| list.name.clone()),
            geo: has_list,
            why: self.asks_why(),
            changes: self.changes,
        }
    }

    /// What goes on, the worst first.
    #[must_use]
    pub fn attacks(&self) -> &[Attack] {
        let status = self.status.as_ref();
        status.map_or(&[], |status| status.attacks.as_slice())
    }

    fn asks_groups(&self) -> Option<FlowGroupQuery> {
        match self.tab {
            Tab::Connections => self.connections.group_query(),
            Tab::Stats => Some(self.stats.query()),
            Tab::Logs | Tab::Bans | Tab::Lists => None,
        }
    }

    /// Of whom everything is shown, over the tab or beside the table.
    fn asks_why(&self) -> Option<IpAddr> {
        match &self.overlay {
            Some(Overlay::Why(address, ..)) => return Some(*address),
            Some(Overlay::Block(dialog)) if dialog.address().is_some() => return dialog.address(),
            _ if self.tab != Tab::Connections => return None,
            _ => {}
        }
        let is_shown = self.connections.pane.is_shown(self.screen.0);
        let flow = self.connections.selected().filter(|_| is_shown);
        flow.map(|flow| flow.peer)
    }

    /// So many rows down in the table of the tab that is shown, or up.
    pub fn step(&mut self, by: isize) {
        match self.tab {
            Tab::Connections => self.connections.step(by, self.now),
            Tab::Stats => {}
            Tab::Logs => self.logs.step(by),
            Tab::Bans => self.bans.step(by),
            Tab::Lists => self.lists.step(by),
        }
        self.rewind();
    }

    /// Selects a row in the table of the tab that is shown.
    pub fn choose(&mut self, row: usize) {
        match self.tab {
            Tab::Connections => self.connections.choose(row, self.now),
            Tab::Stats => {}
            Tab::Logs => self.logs.choose(row),
            Tab::Bans => self.bans.choose(row),
            Tab::Lists => self.lists.choose(row),
        }
        self.rewind();
    }

    /// How the table of the tab that is shown stands at the moment.
    #[must_use]
    pub fn rows(&self) -> Rows {
        match self.tab {
            Tab::Connections => self.connections.rows(),
            Tab::Stats => Rows::default(),
            Tab::Logs => self.logs.rows(),
            Tab::Bans => self.bans.rows(),
            Tab::Lists => self.lists.rows(),
        }
    }

    /// So many rows of the table of the tab that is shown are on the screen.
    pub fn settle(&mut self, height: usize) {
        match self.tab {
            Tab::Connections => self.connections.settle(height),
            Tab::Stats => {}
            Tab::Logs => self.logs.settle(height),
            Tab::Bans => self.bans.settle(height),
            Tab::Lists => self.lists.settle(height),
        }
    }

    /// Another row is told of at length.
    fn rewind(&mut self) {
        if let Some(pane) = self.pane_mut() {
            pane.rewind();
        }
    }

    /// What is told at length beside the table of the tab that is shown, where it has that.
    pub fn pane_mut(&mut self) -> Option<&mut Pane> {
        match self.tab {
            Tab::Connections => Some(&mut self.connections.pane),
            Tab::Stats => None,
            Tab::Logs => Some(&mut self.logs.pane),
            Tab::Bans => Some(&mut self.bans.pane),
            Tab::Lists => Some(&mut self.lists.pane),
        }
    }

    /// What the tab that is shown is filtered by, as it was typed.
    #[must_use]
    pub fn searched(&self) -> &str {
        match self.tab {
            Tab::Connections => &self.connections.scope.filtering.typed,
            Tab::Stats => "",
            Tab::Logs => &self.logs.search.text,
            Tab::Bans => &self.bans.search.text,
            Tab::Lists => &self.lists.search.text,
        }
    }

    /// The filter of the tab that is shown: what was typed, if that makes sense.
    #[must_use]
    pub fn filter_in_force(&self) -> Cow<'_, str> {
        match self.tab {
            Tab::Connections => self.connections.filter().to_string().into(),
            _ => self.searched().into(),
        }
    }

    /// Filters the tab that is shown.
    pub fn search(&mut self, text: &str) {
        match self.tab {
            Tab::Connections => self.connections.scope.filtering.typed(text),
            Tab::Stats => {}
            Tab::Logs => self.logs.searched(text),
            Tab::Bans => self.bans.searched(text),
            Tab::Lists => self.lists.searched(text),
        }
    }

    /// What the tab that is shown is filtered by is typed to its end.
    pub fn search_finished(&mut self) {
        match self.tab {
            Tab::Connections => self.connections.scope.filtering.finished(),
            Tab::Stats => {}
            Tab::Logs => self.logs.search_finished(),
            Tab::Bans => self.bans.search_finished(),
            Tab::Lists => self.lists.search_finished(),
        }
    }

    /// What the tab that is shown was to be filtered by is not to be: it is filtered as before.
    pub fn search_given_up(&mut self) {
        match self.tab {
            Tab::Connections => self.connections.scope.filtering.given_up(),
            Tab::Stats => {}
            Tab::Logs => self.logs.search_given_up(),
            Tab::Bans => self.bans.search_given_up(),
            Tab::Lists => self.lists.search_given_up(),
        }
    }

    /// What is wrong with what the tab that is shown is to be filtered by.
    #[must_use]
    pub fn search_problem(&self) -> Option<&str> {
        let search = match self.tab {
            Tab::Connections => return self.connections.scope.filtering.problem.as_deref(),
            Tab::Stats => return None,
            Tab::Logs => &self.logs.search,
            Tab::Bans => &self.bans.search,
            Tab::Lists => &self.lists.search,
        };
        search.problem.as_deref()
    }

    /// Whom the selected row of the tab is about: an address, or a prefix.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        match self.tab {
            Tab::Connections => self.connections.target(),
            Tab::Logs => Some(self.logs.selected()?.peer()?.to_string()),
            Tab::Bans => self.bans.target().map(str::to_owned),
            Tab::Stats => self.stats.target(),
            Tab::Lists => None,
        }
    }
}
