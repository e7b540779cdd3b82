// SPDX-License-Identifier: MIT
//! Rotation, files that are moved, and the events in theirs.

use super::*;
use aegis_testbed::{Need, require};

const SIGHUP: i32 = 1;
/// Commands, one line each.
const COMMANDS: usize = 40;
const BYTES: u64 = 1_500;
const KEEP: usize = 3;

/// The subjects of `ban` in these lines.
fn banned(lines: &[Value]) -> Vec<String> {
    let bans = lines.iter().filter(|line| line["action"] == "ban");
    let subject = |line: &Value| line["subject"].as_str().expect("text").to_owned();
    bans.map(subject).collect()
}

/// All that is left of a file and those that it was rotated to, the oldest first.
fn kept(folder: &Folder, name: &str) -> Vec<Value> {
    let older = (1..=KEEP)
        .rev()
        .map(|number| folder.at(&format!("{name}.{number}")));
    let files = older.chain([folder.at(name)]);
    files
        .filter(|file| file.exists())
        .flat_map(|file| objects(&file))
        .collect()
}

#[test]
fn files_are_rotated_opened_anew_and_hold_what_clients_are_told() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let folder = Folder::new();
    let set = |key: &str, value: &str| format!("logging.{key}={value}");
    let within = |name: &str| folder.at(name).display().to_string();
    let keys = [
        set("target", "file"),
        set("file", &within("{instance}.log")),
        set("json", "true"),
        set("rotate_bytes", &BYTES.to_string()),
        set("rotate_keep", &KEEP.to_string()),
        set("events", "file"),
        set("events_file", &within("{instance}.events.jsonl")),
    ];
    let lab = guarded(&keys, None)?;
    rotates(&lab, &folder)?;
    events_are_those_of_clients(&lab, &folder)?;
    opens_anew(&lab, &folder)
}

/// At most so many files of at most so many bytes, and in them the last lines, each whole.
#[track_caller]
fn rotates(lab: &Guarded, folder: &Folder) -> Result<()> {
    let subject = |number: usize| format!("198.51.100.{number}");
    for number in 1..=COMMANDS {
        lab.cli(&["block", &subject(number)])?;
    }
    wait_for(&lab.daemon, "log", |log| log["waiting"] == 0)?;
    let entries = fs::read_dir(&folder.path).expect("it is there").flatten();
    let logs: Vec<_> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("eth0.log"))
        .collect();
    assert_eq!(logs.len(), KEEP + 1, "{logs:?}");
    for log in &logs {
        let bytes = log.metadata().expect("it is there").len();
        assert!(bytes <= BYTES, "{log:?} has {bytes} bytes");
    }
    let told = banned(&kept(folder, "eth0.log"));
    assert!((10..COMMANDS).contains(&told.len()), "{told:?}");
    let expected: Vec<String> = (COMMANDS + 1 - told.len()..=COMMANDS)
        .map(subject)
        .collect();
    assert_eq!(told, expected, "the last ones, and none is missing");
    assert_eq!(stream(&lab.daemon, "log")?["lost"], 0);
    Ok(())
}

/// The same lines as `events --json`, all of them as the schema says.
#[track_caller]
fn events_are_those_of_clients(lab: &Guarded, folder: &Folder) -> Result<()> {
    lab.cli(&["block", "2001:db8::7"])?;
    lab.past(&[
        lab.from("192.0.2.7").tcp(40_000, 80, "FPU").bytes(),
        lab.from("2001:db8::7").udp(53, 4_000).bytes(),
        lab.syn("198.51.100.1"),
        lab.syn("127.0.0.1"),
    ])?;
    wait_for(&lab.daemon, "events", |events| events["written"] == 4)?;
    let written = kept(folder, "eth0.events.jsonl");
    let asked = lab.daemon.json(&["events", "-n", "1000"])?;
    assert_eq!(Value::from(written.clone()), asked["events"]);
    let schema = schema::stored();
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    for event in &written {
        let wrong: Vec<String> = validator
            .iter_errors(event)
            .map(|e| e.to_string())
            .collect();
        assert!(wrong.is_empty(), "{event}: {wrong:?}");
    }
    let ecs = lab.cli(&["events", "--format", "ecs"])?;
    let ecs: Vec<Value> = ecs
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let sources = |events: &[Value], of: fn(&Value) -> &Value| -> Vec<Value> {
        events.iter().map(|event| of(event).clone()).collect()
    };
    assert_eq!(
        sources(&ecs, |event| &event["source"]["ip"]),
        sources(&written, |event| &event["src_ip"])
    );
    Ok(())
}

/// As logrotate does it: what is moved is left alone after SIGHUP, and new files begin.
#[track_caller]
fn opens_anew(lab: &Guarded, folder: &Folder) -> Result<()> {
    for name in ["eth0.log", "eth0.events.jsonl"] {
        let aside = folder.at(&format!("{name}.aside"));
        fs::rename(folder.at(name), &aside).expect("it is there");
        assert!(!folder.at(name).exists());
    }
    lab.daemon.signal(SIGHUP)?;
    let began = Instant::now();
    while !["eth0.log", "eth0.events.jsonl"]
        .iter()
        .all(|name| folder.at(name).exists())
    {
        assert!(began.elapsed() < PATIENCE, "the files are not there again");
        std::thread::sleep(Duration::from_millis(10));
    }
    lab.cli(&["block", "203.0.113.1"])?;
    wait_for(&lab.daemon, "log", |log| log["waiting"] == 0)?;
    assert_eq!(banned(&objects(&folder.at("eth0.log"))), ["203.0.113.1"]);
    let aside = objects(&folder.at("eth0.log.aside"));
    assert!(
        !banned(&aside).contains(&"203.0.113.1".to_owned()),
        "{aside:?}"
    );
    Ok(())
}
