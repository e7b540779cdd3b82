// SPDX-License-Identifier: MIT
//! Values of keys.

use super::shown::{duration, quoted};
use super::{Choice, Config, Source};
use crate::{Region, Target};
use aegis_abi::Flags;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// A value; shown as TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// On or off.
    Bool(bool),
    /// A count.
    Number(u64),
    /// A duration of whole seconds.
    Time(Duration),
    /// One of a few words.
    Word(&'static str),
    /// A path.
    Path(String),
    /// A text, such as the name of a group.
    Text(String),
    /// Names of interfaces.
    Names(Vec<String>),
    /// Addresses and prefixes.
    Targets(Vec<Target>),
    /// Countries and autonomous systems.
    Regions(BTreeSet<Region>),
    /// Lists of others.
    Sources(Vec<Source>),
}

impl Value {
    /// Whether it is a text without a character.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self::Path(text) | Self::Text(text) if text.is_empty())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(on) => on.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Time(time) => quoted(&duration(*time)).fmt(f),
            Self::Word(word) => quoted(word).fmt(f),
            Self::Path(path) => quoted(path).fmt(f),
            Self::Text(text) => quoted(text).fmt(f),
            Self::Names(names) => list(names, f),
            Self::Targets(targets) => list(targets, f),
            Self::Regions(regions) => list(regions, f),
            Self::Sources(sources) => {
                let sources: Vec<String> = sources.iter().map(Source::to_string).collect();
                write!(f, "[{}]", sources.join(", "))
            }
        }
    }
}

fn list<T: fmt::Display>(
    items: impl IntoIterator<Item = T>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let items = items.into_iter();
    let items: Vec<String> = items.map(|item| quoted(&item.to_string())).collect();
    write!(f, "[{}]", items.join(", "))
}

/// Where a [`Config`] has the value of a key.
pub(crate) enum Slot<'a> {
    Bool(&'a mut bool),
    Flag(&'a mut Flags, Flags),
    Number(&'a mut u32),
    Bytes(&'a mut u64),
    Time(&'a mut Duration),
    Word(&'a mut dyn Choice),
    Path(&'a mut String),
    Text(&'a mut String),
    Names(&'a mut Vec<String>),
    Targets(&'a mut Vec<Target>),
    Regions(&'a mut BTreeSet<Region>),
    Sources(&'a mut Vec<Source>),
}

/// Finds it.
pub(crate) type Find = fn(&mut Config) -> Slot<'_>;

impl Slot<'_> {
    pub(crate) fn read(self) -> Value {
        match self {
            Self::Bool(on) => Value::Bool(*on),
            Self::Flag(flags, flag) => Value::Bool(flags.has(flag)),
            Self::Number(number) => Value::Number(u64::from(*number)),
            Self::Bytes(number) => Value::Number(*number),
            Self::Time(time) => Value::Time(*time),
            Self::Word(choice) => Value::Word(choice.label()),
            Self::Path(path) => Value::Path(path.clone()),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Names(names) => Value::Names(names.clone()),
            Self::Targets(targets) => Value::Targets(targets.clone()),
            Self::Regions(regions) => Value::Regions(regions.clone()),
            Self::Sources(sources) => Value::Sources(sources.clone()),
        }
    }

    /// Takes a value; false where it is of another kind or out of range.
    pub(crate) fn write(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Bool(on), Value::Bool(value)) => *on = *value,
            (Self::Flag(flags, flag), Value::Bool(value)) => {
                *flags = match value {
                    true => flags.with(flag),
                    false => flags.without(flag),
                }
            }
            (Self::Number(number), Value::Number(value)) => match u32::try_from(*value) {
                Ok(value) => *number = value,
                Err(_) => return false,
            },
            (Self::Bytes(number), Value::Number(value)) => *number = *value,
            (Self::Time(time), Value::Time(value)) => *time = *value,
            (Self::Word(choice), Value::Word(word)) => return choice.choose(word),
            (Self::Path(path), Value::Path(value)) => path.clone_from(value),
            (Self::Text(text), Value::Text(value)) => text.clone_from(value),
            (Self::Names(names), Value::Names(value)) => names.clone_from(value),
            (Self::Targets(targets), Value::Targets(value)) => targets.clone_from(value),
            (Self::Regions(regions), Value::Regions(value)) => regions.clone_from(value),
            (Self::Sources(sources), Value::Sources(value)) => sources.clone_from(value),
            _ => return false,
        }
        true
    }
}
