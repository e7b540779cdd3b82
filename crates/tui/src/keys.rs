// SPDX-License-Identifier: MIT
//! The one table of keys. What a key does where, its line in the help and its word in the footer are
//! one row of it.

use crate::model::Tab;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The tab to the right.
    NextTab,
    /// The tab to the left.
    PreviousTab,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// The first row.
    First,
    /// The last row.
    Last,
    /// Into what is selected.
    Open,
    /// Out of what is open.
    Close,
    /// Block the selected address, or unblock it.
    ToggleBan,
    /// Ask how to block: which prefix, for how long.
    BlockAs,
    /// Put the selected address on the allowlist, or take it off.
    ToggleAllow,
    /// End the selected connection.
    Kill,
    /// Tell why the selected address is treated as it is.
    Why,
    /// Show nothing but the selected address.
    Follow,
    /// Put the selected address on the clipboard.
    Copy,
    /// Take back the last change that has not been.
    Undo,
    /// Make again what was taken back last.
    Again,
    /// Sort by the next column.
    SortNext,
    /// Sort by the column before.
    SortPrevious,
    /// Sort the other way round.
    SortReverse,
    /// Group by something else.
    Group,
    /// Stop what is shown where it is, or let it go on.
    Pause,
    /// Back in time.
    Earlier,
    /// Forward in time.
    Later,
    /// To the present.
    Now,
    /// Show more of the past, or least of it again.
    Zoom,
    /// Write what is shown to a file.
    Export,
    /// To the connections of what is selected.
    Connections,
    /// Ask whom to block, or to put on the allowlist.
    New,
    /// Lift the selected ban, or take the selected entry off the allowlist.
    Remove,
    /// Ask for how much longer the selected ban is to stand.
    Extend,
    /// From bans to the allowlist, or back.
    Turn,
    /// List what only others want too, or only count it.
    Others,
    /// Have the selected list drop, or only tell.
    Mode,
    /// Switch what is selected on or off.
    Switch,
    /// Ask for what is selected again.
    Update,
    /// Take a copy that was put aside for true.
    Release,
    /// Switch the module of that number, counted from 0.
    Module(usize),
    /// Switch all modules.
    AllModules,
    /// What helps most in the attack that goes on.
    Defend,
    /// Tell everything about the attacks that go on.
    Attacks,
    /// Search, which is a filter while it is typed.
    Search,
    /// A line of the command line.
    CommandLine,
    /// Help.
    Help,
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back for a while.
    Suspend,
    /// End.
    Quit,
}

impl Action {
    /// Whether it is about the address of the selected row.
    const fn is_of_address(self) -> bool {
        matches!(self, Self::ToggleBan | Self::Why | Self::Copy)
    }

    /// Whether it changes something in the daemon.
    #[must_use]
    pub const fn changes(self) -> bool {
        matches!(
            self,
            Self::ToggleBan
                | Self::BlockAs
                | Self::ToggleAllow
                | Self::Kill
                | Self::Undo
                | Self::Again
                | Self::New
                | Self::Remove
                | Self::Extend
                | Self::Mode
                | Self::Switch
                | Self::Update
                | Self::Release
                | Self::Module(_)
                | Self::AllModules
        )
    }
}

/// Where a key means what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On every tab.
    Everywhere,
    /// On one.
    On(Tab),
}

/// A key, and what is held with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(pub KeyCode, pub KeyModifiers);

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where.
    pub place: Place,
    /// Any of these.
    pub keys: &'static [Key],
    /// What it asks for.
    pub action: Action,
    /// Its line in the help.
    pub help: &'static str,
    /// Its word in the footer, where it has one.
    pub footer: Option<&'static str>,
}

const fn plain(letter: char) -> Key {
    Key(KeyCode::Char(letter), KeyModifiers::NONE)
}

const fn control(letter: char) -> Key {
    Key(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

const fn named(code: KeyCode) -> Key {
    Key(code, KeyModifiers::NONE)
}

macro_rules! bindings {
    ($($place:expr, [$($key:expr),+], $action:expr, $help:literal $(, $footer:literal)?;)+) => {
        /// Every key, in the order of the help.
        pub const BINDINGS: &[Binding] = &[$(Binding {
            place: $place,
            keys: &[$($key),+],
            action: $action,
            help: $help,
            footer: bindings!(@footer $($footer)?),
        }),+];
    };
    (@footer) => { None };
    (@footer $footer:literal) => { Some($footer) };
}

use Place::{Everywhere, On};

bindings! {
    Everywhere, [named(KeyCode::Tab)], Action::NextTab, "the next tab";
    Everywhere, [named(KeyCode::BackTab)], Action::PreviousTab, "the tab before";
    Everywhere, [named(KeyCode::Up), plain('k')], Action::Up, "up";
    Everywhere, [named(KeyCode::Down), plain('j')], Action::Down, "down";
    Everywhere, [named(KeyCode::PageUp), control('b')], Action::PageUp, "a screen up";
    Everywhere, [named(KeyCode::PageDown), control('f')], Action::PageDown, "a screen down";
    Everywhere, [named(KeyCode::Home), plain('g')], Action::First, "to the first row";
    Everywhere, [named(KeyCode::End), plain('G')], Action::Last, "to the last row";
    Everywhere, [named(KeyCode::Enter)], Action::Open, "open what is selected";
    Everywhere, [named(KeyCode::Esc)], Action::Close, "close, or clear the filter";
    Everywhere, [plain(' ')], Action::ToggleBan, "block or unblock the selected address", "block";
    On(Tab::Connections), [plain('b')], Action::BlockAs, "block its network, or for a time";
    On(Tab::Connections), [plain('a')], Action::ToggleAllow, "put it on the allowlist, or take it off";
    On(Tab::Connections), [plain('x')], Action::Kill, "end the connection", "kill";
    Everywhere, [plain('w')], Action::Why, "why an address is treated as it is", "why";
    On(Tab::Connections), [plain('f')], Action::Follow, "show only the selected address";
    Everywhere, [plain('y')], Action::Copy, "copy the selected address";
    Everywhere, [plain('u')], Action::Undo, "take back the last change, and the one before", "undo";
    Everywhere, [control('r')], Action::Again, "make again what was taken back";
    On(Tab::Connections), [plain('s')], Action::SortNext, "sort by the next column", "sort";
    On(Tab::Connections), [plain('S')], Action::SortPrevious, "sort by the column before";
    On(Tab::Connections), [plain('r')], Action::SortReverse, "sort the other way round";
    On(Tab::Connections), [plain('c')], Action::Group, "group by source, prefix, country, AS, port", "group";
    On(Tab::Logs), [plain('p')], Action::Pause, "pause, or go on", "pause";
    On(Tab::Logs), [plain('e')], Action::Export, "write what is shown to a file", "export";
    On(Tab::Logs), [plain('c')], Action::Connections, "to the connections of the source";
    On(Tab::Bans), [plain('n')], Action::New, "block an address, or put it on the allowlist", "new";
    On(Tab::Bans), [plain('d')], Action::Remove, "lift the ban, or take it off the allowlist", "lift";
    On(Tab::Bans), [plain(' ')], Action::ToggleBan, "lift the ban";
    On(Tab::Bans), [plain('+')], Action::Extend, "have the ban stand for longer", "extend";
    On(Tab::Bans), [plain('v')], Action::Turn, "bans, or the allowlist", "allowlist";
    On(Tab::Bans), [plain('o')], Action::Others, "list bans of CrowdSec too, or count them";
    On(Tab::Bans), [plain('s')], Action::SortNext, "sort by the next column", "sort";
    On(Tab::Bans), [plain('S')], Action::SortPrevious, "sort by the column before";
    On(Tab::Bans), [plain('r')], Action::SortReverse, "sort the other way round";
    On(Tab::Bans), [plain('c')], Action::Connections, "to the connections of the target";
    On(Tab::Stats), [named(KeyCode::Left), plain('h')], Action::Earlier, "back in time", "earlier";
    On(Tab::Stats), [named(KeyCode::Right), plain('l')], Action::Later, "forward in time";
    On(Tab::Stats), [plain('n')], Action::Now, "to the present";
    On(Tab::Stats), [plain('z')], Action::Zoom, "a minute, five, fifteen, or the whole hour", "zoom";
    On(Tab::Stats), [plain('v')], Action::Turn, "charts of packets, or of bytes", "unit";
    On(Tab::Stats), [plain('c')], Action::Group, "count connections by something else", "group";
    On(Tab::Stats), [named(KeyCode::Enter)], Action::Open, "events, connections or the list of the row", "open";
    On(Tab::Stats), [plain('b')], Action::BlockAs, "block its network, or for a time";
    On(Tab::Lists), [plain('t'), plain(' ')], Action::Switch, "switch the list on or off", "on/off";
    On(Tab::Lists), [plain('m')], Action::Mode, "have the list drop, or only tell", "block/alert";
    On(Tab::Lists), [plain('U')], Action::Update, "ask for the list again", "update";
    On(Tab::Lists), [plain('R')], Action::Release, "take the copy that was put aside for true";
    Everywhere, [plain('1')], Action::Module(0), "PortScan on or off";
    Everywhere, [plain('2')], Action::Module(1), "RateLimit on or off";
    Everywhere, [plain('3')], Action::Module(2), "Threats on or off";
    Everywhere, [plain('4')], Action::Module(3), "ConnTrack on or off";
    Everywhere, [plain('5')], Action::Module(4), "ScanDetect on or off";
    Everywhere, [plain('6')], Action::Module(5), "verbose logging on or off";
    Everywhere, [plain('0')], Action::AllModules, "all modules on or off";
    Everywhere, [plain('D')], Action::Defend, "do what helps in the attack that goes on";
    Everywhere, [plain('A')], Action::Attacks, "everything about the attacks that go on";
    Everywhere, [plain('/')], Action::Search, "search, as country:ru,cn -port:22,80-89", "search";
    Everywhere, [plain(':')], Action::CommandLine, "a line of the command line", "command";
    Everywhere, [plain('?'), named(KeyCode::F(1))], Action::Help, "this help", "help";
    Everywhere, [control('l')], Action::Redraw, "draw everything anew";
    Everywhere, [control('z')], Action::Suspend, "give the terminal back until `fg`";
    Everywhere, [plain('q'), control('c')], Action::Quit, "end", "quit";
}

/// What a key asks for on a tab; what it means there goes before what it means everywhere.
#[must_use]
pub fn action(tab: Tab, event: KeyEvent) -> Option<Action> {
    let key = Key::of(event);
    let of = |place| {
        let found = |binding: &&Binding| binding.place == place && binding.keys.contains(&key);
        BINDINGS.iter().find(found).map(|binding| binding.action)
    };
    of(On(tab)).or_else(|| of(Everywhere))
}

/// Rows that hold on a tab, those of its own first; what its keys mean elsewhere does not hold there.
pub fn on(tab: Tab) -> impl Iterator<Item = &'static Binding> {
    let of = |place| {
        BINDINGS
            .iter()
            .filter(move |binding| binding.place == place)
    };
    let is_taken = move |key: &Key| of(On(tab)).any(|binding| binding.keys.contains(key));
    let is_meant = move |binding: &&Binding| {
        let is_free = !binding.keys.iter().all(is_taken);
        is_free && (tab.has_addresses() || !binding.action.is_of_address())
    };
    of(On(tab)).chain(of(Everywhere).filter(is_meant))
}

/// The key of an action, as help and footer write it.
#[must_use]
pub fn label(action: Action) -> String {
    let row = BINDINGS.iter().find(|binding| binding.action == action);
    row.and_then(|binding| binding.keys.first())
        .map_or_else(String::new, Key::to_string)
}

impl Key {
    /// Of an event: capitals come with Shift from some terminals and without from others.
    fn of(event: KeyEvent) -> Self {
        let held = match event.code {
            KeyCode::Char(_) | KeyCode::BackTab => event.modifiers - KeyModifiers::SHIFT,
            _ => event.modifiers,
        };
        Self(event.code, held)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        match self.0 {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            code => write!(f, "{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let mut seen: Vec<(Place, Key)> = Vec::new();
        for binding in BINDINGS {
            for &key in binding.keys {
                let row = (binding.place, key);
                assert!(!seen.contains(&row), "{key} twice: {}", binding.help);
                seen.push(row);
            }
        }
    }

    #[test]
    fn keys_that_are_promised_do_what_is_promised() {
        let of = |code, modifiers| action(Tab::Connections, KeyEvent::new(code, modifiers));
        let plain = |letter| of(KeyCode::Char(letter), KeyModifiers::NONE);
        assert_eq!(of(KeyCode::Tab, KeyModifiers::NONE), Some(Action::NextTab));
        let back = of(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(back, Some(Action::PreviousTab));
        for (letter, expected) in [
            ('j', Action::Down),
            ('k', Action::Up),
            (' ', Action::ToggleBan),
            ('1', Action::Module(0)),
            ('5', Action::Module(4)),
            ('6', Action::Module(5)),
            ('0', Action::AllModules),
            ('q', Action::Quit),
        ] {
            assert_eq!(plain(letter), Some(expected), "{letter}");
        }
        assert_eq!(plain('7'), None);
    }

    #[test]
    fn a_capital_is_one_with_shift_or_without() {
        for modifiers in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            let event = KeyEvent::new(KeyCode::Char('G'), modifiers);
            assert_eq!(action(Tab::Logs, event), Some(Action::Last));
        }
    }

    #[test]
    fn what_a_key_means_on_a_tab_takes_the_place_of_what_it_means_elsewhere() {
        let space = |tab| {
            let rows = on(tab).filter(|binding| binding.keys.contains(&plain(' ')));
            rows.map(|binding| binding.help).collect::<Vec<_>>()
        };
        assert_eq!(space(Tab::Bans), ["lift the ban"]);
        assert_eq!(space(Tab::Logs), ["block or unblock the selected address"]);
        assert_eq!(space(Tab::Lists), ["switch the list on or off"]);
    }
}
