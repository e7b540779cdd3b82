// SPDX-License-Identifier: MIT
//! What is known of a key.

use super::value::{Find, Slot};
use super::{Config, KEYS, Kind, Value};
use std::fmt;

/// When another value makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// On a reload.
    AtOnce,
    /// When the daemon starts.
    Restart,
}

impl Effect {
    /// The same for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::AtOnce => "at once, on reload",
            Self::Restart => "at the next start",
        }
    }
}

/// A key: what it is called, what it may be, and what it is for.
#[derive(Clone, Copy)]
pub struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) find: Find,
    pub(crate) about: &'static str,
    pub(crate) option: Option<&'static str>,
    pub(crate) effect: Effect,
}

impl Key {
    pub(crate) const fn new(
        name: &'static str,
        kind: Kind,
        find: Find,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            find,
            about,
            option: None,
            effect: Effect::AtOnce,
        }
    }

    pub(crate) const fn effect(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    pub(crate) const fn option(self, option: &'static str) -> Self {
        let option = Some(option);
        Self { option, ..self }
    }

    /// The key of a full name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Full name: section, dot, last name; top-level keys have no section.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The section; empty at the top level.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(section, _)| section)
    }

    /// The name within its section.
    #[must_use]
    pub fn leaf(&self) -> &'static str {
        self.name
            .split_once('.')
            .map_or(self.name, |(_, leaf)| leaf)
    }

    /// The environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("AEGIS_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// The option of the command line, beside `--set`.
    #[must_use]
    pub fn option_name(&self) -> Option<&'static str> {
        self.option
    }

    /// What it may be.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it is for.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// When another value makes a difference.
    #[must_use]
    pub fn takes_effect(&self) -> Effect {
        self.effect
    }

    /// The value that holds unless somebody sets another.
    #[must_use]
    pub fn default_value(&self) -> Value {
        self.value_in(&mut Config::default())
    }

    /// The value in a configuration, which is left as it is.
    pub(crate) fn value_in(&self, config: &mut Config) -> Value {
        self.slot(config).read()
    }

    /// Sets the value in a configuration.
    pub(crate) fn set_in(&self, config: &mut Config, value: &Value) {
        let taken = self.slot(config).write(value);
        debug_assert!(taken, "{} was read as what it is", self.name);
    }

    fn slot<'a>(&self, config: &'a mut Config) -> Slot<'a> {
        (self.find)(config)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
