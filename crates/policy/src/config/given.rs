// SPDX-License-Identifier: MIT
//! Values that were given outside the file.

use super::document::unknown;
use super::{KEYS, Key, Mistake, Mistakes, Origin, Place, SECTIONS, Value};

/// A value from the command line or the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub(crate) key: &'static Key,
    pub(crate) value: Value,
    pub(crate) place: Place,
}

impl Given {
    /// The value of an option that sets the key of that name, read from text: no quotes, commas
    /// between the items of a list.
    ///
    /// # Errors
    /// No such key, and what is wrong with the value.
    pub fn option(option: &str, name: &str, text: &str) -> Result<Self, Mistake> {
        Self::read(Place::Option(option.to_owned()), name, text)
    }

    /// `KEY=VALUE`, as `--set` takes it.
    ///
    /// # Errors
    /// No equals sign, no such key, and what is wrong with the value.
    pub fn assignment(text: &str) -> Result<Self, Mistake> {
        let place = || Place::Option("--set".to_owned());
        let missing = || {
            let next = "write one like --set port_scan.ports=100";
            Mistake::new(place(), "it must be KEY=VALUE", next)
        };
        let (name, value) = text.split_once('=').ok_or_else(missing)?;
        Self::read(place(), name.trim(), value)
    }

    /// The values of every variable that is named after a key. An empty one counts for nothing.
    ///
    /// # Errors
    /// What is wrong with values, and variables named after a section but none of its keys.
    pub fn environment<'a>(
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Vec<Self>, Mistakes> {
        let (mut given, mut mistakes) = (Vec::new(), Vec::new());
        for (variable, text) in variables {
            let place = || Place::Variable(variable.to_owned());
            let key = KEYS.iter().find(|key| key.variable() == variable);
            match key {
                _ if text.is_empty() => {}
                Some(key) => match Self::read(place(), key.name(), text) {
                    Ok(value) => given.push(value),
                    Err(mistake) => mistakes.push(mistake),
                },
                None => {
                    mistakes.extend(lookalike(variable).map(|name| unknown(&name, "", place())))
                }
            }
        }
        Mistakes::check(mistakes)?;
        Ok(given)
    }

    /// The full name of its key.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.key.name()
    }

    /// Where it was given.
    #[must_use]
    pub fn origin(&self) -> Origin {
        match &self.place {
            place @ Place::Option(_) => Origin::Option(place.clone()),
            place => Origin::Environment(place.clone()),
        }
    }

    fn read(place: Place, name: &str, text: &str) -> Result<Self, Mistake> {
        let Some(key) = Key::named(name) else {
            return Err(unknown(name, "", place));
        };
        match key.kind().parse(text) {
            Ok(value) => Ok(Self { key, value, place }),
            Err(wrong) => Err(Mistake::of(key, place, wrong)),
        }
    }
}

/// The key that a variable would be of, if there were one, where a section is in its name.
fn lookalike(variable: &str) -> Option<String> {
    let rest = variable.strip_prefix("AEGIS_")?.to_lowercase();
    let sections = SECTIONS.iter().filter(|section| !section.name.is_empty());
    let mut named = sections.filter_map(|section| {
        let leaf = rest.strip_prefix(section.name)?.strip_prefix('_')?;
        Some(format!("{}.{leaf}", section.name))
    });
    named.next()
}
