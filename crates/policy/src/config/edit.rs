// SPDX-License-Identifier: MIT
//! Changes the allowlist in the text of a file, and leaves every other byte as it is.

mod list;

use self::list::List;
use super::text::Text;
use super::{File, Key, Mistakes, Value, shown};
use crate::Target;
use std::fmt;
use toml::de::{DeTable, DeValue};

const SECTION: &str = "allowlist";
const NAME: &str = "ips";

/// What is to be different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowEdit {
    /// It is to be on the list.
    Add(Target),
    /// It is not.
    Remove(Target),
}

/// A text as it is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited {
    /// As this; nothing but the list differs.
    Text(String),
    /// As it is.
    Unchanged,
}

/// Why the text was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// The file is wrong as it is.
    Mistakes(Mistakes),
    /// The list is written in a way that cannot be changed without a person.
    Unusual(Target),
    /// Every address there is.
    Everything(Target),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mistakes(mistakes) => {
                write!(
                    f,
                    "the file is wrong as it is, and is left alone:\n{mistakes}"
                )
            }
            Self::Unusual(target) => write!(
                f,
                "the list of [allowlist] cannot be changed as it is written: edit {target} by hand"
            ),
            Self::Everything(target) => write!(
                f,
                "{target} is every address there is, which no file may allow: allow a narrower prefix"
            ),
        }
    }
}

impl std::error::Error for EditError {}

/// The text of a file with a target on its allowlist, or without it. Comments and layout stay; the
/// line of an entry that goes takes its comment along.
///
/// # Errors
/// A file that is wrong as it is, and a list that is written in too unusual a way: the result is
/// read again, and is never anything but the same file with the one difference.
pub fn edit_allowlist(name: &str, bytes: &[u8], edit: AllowEdit) -> Result<Edited, EditError> {
    let before = File::read(name, bytes).map_err(EditError::Mistakes)?;
    let text = Text::new(name, bytes)
        .map_err(Mistakes::one)
        .map_err(EditError::Mistakes)?;
    let mut expected = allowed(&before);
    let target = match edit {
        AllowEdit::Add(target) if target.is_everything() => {
            return Err(EditError::Everything(target));
        }
        AllowEdit::Add(target) | AllowEdit::Remove(target) => target,
    };
    let edited = match edit {
        AllowEdit::Add(_) if expected.contains(&target) => return Ok(Edited::Unchanged),
        AllowEdit::Remove(_) if !expected.contains(&target) => return Ok(Edited::Unchanged),
        AllowEdit::Add(_) => {
            expected.push(target);
            add(text.text, target)
        }
        AllowEdit::Remove(_) => {
            expected.retain(|other| *other != target);
            remove(text.text, target)
        }
    };
    let mark = &bytes[..bytes.len() - text.text.len()];
    let edited = edited.map(|edited| String::from_utf8_lossy(mark).into_owned() + &edited);
    let edited = edited.filter(|edited| is_as_expected(&before, edited, &expected));
    edited.map(Edited::Text).ok_or(EditError::Unusual(target))
}

fn key() -> Option<&'static Key> {
    Key::named("allowlist.ips")
}

fn allowed(file: &File) -> Vec<Target> {
    match key().and_then(|key| file.value(key)) {
        Some(Value::Targets(targets)) => targets.clone(),
        _ => Vec::new(),
    }
}

/// Whether the text sets what the file did, but for the list.
fn is_as_expected(before: &File, edited: &str, expected: &[Target]) -> bool {
    let Ok(after) = File::read(before.name(), edited.as_bytes()) else {
        return false;
    };
    let others = super::KEYS.iter().filter(|key| Some(*key) != self::key());
    let same = |key: &Key| before.value(key) == after.value(key);
    let mut sorted = (allowed(&after), expected.to_vec());
    sorted.0.sort();
    sorted.1.sort();
    others.into_iter().all(same) && sorted.0 == sorted.1
}

fn list(text: &str) -> Option<List<'_>> {
    let table = DeTable::parse(text).ok()?;
    let value = table
        .get_ref()
        .get(SECTION)?
        .get_ref()
        .as_table()?
        .get(NAME)?;
    List::new(text, value)
}

/// The text without a target, however often it is on the list.
fn remove(text: &str, target: Target) -> Option<String> {
    let mut text = list(text)?.without(target)?;
    while let Some(shorter) = list(&text)?.without(target) {
        text = shorter;
    }
    Some(text)
}

fn add(text: &str, target: Target) -> Option<String> {
    if let Some(list) = list(text) {
        return list.with(target);
    }
    let table = DeTable::parse(text).ok()?;
    let item = shown::quoted(&target.to_string());
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let entry = table.get_ref().get_key_value(SECTION);
    let Some((name, value)) = entry else {
        let gap = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            newline
        };
        let section = format!("{gap}{newline}[{SECTION}]{newline}{NAME} = [{item}]{newline}");
        return Some(format!("{text}{section}"));
    };
    let span = value.span();
    if text.get(span.clone())?.starts_with('{') {
        let inline = format!("{{ {NAME} = [{item}] }}");
        return Some(format!(
            "{}{inline}{}",
            &text[..span.start],
            &text[span.end..]
        ));
    }
    matches!(value.get_ref(), DeValue::Table(table) if table.is_empty()).then_some(())?;
    let start = name.span().end;
    let (end, gap) = match text[start..].find('\n') {
        Some(length) => (start + length + 1, ""),
        None => (text.len(), newline),
    };
    Some(format!(
        "{}{gap}{NAME} = [{item}]{newline}{}",
        &text[..end],
        &text[end..]
    ))
}
