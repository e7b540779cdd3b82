// SPDX-License-Identifier: MIT
//! Everything that is on the screen, or could be. It is changed by `update` and drawn by `view`, and
//! knows neither terminal nor daemon.

mod bans;
mod connections;
mod lists;
mod logs;
mod notice;
mod overlay;
mod rows;
mod stats;

pub use bans::Bans;
pub use connections::Connections;
pub use lists::Lists;
pub use logs::Logs;
pub use notice::{Notice, Weight};
pub use overlay::{Line, Overlay, Purpose};
pub use rows::Rows;
pub use stats::{Moment, Stats};

use crate::message::{Change, Wanted};
use aegis_api::{AttackList, Module, Status};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::net::IpAddr;

/// Changes that can be taken back, at most.
pub const MOST_UNDONE: usize = 100;

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

    /// The one so many steps to the right, around the end.
    #[must_use]
    pub fn step(self, steps: usize) -> Self {
        let at = Self::ALL.iter().position(|&tab| tab == self).unwrap_or(0);
        Self::ALL[(at + steps) % Self::ALL.len()]
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
    /// Which tab is shown.
    pub tab: Tab,
    /// What the daemon told of itself last.
    pub status: Option<Status>,
    /// Modules, in the order of their keys.
    pub modules: Vec<Module>,
    /// Who is connected.
    pub connections: Connections,
    /// What goes on.
    pub attacks: AttackList,
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
    /// A line at the bottom about what was done last.
    pub notice: Option<Notice>,
    /// What would take back the changes made from here, the last one last.
    pub undo: VecDeque<Change>,
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
        let groups = (self.tab == Tab::Stats).then(|| self.stats.query());
        let flows = (self.tab == Tab::Connections).then(|| self.connections.query());
        let why = match &self.overlay {
            Some(Overlay::Why(address, _)) => Some(*address),
            _ => None,
        };
        Wanted {
            flows,
            groups,
            // Space says block or unblock by them, on every tab.
            bans: true,
            why,
        }
    }

    /// The place in the table of the tab that is shown, where it has one.
    pub fn rows_mut(&mut self) -> Option<&mut Rows> {
        match self.tab {
            Tab::Connections => Some(&mut self.connections.rows),
            Tab::Stats => None,
            Tab::Logs => Some(&mut self.logs.rows),
            Tab::Bans => Some(&mut self.bans.rows),
            Tab::Lists => Some(&mut self.lists.rows),
        }
    }

    /// Whom the selected row of the tab is about: an address, or a prefix.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        match self.tab {
            Tab::Connections => Some(self.connections.selected()?.peer.to_string()),
            Tab::Logs => Some(self.logs.selected()?.src_ip?.to_string()),
            Tab::Bans => Some(self.bans.selected()?.target.clone()),
            Tab::Stats | Tab::Lists => None,
        }
    }
}
