// SPDX-License-Identifier: MIT
//! The tables of `docs/packet-path.md` say what the code does: `AEGIS_BLESS=1` writes them anew.

use aegis_abi::{Hook, Reason};
use aegis_core::malformed::Malformed;
use std::fs;
use std::path::{Path, PathBuf};

fn source(path: &str) -> String {
    let path = root().join("crates/core/src").join(path);
    fs::read_to_string(&path).expect("the sources are beside the tests")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn table(head: &str, rows: impl IntoIterator<Item = String>) -> String {
    let columns = head.matches('|').count() - 1;
    let rule = "|".to_owned() + &"---|".repeat(columns);
    let rows: Vec<String> = rows.into_iter().collect();
    format!("\n{head}\n{rule}\n{}\n\n", rows.join("\n"))
}

fn fail_policy() -> String {
    let row = |malformed: &Malformed| {
        let reason = malformed.reason();
        format!(
            "| `{}` | {} | {} |",
            reason.label(),
            reason.summary(),
            malformed.policy().label()
        )
    };
    table(
        "| class | what it is | action |",
        Malformed::ALL.iter().map(row),
    )
}

fn reasons() -> String {
    let row = |reason: &Reason| {
        let (arriving, departing) = (reason.class(Hook::XdpIngress), reason.class(Hook::TcEgress));
        let class = match arriving == departing {
            true => arriving.label().to_owned(),
            false => format!("{}, on departure {}", arriving.label(), departing.label()),
        };
        format!(
            "| {} | `{}` | {class} | {} |",
            reason.code(),
            reason.label(),
            reason.summary()
        )
    };
    table(
        "| code | name | class | meaning |",
        Reason::ALL.iter().map(row),
    )
}

/// Whom a line of code asks: the module before one of these calls.
fn asked(line: &str) -> Option<String> {
    const CALLS: [&str; 6] = [
        "::decide(",
        "::of_address(",
        "::look_up::<",
        "::look_up(",
        "::judge(",
        "::charge(",
    ];
    let (before, _) = CALLS.iter().find_map(|call| line.split_once(call))?;
    let name = before
        .rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .next()?;
    Some(name.to_owned())
}

/// The functions of a file, by name, each with its lines.
fn functions(source: &str) -> Vec<(&str, Vec<&str>)> {
    source
        .split("fn ")
        .skip(1)
        .filter_map(|piece| Some((piece.split(['(', '<']).next()?, piece.lines().collect())))
        .collect()
}

/// Whom a function asks, in order, those included whom functions of the same file ask for it.
fn asked_by(name: &str, functions: &[(&str, Vec<&str>)]) -> Vec<String> {
    let (_, lines) = functions
        .iter()
        .find(|(known, _)| *known == name)
        .expect("it is a function of this file");
    let mut all = Vec::new();
    for line in &lines[1..] {
        let helpers = functions
            .iter()
            .filter(|(known, _)| line.contains(&format!(" {known}(")))
            .flat_map(|(known, _)| asked_by(known, functions));
        let more: Vec<String> = asked(line).into_iter().chain(helpers).collect();
        all.extend(more);
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|name| seen.insert(name.clone()));
    all
}

/// The modules that the function `judge` of a file asks, in the order in which it asks them, each
/// with what it says of itself.
fn stages(file: &str) -> String {
    let asking = source(file);
    let row = |(index, name): (usize, String)| {
        let folders = ["stage", "newcomer"].map(|folder| format!("{folder}/{name}.rs"));
        let exists = |path: &&String| root().join("crates/core/src").join(path).exists();
        let path = folders
            .iter()
            .find(exists)
            .expect("whoever is asked exists");
        let stage = source(path);
        let said: Vec<&str> = stage
            .lines()
            .filter_map(|line| line.strip_prefix("//! "))
            .collect();
        let said = said.join(" ").replace("[`crate::", "`").replace("`]", "`");
        format!("| {} | `{path}` | {said} |", index + 1)
    };
    let rows = asked_by("judge", &functions(&asking));
    table(
        "| | file | what it is for |",
        rows.into_iter().enumerate().map(row),
    )
}

/// The text with the section between the markers of `name` replaced.
fn with_section(text: &str, name: &str, section: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name}:begin -->"),
        format!("<!-- {name}:end -->"),
    );
    let (head, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("no marker {begin}"));
    let (_, tail) = rest
        .split_once(&end)
        .unwrap_or_else(|| panic!("no marker {end}"));
    format!("{head}{begin}\n{section}{end}{tail}")
}

#[test]
fn the_documentation_says_what_the_code_does() {
    let path = root().join("docs/packet-path.md");
    let text = fs::read_to_string(&path).unwrap();
    let sections = [
        ("stages", stages("judge.rs")),
        ("newcomers", stages("newcomer.rs")),
        ("fail-policy", fail_policy()),
        ("reasons", reasons()),
    ];
    let expected = sections.iter().fold(text.clone(), |text, (name, rows)| {
        with_section(&text, name, rows)
    });
    if std::env::var_os("AEGIS_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
        return;
    }
    assert!(
        text == expected,
        "docs/packet-path.md is not what the code does: AEGIS_BLESS=1 rewrites its tables"
    );
}

#[test]
fn every_stage_is_asked() {
    let listed = stages("judge.rs") + &stages("newcomer.rs");
    for entry in fs::read_dir(root().join("crates/core/src/stage")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stage = name.ends_with(".rs");
        assert!(
            !stage || listed.contains(&format!("`stage/{name}`")),
            "{name} is never asked"
        );
    }
}
