// SPDX-License-Identifier: MIT
//! What lies over a tab, and has the keys while it is there.

use aegis_api::Why;
use std::net::IpAddr;
use tui_input::Input;

/// One at a time.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys; so many lines scrolled.
    Help(u16),
    /// A line that is being typed at the bottom.
    Line(Line),
    /// A text, such as what a command printed: title, lines, and how many are scrolled.
    Text(String, Vec<String>, u16),
    /// Why an address is treated as it is, once it is known.
    Why(IpAddr, Option<Box<Why>>),
}

/// A line that is being typed.
#[derive(Clone, Debug)]
pub struct Line {
    /// What for.
    pub purpose: Purpose,
    /// The text so far, and the place in it.
    pub input: Input,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It filters the tab, at every letter.
    Search,
    /// It is obeyed at the end.
    Command,
}
