// SPDX-License-Identifier: MIT
//! What is wrong with a configuration, where, and what to write instead.

use super::kind::Wrong;
use super::{Key, Place};
use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub place: Place,
    /// What.
    pub message: String,
    /// What to write instead.
    pub next: String,
}

impl Mistake {
    pub(crate) fn new(place: Place, message: impl Into<String>, next: impl Into<String>) -> Self {
        let (message, next) = (message.into(), next.into());
        Self {
            place,
            message,
            next,
        }
    }

    pub(crate) fn of(key: &Key, place: Place, wrong: Wrong) -> Self {
        Self::new(
            place,
            format!("{}: {}", key.name(), wrong.message),
            wrong.next,
        )
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.message, self.next)
    }
}

/// Everything that is wrong, at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    list: Vec<Mistake>,
    more: usize,
}

impl Mistakes {
    /// So many are told; further ones are counted.
    pub const MOST: usize = 100;

    /// Nothing wrong is no mistakes.
    pub(crate) fn check(mut list: Vec<Mistake>) -> Result<(), Self> {
        if list.is_empty() {
            return Ok(());
        }
        let more = list.len().saturating_sub(Self::MOST);
        list.truncate(Self::MOST);
        Err(Self { list, more })
    }

    pub(crate) fn one(mistake: Mistake) -> Self {
        let (list, more) = (vec![mistake], 0);
        Self { list, more }
    }

    /// The first ones, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.list.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.list.len() + self.more
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.list.iter().map(Mistake::to_string).collect();
        f.write_str(&lines.join("\n"))?;
        match self.more {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Mistakes {}
