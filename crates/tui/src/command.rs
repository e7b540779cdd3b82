// SPDX-License-Identifier: MIT
//! What a line of the command line means. The program that has the verbs says so; the interface knows
//! none of them by name.

use crate::message::Change;
use std::fmt;

/// What obeying a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It looks, and changes nothing.
    Looks,
    /// It changes something.
    Changes,
    /// It ends the daemon, and its filter.
    Ends,
}

/// What a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The end of the interface.
    Quit,
    /// The daemon is to change something, as a key would have it do.
    Change(Change),
    /// These words are to be obeyed by the program.
    Obey(Vec<String>, Does),
    /// It is not for here, and why.
    NotHere(String),
}

/// Says what a line means.
#[derive(Clone, Copy)]
pub struct Reader(pub fn(&str) -> Meaning);

impl Default for Reader {
    /// One that knows no verb.
    fn default() -> Self {
        Self(|_| Meaning::NotHere("there is no command line here".to_owned()))
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}
