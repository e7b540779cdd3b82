// SPDX-License-Identifier: MIT
//! The sample and the reference are those of the table: `AEGIS_BLESS=1` writes them anew.

use aegis_policy::config::{Config, Effective, File, KEYS, Layers, Row, reference, sample};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn is_blessed(path: &str, expected: &str) {
    let path = root().join(path);
    if std::env::var_os("AEGIS_BLESS").is_some() {
        fs::write(&path, expected).expect("the page can be written");
        return;
    }
    let text = fs::read_to_string(&path).expect("the page is there");
    assert!(
        text == expected,
        "{} is not what the table of keys says: AEGIS_BLESS=1 rewrites it",
        path.display()
    );
}

/// The sample with every value in force.
fn uncommented() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') && rest.contains(" = ") => rest.to_owned() + "\n",
        _ => line.to_owned() + "\n",
    };
    sample().lines().map(line).collect()
}

fn effective(text: &str) -> Effective {
    let file = File::read("config.toml", text.as_bytes()).expect("the file is right");
    let file = Some(&file);
    Effective::merge(&Layers {
        file,
        ..Layers::default()
    })
    .expect("the values go together")
}

#[test]
fn the_sample_is_the_one_of_the_table() {
    is_blessed("deploy/config.toml", &sample());
}

#[test]
fn the_reference_is_the_one_of_the_table() {
    let path = "docs/config.md";
    let text = fs::read_to_string(root().join(path)).unwrap();
    let (begin, end) = ("<!-- keys:begin -->", "<!-- keys:end -->");
    let (head, rest) = text.split_once(begin).expect("the page has the marker");
    let (_, tail) = rest.split_once(end).expect("the page has the marker");
    is_blessed(path, &format!("{head}{begin}\n{}{end}{tail}", reference()));
}

#[test]
fn the_sample_changes_nothing() {
    let effective = effective(&sample());
    assert_eq!(effective.config(), &Config::default());
    assert!(
        effective
            .rows()
            .iter()
            .all(|row| row.origin.label() == "default")
    );
}

#[test]
fn the_sample_has_every_key_with_its_default() {
    let effective = effective(&uncommented());
    assert_eq!(effective.config(), &Config::default());
    let from_file = |row: &Row| row.origin.label() == "file";
    let missing: Vec<_> = effective
        .rows()
        .into_iter()
        .filter(|row| !from_file(row))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let rows = effective.rows();
    let wrong = rows.iter().find(|row| row.value != row.key.default_value());
    assert!(wrong.is_none(), "{wrong:?}");
    assert_eq!(rows.len(), KEYS.len());
}

#[test]
fn every_line_of_the_sample_is_short() {
    let long: Vec<_> = sample()
        .lines()
        .filter(|line| line.len() > 100)
        .map(str::to_owned)
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}
