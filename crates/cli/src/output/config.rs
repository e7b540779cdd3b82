// SPDX-License-Identifier: MIT
//! Configuration: what holds, what is wrong, and what a reload changed.

use super::table::{Align, Table};
use super::units::count;
use aegis_api::{ChangedKey, ReloadAnswer};
use aegis_policy::config::{Effective, Mistakes, Origin, Place, Row, Source, Value};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::path::Path;

/// What `config show` shows.
#[derive(Debug, Serialize)]
pub struct Shown {
    file: Option<String>,
    keys: Vec<Key>,
    /// Every list there is to be.
    lists: Vec<List>,
}

#[derive(Debug, Serialize)]
struct List {
    name: String,
    /// As the file may have it, without what need not be said.
    value: String,
    source: &'static str,
    from: String,
}

#[derive(Debug, Serialize)]
struct Key {
    key: &'static str,
    value: Json,
    /// `default`, `file`, `environment` or `option`.
    source: &'static str,
    /// Where exactly: a line, a variable, an option.
    from: String,
    #[serde(skip)]
    text: String,
}

impl Shown {
    /// Every key.
    pub fn new(file: Option<&Path>, effective: &Effective) -> Self {
        Self {
            file: file.map(|file| file.display().to_string()),
            keys: effective.rows().iter().map(key).collect(),
            lists: effective.sources().iter().map(list).collect(),
        }
    }
}

fn key(row: &Row) -> Key {
    Key {
        key: row.key.name(),
        value: plain(&row.value),
        source: row.origin.label(),
        from: row.origin.to_string(),
        text: row.value.to_string(),
    }
}

fn list((source, origin): &(Source, Origin)) -> List {
    List {
        name: source.name.clone(),
        value: source.to_string(),
        source: origin.label(),
        from: origin.to_string(),
    }
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Bool(on) => json!(on),
        Value::Number(number) => json!(number),
        Value::Word(word) => json!(word),
        Value::Path(path) => json!(path),
        Value::Text(text) => json!(text),
        Value::Names(names) => json!(names),
        Value::Targets(targets) => {
            json!(targets.iter().map(ToString::to_string).collect::<Vec<_>>())
        }
        Value::Regions(regions) => {
            json!(regions.iter().map(ToString::to_string).collect::<Vec<_>>())
        }
        Value::Sources(sources) => {
            json!(
                sources
                    .iter()
                    .map(|source| &source.name)
                    .collect::<Vec<_>>()
            )
        }
        Value::Time(_) => json!(value.to_string().trim_matches('"')),
    }
}

/// `config show`.
pub fn shown(shown: &Shown) -> String {
    let mut table = Table::new(["KEY", "VALUE", "FROM"], [Align::Left; 3]);
    for key in &shown.keys {
        table.row([key.key.to_owned(), key.text.clone(), key.from.clone()]);
    }
    for list in &shown.lists {
        let name = format!("feeds.source {}", list.name);
        table.row([name, list.value.clone(), list.from.clone()]);
    }
    let file = match &shown.file {
        Some(file) => format!("{file} has been read"),
        None => "no configuration file has been read".to_owned(),
    };
    format!("{}\n{file}", table.render())
}

/// What `check` found.
#[derive(Debug, Serialize)]
pub struct Checked {
    file: String,
    right: bool,
    /// Keys that the file sets.
    keys: usize,
    mistakes: Vec<Wrong>,
}

#[derive(Debug, Serialize)]
struct Wrong {
    line: Option<usize>,
    column: Option<usize>,
    message: String,
    next: String,
}

impl Checked {
    /// Nothing is wrong.
    pub fn right(file: String, effective: &Effective) -> Self {
        let rows = effective.rows();
        let set = rows.iter().filter(|row| row.origin.label() == "file");
        Self {
            file,
            right: true,
            keys: set.count(),
            mistakes: Vec::new(),
        }
    }

    /// This is.
    pub fn wrong(file: String, mistakes: &Mistakes) -> Self {
        let wrong = mistakes.iter().map(|mistake| {
            let (line, column) = match &mistake.place {
                Place::File { line, column, .. } => (Some(*line), Some(*column)),
                _ => (None, None),
            };
            let (message, next) = (mistake.message.clone(), mistake.next.clone());
            Wrong {
                line,
                column,
                message,
                next,
            }
        });
        Self {
            file,
            right: false,
            keys: 0,
            mistakes: wrong.collect(),
        }
    }
}

/// `check` of a file that is right.
pub fn checked(checked: &Checked) -> String {
    let keys = count(checked.keys, "key", "keys");
    format!("{} is right: it sets {keys}", checked.file)
}

/// `reload`.
pub fn reloaded(answer: &ReloadAnswer) -> String {
    let file = match &answer.file {
        Some(file) => format!("{file} was read again"),
        None => "there is no configuration file; options and defaults hold".to_owned(),
    };
    let mut lines = vec![file];
    let line = |changed: &ChangedKey| {
        let ChangedKey { key, before, after } = changed;
        format!("  {key} was {before} and is {after}")
    };
    for (head, changes) in [
        ("changed:", &answer.changed),
        (
            "set, for when the daemon is started again:",
            &answer.at_restart,
        ),
    ] {
        if !changes.is_empty() {
            lines.push(head.to_owned());
            lines.extend(changes.iter().map(line));
        }
    }
    lines.extend(answer.notes.iter().cloned());
    if lines.len() == 1 {
        lines.push("nothing differs from what holds".to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_policy::config::{File, Layers};

    fn effective(text: &str) -> Effective {
        let file = File::read("c.toml", text.as_bytes()).expect("it is right");
        let file = Some(&file);
        Effective::merge(&Layers {
            file,
            ..Layers::default()
        })
        .expect("the values go together")
    }

    #[test]
    fn every_key_is_shown_with_where_it_comes_from() {
        let effective = effective("port_scan.window = \"90s\"\n");
        let answer = Shown::new(Some(Path::new("c.toml")), &effective);
        let text = shown(&answer);
        assert!(text.contains("port_scan.window"), "{text}");
        let line = text
            .lines()
            .find(|line| line.starts_with("port_scan.window"));
        let words: Vec<&str> = line.expect("it is there").split_whitespace().collect();
        assert_eq!(words, ["port_scan.window", "\"1m30s\"", "c.toml:1"]);
        assert!(text.ends_with("\nc.toml has been read"), "{text}");
        let json = serde_json::to_value(&answer).expect("it is plain");
        let window = json["keys"].as_array().and_then(|keys| {
            keys.iter()
                .find(|key| key["key"] == "port_scan.window")
                .cloned()
        });
        let expected = json!({
            "key": "port_scan.window", "value": "1m30s", "source": "file", "from": "c.toml:1",
        });
        assert_eq!(window, Some(expected));
    }

    #[test]
    fn a_right_file_says_how_much_it_sets() {
        let text = |file| checked(&Checked::right("c.toml".to_owned(), &effective(file)));
        let plain = text("feeds.enabled = false\n");
        assert_eq!(plain, "c.toml is right: it sets 1 key");
    }

    #[test]
    fn a_reload_tells_what_holds_and_what_waits() {
        let changed = |key: &str| ChangedKey {
            key: key.to_owned(),
            before: "1".to_owned(),
            after: "2".to_owned(),
        };
        let answer = ReloadAnswer {
            file: Some("c.toml".to_owned()),
            changed: vec![changed("a.b")],
            at_restart: vec![changed("c.d")],
            notes: vec!["by the way".to_owned()],
        };
        let expected = "c.toml was read again\nchanged:\n  a.b was 1 and is 2\n\
                        set, for when the daemon is started again:\n  c.d was 1 and is 2\nby the way";
        assert_eq!(reloaded(&answer), expected);
        let nothing = reloaded(&ReloadAnswer::default());
        assert!(
            nothing.ends_with("nothing differs from what holds"),
            "{nothing}"
        );
    }
}
