// SPDX-License-Identifier: MIT
//! What lies over a tab, and has the keys while it is there.

use super::BlockDialog;
use crate::message::Change;
use aegis_api::{Ban, Why};
use std::net::IpAddr;
use tui_input::Input;

/// One at a time.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys; so many lines scrolled.
    Help(u16),
    /// A line that is being typed at the bottom.
    Line(Line),
    /// A question at the bottom, before something is done that cannot be taken back.
    Confirm(Confirm),
    /// How to block.
    Block(Box<BlockDialog>),
    /// A text, such as what a command printed: title, lines, and how many are scrolled.
    Text(String, Vec<String>, u16),
    /// What a command prints that has not ended; how many lines are scrolled, or `None`: to the last one.
    Running(Option<u16>),
    /// Why an address is treated as it is, once it is known; so many lines scrolled.
    Why(IpAddr, Option<Box<Why>>, u16),
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
    /// What is wrong with it, here or to the daemon.
    pub problem: Option<String>,
    /// What the daemon was asked to do, and has not answered yet.
    pub asked: Option<Change>,
}

impl Line {
    /// With a text to begin with.
    #[must_use]
    pub fn new(purpose: Purpose, text: impl Into<String>) -> Self {
        Self {
            purpose,
            input: Input::new(text.into()),
            offers: Vec::new(),
            back: 0,
            problem: None,
            asked: None,
        }
    }
}

/// What a line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It filters the tab, at every letter.
    Search,
    /// It is obeyed at the end.
    Command,
    /// Whom to block, in the words of the command line.
    Ban,
    /// For how much longer a ban is to stand.
    Extend(Box<Ban>),
    /// Whom to put on the allowlist.
    Allow,
    /// Where to write events to.
    Export,
}

impl Purpose {
    /// What stands before the line.
    #[must_use]
    pub fn prompt(&self) -> String {
        match self {
            Self::Search => "/".to_owned(),
            Self::Command => ":".to_owned(),
            Self::Ban => "block ".to_owned(),
            Self::Extend(ban) => format!("block {} for another ", ban.target),
            Self::Allow => "allow ".to_owned(),
            Self::Export => "write events to ".to_owned(),
        }
    }

    /// What may be typed, shown as long as nothing is.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Search | Self::Command => "",
            Self::Ban => "ADDR[/LEN] [port] [proto] [for TIME] [reason TEXT] [force]",
            Self::Extend(_) => "TIME, such as 90s, 45m, 1h30m, 2d",
            Self::Allow => "ADDR[/LEN] [reason TEXT]",
            Self::Export => "FILE, which is not there yet",
        }
    }
}

/// A question, and what is done where it is answered with yes.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirm {
    /// The question, without the keys.
    pub question: String,
    /// What yes means.
    pub change: Change,
}
