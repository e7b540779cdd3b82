// SPDX-License-Identifier: MIT
//! What the table of keys looks like as a file, and as a page.

use super::{FIELDS, Field, KEYS, Key, Kind, SECTIONS, Section};

const WIDTH: usize = 98;

const HEAD: &str = "\
# SPDX-License-Identifier: MIT
# Settings of Aegis: /etc/aegis/config.toml, or what --config names.
#
# Every key is here with its default, behind a `#`: take that away and give another value.
# `aegis-cli check` tells what is wrong with a file, and `aegis-cli config show` which values hold.
# Options of the command line take the place of variables of the environment (AEGIS_MODULES_VERBOSE
# is `verbose` in [modules]), and both take the place of this file.
";

/// The documented sample: every key, with its default.
#[must_use]
pub fn sample() -> String {
    let mut text = HEAD.to_owned();
    for section in SECTIONS {
        if !section.name.is_empty() {
            text.push_str(&format!("\n{}[{}]\n", wrapped(section.about), section.name));
        }
        for key in of(section) {
            let (about, name) = (key.about(), key.leaf());
            let (expects, effect) = (key.kind().expects(), key.takes_effect().label());
            let about = wrapped(&format!(
                "{about} It is {expects}, and takes effect {effect}."
            ));
            text.push_str(&format!("\n{about}#{name} = {}\n", key.default_value()));
            if key.kind() == Kind::Sources {
                text.push_str(&tables(key));
            }
        }
    }
    text
}

/// What may be in a table of a list of them, behind two signs: no line is a default by itself.
fn tables(key: &Key) -> String {
    let mut text = format!("#\n##[[{}]]\n", key.name());
    for field in FIELDS {
        let about = format!("{} It is {}.", field.about, field.kind.expects());
        text.push_str(&wrapped(&about).replace("# ", "#   "));
        text.push_str(&format!("##{} = {}\n", field.name, field.default_value()));
    }
    text
}

fn of(section: &Section) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(|key| key.section() == section.name)
}

/// A comment of short lines.
fn wrapped(text: &str) -> String {
    let (mut lines, mut line) = (String::new(), String::from("#"));
    for word in text.split(' ') {
        if line.len() + 1 + word.len() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

/// The reference of keys: a heading and a table for each section, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut text = String::new();
    for section in SECTIONS {
        let (title, about) = match section.name {
            "" => (
                "Top level".to_owned(),
                "Above the first section.".to_owned(),
            ),
            name => (format!("`[{name}]`"), section.about.to_owned()),
        };
        text.push_str(&format!("\n### {title}\n\n{about}\n\n"));
        text.push_str(
            "| key | default | what it may be | what for | takes effect | variable, option |\n",
        );
        text.push_str("|---|---|---|---|---|---|\n");
        for key in of(section) {
            text.push_str(&row(key));
        }
        if let Some(key) = of(section).find(|key| key.kind() == Kind::Sources) {
            text.push_str(&fields(key));
        }
    }
    text + "\n"
}

fn fields(key: &Key) -> String {
    let (name, about) = (key.name(), key.about());
    let mut text = format!("\n### `[[{name}]]`\n\n{about}\n\n");
    text.push_str("| key | default | what it may be | what for |\n|---|---|---|---|\n");
    let row = |field: &Field| {
        let (name, value) = (field.name, field.default_value());
        let (expects, about) = (field.kind.expects(), field.about);
        format!("| `{name}` | `{value}` | {expects} | {about} |\n")
    };
    text.extend(FIELDS.iter().map(row));
    text
}

fn row(key: &Key) -> String {
    let option = key
        .option_name()
        .map_or_else(String::new, |option| format!(", `{option}`"));
    format!(
        "| `{}` | `{}` | {} | {} | {} | `{}`{option} |\n",
        key.leaf(),
        key.default_value(),
        key.kind().expects(),
        key.about(),
        key.takes_effect().label(),
        key.variable(),
    )
}
