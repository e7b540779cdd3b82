// SPDX-License-Identifier: MIT
//! What the value of a key may be, and reading it as that.

use super::shown::{duration, quoted};
use super::{Form, Value, source};
use crate::{Target, parse_duration};
use std::collections::BTreeSet;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeValue;

pub(crate) const SECOND: u64 = 1;
pub(crate) const DAY: u64 = 86_400;
pub(crate) const WEEK: u64 = 7 * DAY;
pub(crate) const PER_SECOND: Kind = Kind::Number {
    least: 1,
    most: 1_000_000,
    unit: "a second",
};
pub(crate) const BURST: Kind = Kind::Number {
    least: 1,
    most: 1_000_000,
    unit: "at once",
};

/// Interfaces that one daemon guards, at most, and items of a list of texts.
const MOST_NAMES: usize = 64;
/// `IFNAMSIZ` less the byte that ends it (include/uapi/linux/if.h).
const LONGEST_NAME: usize = 15;
/// `PATH_MAX` (include/uapi/linux/limits.h) less room for a daemon's name and a number.
const LONGEST_PATH: usize = 3_840;

/// `GROUP_NAME_MAX_LENGTH` of shadow-utils.
const LONGEST_GROUP: usize = 32;

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On or off.
    Bool,
    /// A whole number.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
        /// Of what.
        unit: &'static str,
    },
    /// A duration, in seconds here.
    Time {
        /// The shortest.
        least: u64,
        /// The longest.
        most: u64,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// An absolute path of a file; `{instance}` in it stands for the daemon's name.
    Path,
    /// A group of users, or none.
    Group,
    /// A text of a form.
    Text(Form),
    /// Names of interfaces.
    Names,
    /// Texts of a form.
    Texts(Form),
    /// Addresses and prefixes.
    Targets,
    /// Countries and autonomous systems.
    Regions,
    /// Lists of others, each a table of [`super::FIELDS`].
    Sources,
}

/// What is wrong with a value, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) next: String,
}

impl Wrong {
    pub(crate) fn new(message: impl Into<String>, next: impl Into<String>) -> Self {
        let (message, next) = (message.into(), next.into());
        Self { message, next }
    }
}

impl Kind {
    /// What it may be, for people.
    #[must_use]
    pub fn expects(self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Number { least, most, unit } => {
                format!("a whole number from {least} to {most} ({unit})")
            }
            Self::Time { least, most } => {
                let shown = |seconds| quoted(&duration(Duration::from_secs(seconds)));
                format!("a duration from {} to {}", shown(least), shown(most))
            }
            Self::Word(words) => {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Path => "an absolute path, in which {instance} is the daemon's name".to_owned(),
            Self::Group => "the name or number of a group, or \"\" for none".to_owned(),
            Self::Names => "the name of an interface, or a list of names".to_owned(),
            Self::Text(form) => form.expects().to_owned(),
            Self::Texts(form) => format!("a list, each item {}", form.expects()),
            Self::Targets => "a list of addresses and prefixes".to_owned(),
            Self::Regions => "a list of countries and autonomous systems".to_owned(),
            Self::Sources => "a list of tables, of which more below".to_owned(),
        }
    }

    fn wrong_type(self, what: &str, hint: Option<String>) -> Wrong {
        let next = hint.unwrap_or_else(|| format!("give {}", self.expects()));
        Wrong::new(what, next)
    }

    /// Reads what a file has.
    pub(crate) fn read(self, value: &DeValue<'_>) -> Result<Value, Wrong> {
        match (self, value) {
            (Self::Bool, DeValue::Boolean(on)) => Ok(Value::Bool(*on)),
            (Self::Number { .. }, DeValue::Integer(number)) => {
                match u64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => self.number(number),
                    Err(_) => Err(self.wrong_type(&format!("{number} is out of range"), None)),
                }
            }
            (Self::Time { .. }, DeValue::Integer(number)) => {
                let hint = format!("write \"{number}s\", or use m, h, d or w");
                Err(self.wrong_type("a duration needs a unit", Some(hint)))
            }
            (
                Self::Time { .. }
                | Self::Word(_)
                | Self::Path
                | Self::Group
                | Self::Text(_)
                | Self::Names,
                DeValue::String(text),
            ) => self.word(text),
            (Self::Sources, DeValue::Array(items)) => match source::read(items) {
                Ok(sources) => Ok(Value::Sources(sources)),
                Err(wrong) => Err(first(wrong)),
            },
            (Self::Sources, DeValue::Table(_)) => {
                let hint = "write [[feeds.source]] on a line of its own, and its keys below";
                Err(self.wrong_type("there may be several", Some(hint.to_owned())))
            }
            (
                Self::Names | Self::Texts(_) | Self::Targets | Self::Regions,
                DeValue::Array(items),
            ) => {
                let texts = items.iter().filter_map(|item| item.get_ref().as_str());
                self.list(texts.map(str::to_owned).collect())
            }
            (Self::Texts(_) | Self::Targets | Self::Regions, DeValue::String(text)) => {
                let hint = format!("write [{}]", quoted(text));
                Err(self.wrong_type("it must be a list", Some(hint)))
            }
            (_, DeValue::String(text)) if self.parse(text).is_ok() => {
                let hint = format!("write {text} without quotes");
                Err(self.wrong_type("it must not be quoted", Some(hint)))
            }
            (_, other) => Err(self.wrong_type(&format!("it must not be {}", what(other)), None)),
        }
    }

    /// What is wrong with each item of a list by itself, if this is one of lists, and at which byte;
    /// not much more than `most` of it.
    pub(crate) fn wrong_items(
        self,
        items: &[Spanned<DeValue<'_>>],
        most: usize,
    ) -> Vec<(usize, Wrong)> {
        if self == Self::Sources {
            return source::check(items);
        }
        let wrong = |item: &Spanned<DeValue<'_>>| {
            let wrong = self.read_item(item.get_ref()).err()?;
            Some((item.span().start, wrong))
        };
        items.iter().filter_map(wrong).take(most).collect()
    }

    fn read_item(self, value: &DeValue<'_>) -> Result<(), Wrong> {
        match (self, value) {
            (
                Self::Names | Self::Texts(_) | Self::Targets | Self::Regions,
                DeValue::String(text),
            ) => self.list(vec![text.to_string()]).map(drop),
            (Self::Names | Self::Texts(_) | Self::Targets | Self::Regions, other) => {
                Err(self.wrong_type(&format!("{} is in the list", what(other)), None))
            }
            _ => Ok(()),
        }
    }

    /// Reads what somebody typed: no quotes, commas between the items of a list.
    pub(crate) fn parse(self, text: &str) -> Result<Value, Wrong> {
        let text = text.trim();
        let wrong = || self.wrong_type(&format!("it must not be {}", quoted(text)), None);
        match self {
            Self::Bool => match text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err(wrong()),
            },
            Self::Number { .. } => {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = digits.then(|| text.parse().unwrap_or(u64::MAX));
                self.number(number.ok_or_else(wrong)?)
            }
            Self::Time { .. } | Self::Word(_) | Self::Path | Self::Group | Self::Text(_) => {
                self.word(text)
            }
            Self::Sources => match DeValue::parse(text) {
                Ok(value) => self.read(value.get_ref()),
                Err(_) => Err(wrong()),
            },
            Self::Names | Self::Texts(_) | Self::Targets | Self::Regions => {
                let items = text.split(',').map(|item| item.trim().to_owned());
                self.list(items.filter(|item| !item.is_empty()).collect())
            }
        }
    }

    fn number(self, number: u64) -> Result<Value, Wrong> {
        match self {
            Self::Number { least, most, .. } if (least..=most).contains(&number) => {
                Ok(Value::Number(number))
            }
            _ => Err(self.wrong_type(&format!("{number} is out of range"), None)),
        }
    }

    fn word(self, text: &str) -> Result<Value, Wrong> {
        match self {
            Self::Time { least: 0, .. } if matches!(text, "0" | "0s") => {
                Ok(Value::Time(Duration::ZERO))
            }
            Self::Time { least, most } => {
                let time = parse_duration(text)
                    .map_err(|error| self.wrong_type(&error.message(), Some(error.next())))?;
                match (least..=most).contains(&time.as_secs()) {
                    true => Ok(Value::Time(time)),
                    false => {
                        Err(self.wrong_type(&format!("{} is out of range", quoted(text)), None))
                    }
                }
            }
            Self::Word(words) => {
                let word = words.iter().find(|word| **word == text);
                let wrong = || self.wrong_type(&format!("it must not be {}", quoted(text)), None);
                word.map(|word| Value::Word(word)).ok_or_else(wrong)
            }
            Self::Path => path(text),
            Self::Text(form) => match form.is_met_by(text) {
                true => Ok(Value::Text(text.to_owned())),
                false => Err(self.wrong_type(&format!("it must not be {}", quoted(text)), None)),
            },
            Self::Group => match is_group(text) {
                true => Ok(Value::Text(text.to_owned())),
                false => {
                    let message = format!("{} is not the name of a group", quoted(text));
                    Err(self.wrong_type(&message, None))
                }
            },
            _ => self.list(vec![text.to_owned()]),
        }
    }

    fn list(self, items: Vec<String>) -> Result<Value, Wrong> {
        match self {
            Self::Names => names(items),
            Self::Texts(form) => texts(items, form),
            Self::Regions => super::geo::regions(&items),
            _ => targets(&items),
        }
    }
}

fn first(wrong: Vec<(usize, Wrong)>) -> Wrong {
    let first = wrong.into_iter().next();
    first.map_or_else(
        || Wrong::new("it is wrong", "correct it"),
        |(_, wrong)| wrong,
    )
}

/// What groupadd(8) takes, and capitals, which directories of users have.
fn is_group(name: &str) -> bool {
    let usual = |c: char| c.is_ascii_alphanumeric() || "._-$".contains(c);
    name.len() <= LONGEST_GROUP && !name.starts_with('-') && name.chars().all(usual)
}

fn names(names: Vec<String>) -> Result<Value, Wrong> {
    let next = "give names as `ip link` shows them";
    if names.len() > MOST_NAMES {
        let message = format!("{} interfaces are too many", names.len());
        return Err(Wrong::new(message, format!("give {MOST_NAMES} or fewer")));
    }
    let mut seen = BTreeSet::new();
    for name in &names {
        // dev_valid_name (net/core/dev.c); a comma is ours.
        let odd = |c: char| c.is_whitespace() || c.is_control() || "/:,".contains(c);
        if name.is_empty()
            || name.len() > LONGEST_NAME
            || name.starts_with('.')
            || name.contains(odd)
        {
            let message = format!("{} is not the name of an interface", quoted(name));
            return Err(Wrong::new(message, next));
        }
        if !seen.insert(name) {
            let message = format!("{} is there twice", quoted(name));
            return Err(Wrong::new(message, "name it once"));
        }
    }
    Ok(Value::Names(names))
}

fn texts(items: Vec<String>, form: Form) -> Result<Value, Wrong> {
    if items.len() > MOST_NAMES {
        let message = format!("{} items are too many", items.len());
        return Err(Wrong::new(message, format!("give {MOST_NAMES} or fewer")));
    }
    match items.iter().find(|item| !form.is_met_by(item)) {
        Some(item) => {
            let message = format!("{} must not be in the list", quoted(item));
            Err(Wrong::new(message, format!("give {}", form.expects())))
        }
        None => Ok(Value::Names(items)),
    }
}

fn path(text: &str) -> Result<Value, Wrong> {
    let (_, name) = text.rsplit_once('/').unwrap_or_default();
    let message = match text {
        _ if !text.starts_with('/') => "is not an absolute path",
        _ if matches!(name, "" | "." | "..") => "names a folder",
        _ if text.len() > LONGEST_PATH => "is too long for a path",
        _ if text.contains(char::is_control) => "has a character that no terminal shows",
        _ => return Ok(Value::Path(text.to_owned())),
    };
    let next = "name a file from / on, such as \"/var/log/aegis/{instance}.log\"";
    Err(Wrong::new(format!("{} {message}", quoted(text)), next))
}

fn targets(items: &[String]) -> Result<Value, Wrong> {
    let mut targets: Vec<Target> = Vec::with_capacity(items.len());
    let mut seen = BTreeSet::new();
    for item in items {
        let target: Target = item
            .parse()
            .map_err(|error: crate::ParseError| Wrong::new(error.message(), error.next()))?;
        if target.is_everything() {
            let message =
                format!("{target} is every address there is, and none of them would be filtered");
            return Err(Wrong::new(message, "allow a narrower prefix"));
        }
        if seen.insert(target) {
            targets.push(target);
        }
    }
    let most = aegis_abi::names::capacity::ALLOW as usize;
    if targets.len() > most {
        let message = format!("{} entries are too many", targets.len());
        return Err(Wrong::new(
            message,
            format!("give {most} or fewer, as wider prefixes"),
        ));
    }
    Ok(Value::Targets(targets))
}

/// What a value of a file is, for people.
fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
