// SPDX-License-Identifier: MIT
//! Where every format puts what it reads.

use super::address::Named;
use super::{Limits, Mistake, ParseFailure, Skipped};
use crate::entry::Entry;
use crate::refusals::{Refusals, shown};
use jiff::Timestamp;
use std::sync::Arc;

/// Collects entries and what is wrong, within limits.
pub(super) struct Sink {
    most: usize,
    /// Below it, an entry with a score is passed over.
    pub least_score: u32,
    pub entries: Vec<Entry>,
    pub refused: Refusals<Mistake>,
    pub skipped: Skipped,
    /// How many entries had bits set beyond their prefix length.
    pub host_bits: u64,
    categories: Categories,
}

impl Sink {
    /// An empty one; about `expected` entries will come.
    pub fn new(limits: &Limits, expected: usize) -> Self {
        Self {
            most: limits.most_entries,
            least_score: limits.least_score,
            entries: Vec::with_capacity(expected.min(limits.most_entries)),
            refused: Refusals::default(),
            skipped: Skipped::default(),
            host_bits: 0,
            categories: Categories::default(),
        }
    }

    /// One more entry, or one more mistake.
    ///
    /// # Errors
    /// [`ParseFailure::TooMany`].
    #[inline]
    pub fn take(
        &mut self,
        read: Result<Named, Mistake>,
        whence: Whence<'_>,
    ) -> Result<(), ParseFailure> {
        match read {
            Ok(named) if self.entries.len() < self.most => {
                self.host_bits += u64::from(named.host_bits);
                self.entries.push(Entry {
                    span: named.span,
                    category: whence.category,
                    expires: whence.expires,
                    line: whence.line,
                });
                Ok(())
            }
            Ok(_) => Err(ParseFailure::TooMany { most: self.most }),
            Err(mistake) => {
                self.refuse(whence.line, whence.text, mistake);
                Ok(())
            }
        }
    }

    /// One more mistake.
    #[cold]
    pub fn refuse(&mut self, line: u32, text: &[u8], mistake: Mistake) {
        self.refused.add(line, mistake, || shown(text));
    }

    /// The category of this name; the same one for the same name.
    pub fn category(&mut self, name: &str) -> Option<Arc<str>> {
        self.categories.of(name)
    }
}

/// Where an entry is from, and what it says besides addresses.
pub(super) struct Whence<'t> {
    pub line: u32,
    pub text: &'t [u8],
    pub category: Option<Arc<str>>,
    pub expires: Option<Timestamp>,
}

impl<'t> Whence<'t> {
    /// A line that says nothing else.
    #[inline]
    pub fn line(line: u32, text: &'t [u8]) -> Self {
        Self {
            line,
            text,
            category: None,
            expires: None,
        }
    }
}

/// Names of categories, each kept once.
#[derive(Default)]
struct Categories(Vec<Arc<str>>);

impl Categories {
    /// Each category of a list is told apart in the kernel, where there is room for a few; further
    /// ones have none.
    const MOST: usize = 32;
    const LONGEST: usize = 48;

    fn of(&mut self, name: &str) -> Option<Arc<str>> {
        let name = name.trim();
        if let Some(known) = self.0.iter().find(|known| ***known == *name) {
            return Some(known.clone());
        }
        let plain =
            !name.is_empty() && name.len() <= Self::LONGEST && *name == shown(name.as_bytes());
        if !plain || self.0.len() == Self::MOST {
            return None;
        }
        self.0.push(name.into());
        self.0.last().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_kept_once_and_there_are_not_too_many() {
        let mut categories = Categories::default();
        let first = categories.of("botnet_cc").expect("there is room");
        let again = categories.of(" botnet_cc ").expect("it is known");
        assert!(Arc::ptr_eq(&first, &again));
        for odd in ["", "a\nb", "\u{202e}x", &"x".repeat(49)] {
            assert_eq!(categories.of(odd), None, "{odd:?}");
        }
        let taken = (0..99).filter(|number| categories.of(&number.to_string()).is_some());
        assert_eq!(taken.count(), Categories::MOST - 1);
        assert_eq!(categories.of("botnet_cc").as_deref(), Some("botnet_cc"));
    }
}
