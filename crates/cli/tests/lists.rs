// SPDX-License-Identifier: MIT
//! `feeds test`, as anybody may run it: without root, without a daemon, with a list from a pipe.

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn test(list: &str, options: &[&str]) -> Output {
    // Neither the configuration nor the daemon of this host.
    let nothing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nothing.toml");
    fs::write(&nothing, "").expect("the folder can be written");
    let mut child = Command::new(env!("CARGO_BIN_EXE_aegis-cli"))
        .args(["feeds", "test", "-"])
        .args(options)
        .env("AEGIS_CONFIG", nothing)
        .env("AEGIS_RUN_DIR", "/nonexistent/aegis")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    // A program that refuses its options has no use for a list.
    drop(stdin.write_all(list.as_bytes()));
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

fn json(list: &str, options: &[&str]) -> (Option<i32>, Value) {
    let options = [options, &["--json"]].concat();
    let output = test(list, &options);
    let answer = serde_json::from_slice(&output.stdout);
    let answer = answer.unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code(), answer)
}

#[test]
fn a_list_that_would_be_taken_is_success() {
    let list = "# mine\n45.0.0.0/24\n45.0.0.7\n2400::/32\n10.0.0.1\n";
    let (code, answer) = json(list, &[]);
    assert_eq!((code, &answer["taken"]), (Some(0), &true.into()));
    assert_eq!(
        (&answer["entries"]["v4"], &answer["entries"]["v6"]),
        (&2.into(), &1.into())
    );
    assert_eq!(answer["covered"]["v4"], "256");
    assert_eq!(answer["refused"][0]["first"][0]["line"], 5);
    let output = test(list, &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with("\nit would be taken\n"), "{text}");
}

#[test]
fn a_list_that_would_not_be_taken_fails_and_says_why() {
    for (list, reason) in [
        ("<!DOCTYPE html>\n", "markup"),
        ("", "empty"),
        ("10.0.0.1\n", "empty"),
        ("{\"error\":\"quota\"}", "unknown_json"),
    ] {
        let (code, answer) = json(list, &[]);
        assert_eq!(
            (code, &answer["held"]["reason"]),
            (Some(1), &reason.into()),
            "{list}"
        );
    }
    let text = test("<html>", &[]).stdout;
    let text = String::from_utf8_lossy(&text);
    assert!(
        text.starts_with("it would not be taken: the list is a web page"),
        "{text}"
    );
}

#[test]
fn what_is_typed_decides_how_a_list_is_read() {
    let list = "45.0.0.1\t1\n45.0.0.2\t5\n";
    let (_, answer) = json(list, &["--min-score", "3"]);
    assert_eq!(
        (&answer["format"], &answer["entries"]["v4"]),
        (&"ipsum".into(), &1.into())
    );
    let (code, answer) = json(list, &["--format", "plain", "--min-score", "3"]);
    assert_eq!(
        (code, &answer["held"]["reason"]),
        (Some(1), &"no_scores".into())
    );
    let mut set = vec!["--allow-special", "--set", "allowlist.ips=10.9.0.0/16"];
    let (_, answer) = json("10.9.8.7\n10.254.253.252\n", &set);
    assert_eq!(
        (&answer["entries"]["v4"], &answer["taken"]),
        (&1.into(), &true.into())
    );
    assert_eq!(answer["refused"][0]["reason"], "allowlist");
    set.truncate(1);
    let (_, answer) = json("10.9.8.7\n10.254.253.252\n", &set);
    assert_eq!(answer["entries"]["v4"], 2);
    let unknown = test(list, &["--format", "xml"]);
    assert_eq!(unknown.status.code(), Some(2));
}
