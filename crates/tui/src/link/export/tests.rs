// SPDX-License-Identifier: MIT

use super::*;
use crate::fixture::event;
use std::env;
use std::os::unix::fs::PermissionsExt;
use std::process;

/// A folder of this test, which ends with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("aegis-export-{name}-{}", process::id()));
        fs::create_dir(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

const EXTENT: Extent = Extent {
    kept: 2,
    events: 1_204,
    packets: 90_000,
};

fn written(path: &Path) -> Result<String, String> {
    let events = vec![
        Arc::new(event("192.0.2.1", "port_scan", 0)),
        Arc::new(event("192.0.2.2", "tcp_xmas", 1)),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().expect("a runtime");
    runtime.block_on(export(path.to_owned(), events, EXTENT))
}

#[test]
fn each_event_is_a_line_with_the_names_of_the_interface_and_only_the_owner_reads_it() {
    let folder = Folder::new("lines");
    let path = folder.0.join("events.jsonl");
    let words = written(&path).expect("it can be");
    assert!(
        words.starts_with("2 of 1204 events")
            && words.contains("90000 packets")
            && words.contains("events.jsonl"),
        "{words}"
    );
    let text = fs::read_to_string(&path).expect("a file");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["src_ip"], "192.0.2.2");
    assert_eq!(lines[1]["threat_type"], "tcp_xmas");
    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_is_there_stays_and_mistakes_name_the_path() {
    let folder = Folder::new("there");
    let path = folder.0.join("notes");
    fs::write(&path, "mine").expect("a file");
    let why = written(&path).expect_err("it is there");
    assert!(why.contains("notes is there already"), "{why}");
    assert_eq!(fs::read_to_string(&path).ok().as_deref(), Some("mine"));
    let nowhere = folder.0.join("nowhere").join("events");
    let why = written(&nowhere).expect_err("there is no folder");
    assert!(why.contains("nowhere/events"), "{why}");
}
