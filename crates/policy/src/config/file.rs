// SPDX-License-Identifier: MIT
//! A configuration file: whole, or a list of what is wrong with it.

use super::document::{Read, Reader};
use super::text::Text;
use super::{Key, Mistakes, Place, Value};

/// What a file sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    name: String,
    entries: Vec<Entry>,
    sources: Vec<Place>,
}

/// A key, as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: &'static Key,
    pub(crate) value: Value,
    pub(crate) place: Place,
}

impl File {
    /// A longer file is refused; readers need to read no more than one byte beyond.
    pub const MOST_BYTES: usize = 4 << 20;

    /// Reads a file of that name.
    ///
    /// # Errors
    /// Every syntax error, unknown key, wrong type and impossible value, each with line, column and
    /// what to write instead. There is no part of a file.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Mistakes> {
        let text = Text::new(name, bytes).map_err(Mistakes::one)?;
        let (Read { entries, sources }, mistakes) = Reader::read(text);
        Mistakes::check(mistakes)?;
        let name = name.to_owned();
        Ok(Self {
            name,
            entries,
            sources,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of a key, where the file has one.
    #[must_use]
    pub fn value(&self, key: &Key) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// How many keys the file sets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it sets none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where each list of `feeds.source` is.
    pub(crate) fn sources(&self) -> &[Place] {
        &self.sources
    }

    pub(crate) fn entry(&self, key: &Key) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}
