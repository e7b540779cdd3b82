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
    /// Words that it could go on with.
    pub offers: Vec<String>,
    /// How far back in what was typed before; 0: it is a new one.
    pub back: usize,
}

impl Line {
    /// With a text to begin with.
    #[must_use]
    pub fn new(purpose: Purpose, text: String) -> Self {
        Self {
            purpose,
            input: Input::new(text),
            offers: Vec::new(),
            back: 0,
        }
    }
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It filters the tab, at every letter.
    Search,
    /// It is obeyed at the end.
    Command,
}
