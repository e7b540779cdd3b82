// SPDX-License-Identifier: MIT
//! Reads the tables of sources, and finds everything that is wrong with them.

use super::super::kind::Wrong;
use super::super::nearest::nearest_of;
use super::super::shown;
use super::{FIELDS, Field, Source};
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Lists that there may be.
const MOST: usize = 1_000;

type Items<'a> = [Spanned<DeValue<'a>>];

/// What is wrong with them, and at which byte.
pub(crate) fn check(items: &Items<'_>) -> Vec<(usize, Wrong)> {
    read(items).err().unwrap_or_default()
}

/// Every source, or everything that is wrong.
pub(crate) fn read(items: &Items<'_>) -> Result<Vec<Source>, Vec<(usize, Wrong)>> {
    let mut reader = Reader::default();
    if let Some(first_too_many) = items.get(MOST) {
        let message = format!("{} lists are too many", items.len());
        let next = format!("give {MOST} or fewer");
        reader.wrong(first_too_many.span().start, message, next);
    }
    for item in items.iter().take(MOST) {
        let at = item.span().start;
        match item.get_ref() {
            DeValue::Table(table) => reader.source(at, table),
            _ => reader.wrong(
                at,
                "a list is a table",
                "write [[feeds.source]] on a line of its own, and its keys below",
            ),
        }
    }
    match reader.wrong.is_empty() {
        true => Ok(reader.sources),
        false => Err(reader.wrong),
    }
}

#[derive(Default)]
struct Reader {
    sources: Vec<Source>,
    names: BTreeSet<String>,
    wrong: Vec<(usize, Wrong)>,
}

impl Reader {
    fn wrong(&mut self, at: usize, message: impl Into<String>, next: impl Into<String>) {
        self.wrong.push((at, Wrong::new(message, next)));
    }

    fn source(&mut self, at: usize, table: &DeTable<'_>) {
        let before = self.wrong.len();
        let name = table.iter().find(|(name, _)| name.get_ref() == "name");
        let name = name.and_then(|(_, value)| value.get_ref().as_str());
        let mut source = Source::named(name.unwrap_or_default());
        if sets(table, "path") {
            source.url.clear();
        }
        for (name, value) in table.iter() {
            self.field(&mut source, (name.get_ref(), name.span().start), value);
        }
        if name.is_none() && !sets(table, "name") {
            let next = "give it one: name = \"my_list\"";
            self.wrong(at, "a list has no name", next);
        } else if self.wrong.len() == before {
            self.whole(at, &source);
        }
        self.sources.push(source);
    }

    /// What is fine by itself, and not together.
    fn whole(&mut self, at: usize, source: &Source) {
        let name = &source.name;
        match (source.url.is_empty(), source.path.is_empty()) {
            (true, true) => self.wrong(
                at,
                format!("nobody knows where {name} comes from"),
                "give a url, or a path",
            ),
            (false, false) => self.wrong(
                at,
                format!("{name} comes from a url and from a path"),
                "keep one of them",
            ),
            (true, false) if !source.proxy.is_empty() => self.wrong(
                at,
                format!("{name} is a file, for which no proxy is asked"),
                "leave its proxy out",
            ),
            _ => {}
        }
        if !self.names.insert(name.clone()) {
            self.wrong(at, format!("there are two lists {name}"), "rename one");
        }
    }

    fn field(
        &mut self,
        source: &mut Source,
        (name, at): (&str, usize),
        value: &Spanned<DeValue<'_>>,
    ) {
        let Some(field) = FIELDS.iter().find(|field| field.name == name) else {
            let next = match nearest_of(name, FIELDS.iter().map(Field::name)) {
                Some(near) => format!("did you mean {near}?"),
                None => {
                    let names: Vec<&str> = FIELDS.iter().map(Field::name).collect();
                    format!("a list has {}", names.join(", "))
                }
            };
            return self.wrong(at, format!("a list has no key {}", shown::name(name)), next);
        };
        match field.kind.read(value.get_ref()) {
            Ok(value) => {
                let taken = (field.find)(source).write(&value);
                debug_assert!(taken, "{} was read as what it is", field.name);
            }
            Err(wrong) => {
                let message = format!("{}: {}", field.name, wrong.message);
                self.wrong(value.span().start, message, wrong.next);
            }
        }
    }
}

fn sets(table: &DeTable<'_>, field: &str) -> bool {
    table.iter().any(|(name, _)| name.get_ref() == field)
}
