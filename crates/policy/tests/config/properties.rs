// SPDX-License-Identifier: MIT
//! Any bytes are answered, and any configuration is read as it is written.

use aegis_policy::Target;
use aegis_policy::config::{
    AllowEdit, Config, Edited, Effective, File, Form, Given, KEYS, Key, Kind, Layers, Source,
    Value, edit_allowlist,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::net::IpAddr;
use std::time::Duration;

fn target() -> impl Strategy<Value = Target> {
    any::<IpAddr>().prop_filter_map("it is an address to allow", |address| {
        address.to_string().parse().ok()
    })
}

/// A value of a kind, from arbitrary material.
fn value(kind: Kind, number: u64, targets: &[Target]) -> Value {
    match kind {
        Kind::Bool => Value::Bool(number.is_multiple_of(2)),
        Kind::Number { least, most, .. } => Value::Number(least + number % (most - least + 1)),
        Kind::Time { least, most } => {
            Value::Time(Duration::from_secs(least + number % (most - least + 1)))
        }
        Kind::Word(words) => Value::Word(words[number as usize % words.len()]),
        Kind::Path => Value::Path(format!("/var/log/{number}.log")),
        Kind::Group => Value::Text(format!("group{number}")),
        Kind::Text(form) => Value::Text(match form {
            Form::Name => format!("list{number}"),
            Form::Url => format!("https://example.org/{number}"),
            Form::Word => format!("word{number}"),
            Form::File => format!("/srv/{number}.mmdb"),
            Form::Proxy => format!("http://192.0.2.1:{}", 1 + number % 65_535),
            Form::Sha256 | Form::Minisign => String::new(),
        }),
        Kind::Texts(_) => Value::Names((0..number % 4).map(|at| format!("word{at}")).collect()),
        Kind::Sources => Value::Sources((0..number % 3).map(|at| source(number, at)).collect()),
        Kind::Regions => {
            let system = format!("AS{}", 1 + number % 4_000_000_000);
            let regions = ["DE", &system, "cn"].map(|text| text.parse().expect("it is one"));
            Value::Regions(regions[..number as usize % 4].iter().copied().collect())
        }
        Kind::Names => Value::Names((0..number % 4).map(|at| format!("if{at}")).collect()),
        Kind::Targets => {
            let mut targets = targets.to_vec();
            targets.sort();
            targets.dedup();
            Value::Targets(targets)
        }
    }
}

fn source(number: u64, at: u64) -> Source {
    Source {
        url: format!("https://example.org/{number}"),
        enabled: number.is_multiple_of(2),
        interval: Duration::from_secs(60 + number % 1_000),
        min_score: (number % 9) as u32,
        ..Source::named(&format!("list{at}"))
    }
}

fn line(key: &Key, value: &Value) -> String {
    format!("{} = {value}\n", key.name())
}

/// Lines that look like a configuration, some of them right.
fn lookalike() -> impl Strategy<Value = String> {
    let pieces = [
        "[modules]",
        "[allowlist]",
        "ips",
        "=",
        "[",
        "]",
        "\"192.0.2.1\"",
        "'::1'",
        ",",
        "\n",
        "\r\n",
        "# ü",
        "verbose",
        "true",
        "interface",
        "\"eth0\"",
        ".",
        "{",
        "}",
        " ",
        "\"\"\"",
        "'5m'",
        "7",
        "port_scan",
        "\u{feff}",
        "[[",
        "rates",
        "syn_source",
        "\\",
        "\u{0}",
        "allowlist",
    ];
    vec(select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..400)) {
        answered(&bytes);
    }

    #[test]
    fn any_text_that_looks_like_one_is_answered(text in lookalike()) {
        answered(text.as_bytes());
        let variables = [("AEGIS_INTERFACE", text.as_str()), ("AEGIS_RATES_UDP", &text)];
        let _answer: Result<_, _> = Given::environment(variables);
        let _answer: Result<_, _> = Given::assignment(&text);
    }

    #[test]
    fn what_is_written_is_read(
        numbers in vec(any::<u64>(), KEYS.len()),
        targets in vec(target(), 0..9),
    ) {
        let values = KEYS.iter().zip(&numbers).map(|(key, number)| {
            (key, value(key.kind(), *number, &targets))
        });
        let values: Vec<_> = values.collect();
        let text: String = values.iter().map(|(key, value)| line(key, value)).collect();
        let file = File::read("c.toml", text.as_bytes());
        let file = file.map_err(|mistakes| TestCaseError::fail(mistakes.to_string()))?;
        for (key, value) in &values {
            prop_assert_eq!(file.value(key), Some(value));
        }
        if let Ok(effective) = Effective::merge(&Layers { file: Some(&file), ..Layers::default() }) {
            let rows = effective.rows();
            prop_assert!(rows.iter().zip(&values).all(|(row, (_, value))| row.value == *value));
            let changed = Config::default().difference(effective.config());
            prop_assert!(changed.iter().all(|changed| changed.before != changed.after));
        }
    }

    #[test]
    fn what_is_added_is_there_until_it_is_removed(
        standing in vec(target(), 0..6),
        layout in vec(select(vec!["", " ", "\n", "\n  ", " # x, [\n  ", "\r\n\t"]), 16),
        trailing in any::<bool>(),
        added in target(),
        at in any::<Index>(),
    ) {
        let mut list = format!("[{}", layout[0]);
        for (index, target) in standing.iter().enumerate() {
            let comma = if trailing || index + 1 < standing.len() { "," } else { "" };
            list += &format!("\"{target}\"{}{comma}{}", layout[index * 2 + 1], layout[index * 2 + 2]);
        }
        let text = format!("# head\n[allowlist]\nips = {list}]\n# tail\n[modules]\nverbose = true\n");
        let edit = |text: &str, edit| edit_allowlist("c.toml", text.as_bytes(), edit);
        let with = match edit(&text, AllowEdit::Add(added)) {
            Ok(Edited::Text(with)) => with,
            Ok(Edited::Unchanged) if standing.contains(&added) => text.clone(),
            other => return Err(TestCaseError::fail(format!("{text}\n{other:?}"))),
        };
        prop_assert!(with.starts_with("# head\n") && with.ends_with("# tail\n[modules]\nverbose = true\n"));
        let gone = if standing.is_empty() { added } else { standing[at.index(standing.len())] };
        match edit(&with, AllowEdit::Remove(gone)) {
            Ok(Edited::Text(without)) => {
                prop_assert!(!without.contains(&format!("\"{gone}\"")), "{without}");
            }
            other => return Err(TestCaseError::fail(format!("{with}\n{other:?}"))),
        }
    }
}

/// It is read or refused, and edited or left alone.
fn answered(bytes: &[u8]) {
    let target: Target = "192.0.2.9".parse().expect("it is an address");
    let edited = edit_allowlist("c.toml", bytes, AllowEdit::Add(target));
    match File::read("c.toml", bytes) {
        Ok(_) => assert!(!matches!(
            edited,
            Err(aegis_policy::config::EditError::Mistakes(_))
        )),
        Err(mistakes) => {
            assert!(mistakes.count() > 0 && edited.is_err());
            assert!(
                mistakes
                    .iter()
                    .all(|mistake| mistake.place.line().is_some())
            );
        }
    }
}
