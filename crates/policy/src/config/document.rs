// SPDX-License-Identifier: MIT
//! Walks a TOML document, and finds everything that is wrong with it.

use super::file::Entry;
use super::nearest::nearest;
use super::text::Text;
use super::{KEYS, Key, Kind, Mistake, Place, SECTIONS, shown};
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Mistakes of one sort that are looked at; garbage has no end of them.
const MOST: usize = 1_000;

/// What a document sets.
pub(crate) struct Read {
    pub(crate) entries: Vec<Entry>,
    /// Where each list is.
    pub(crate) sources: Vec<Place>,
}

/// A document as far as it has been read.
pub(crate) struct Reader<'a> {
    text: Text<'a>,
    entries: Vec<Entry>,
    sources: Vec<Place>,
    mistakes: Vec<(usize, Mistake)>,
}

impl<'a> Reader<'a> {
    /// What the text sets, and what is wrong with it, both in its order. Where its syntax is wrong,
    /// the rest of the same line is not looked at.
    pub(crate) fn read(text: Text<'a>) -> (Read, Vec<Mistake>) {
        let (table, mut errors) = DeTable::parse_recoverable(text.text);
        errors.truncate(MOST);
        errors.sort_by_key(at);
        let mut reader = Self {
            text,
            entries: Vec::new(),
            sources: Vec::new(),
            mistakes: Vec::new(),
        };
        reader.walk(table.get_ref(), "");
        // What follows the first error of a line mostly follows from it.
        let mut lines = BTreeSet::new();
        errors.retain(|error| lines.insert(reader.text.line(at(error))));
        let mut mistakes = std::mem::take(&mut reader.mistakes);
        mistakes.retain(|(at, _)| !lines.contains(&reader.text.line(*at)));
        mistakes.extend(errors.iter().map(|error| (at(error), reader.syntax(error))));
        mistakes.sort_by_key(|(at, _)| *at);
        let mistakes = mistakes.into_iter().map(|(_, mistake)| mistake);
        let read = Read {
            entries: reader.entries,
            sources: reader.sources,
        };
        (read, mistakes.collect())
    }

    fn syntax(&self, error: &toml::de::Error) -> Mistake {
        let next = match error.message() {
            "duplicate key" => "keep one of them",
            _ => "correct the line, as https://toml.io describes",
        };
        Mistake::new(self.text.place(at(error)), error.message(), next)
    }

    fn walk(&mut self, table: &DeTable<'_>, section: &str) {
        for (name, value) in table.iter() {
            if self.mistakes.len() >= MOST {
                return;
            }
            let full = match section {
                "" => name.get_ref().to_string(),
                _ => format!("{section}.{}", name.get_ref()),
            };
            if let Some(key) = Key::named(&full) {
                self.entry(key, name.span().start, value);
            } else if section.is_empty() && !full.is_empty() && is_section(&full) {
                self.section(&full, name.span().start, value);
            } else {
                let mistake = unknown(&full, section, self.text.place(name.span().start));
                self.mistakes.push((name.span().start, mistake));
            }
        }
    }

    fn entry(&mut self, key: &'static Key, at: usize, value: &Spanned<DeValue<'_>>) {
        if let DeValue::Array(items) = value.get_ref() {
            if self.items(key, items) {
                return;
            }
            if key.kind() == Kind::Sources {
                let places = items.iter().map(|item| self.text.place(item.span().start));
                self.sources = places.collect();
            }
        }
        let place = self.text.place(at);
        match key.kind().read(value.get_ref()) {
            Ok(value) => self.entries.push(Entry { key, value, place }),
            Err(wrong) => {
                let place = self.text.place(value.span().start);
                self.mistakes.push((at, Mistake::of(key, place, wrong)));
            }
        }
    }

    /// Whether any item of a list is wrong by itself; each that is has a place of its own.
    fn items(&mut self, key: &Key, items: &[Spanned<DeValue<'_>>]) -> bool {
        let room = MOST.saturating_sub(self.mistakes.len());
        let wrong = key.kind().wrong_items(items, room);
        let found = !wrong.is_empty();
        for (at, wrong) in wrong.into_iter().take(room) {
            let mistake = Mistake::of(key, self.text.place(at), wrong);
            self.mistakes.push((at, mistake));
        }
        found
    }

    fn section(&mut self, name: &str, at: usize, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.walk(table, name),
            _ => {
                let message = format!("{name} is a section");
                let next = format!("write [{name}] on a line of its own, and its keys below");
                let mistake = Mistake::new(self.text.place(at), message, next);
                self.mistakes.push((at, mistake));
            }
        }
    }
}

fn at(error: &toml::de::Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

fn is_section(name: &str) -> bool {
    SECTIONS.iter().any(|section| section.name == name)
}

/// The mistake of a name that is no key.
pub(crate) fn unknown(full: &str, section: &str, place: Place) -> Mistake {
    let next = match nearest(full) {
        Some(near) if is_section(near) => format!("did you mean [{near}]?"),
        Some(near) => format!("did you mean {near}?"),
        None if !section.is_empty() => {
            let keys = KEYS.iter().filter(|key| key.section() == section);
            let keys: Vec<&str> = keys.map(Key::leaf).collect();
            format!("[{section}] has {}", keys.join(", "))
        }
        None => "see `aegis-cli config show` for every key".to_owned(),
    };
    let message = format!("there is no key {}", shown::name(full));
    Mistake::new(place, message, next)
}
