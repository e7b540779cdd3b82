// SPDX-License-Identifier: MIT
//! A pipe that nobody reads, and a disk that is full.

use super::*;
use aegis_testbed::{Need, require};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;

/// More than a queue and a pipe hold together.
const FLOOD: usize = 6_000;
/// A command that waits for the log takes for ever.
const FAST: Duration = Duration::from_secs(2);

/// Every dropped packet is a line of the log.
fn keys(file: &Path, more: &[&str]) -> Vec<String> {
    let mut keys = vec![
        "logging.target=file".to_owned(),
        format!("logging.file={}", file.display()),
        "logging.events=log".to_owned(),
    ];
    for rate in ["event_source", "event_reason"] {
        keys.extend(["", "_burst"].map(|end| format!("rates.{rate}{end}=1000000")));
    }
    keys.extend(more.iter().map(|key| (*key).to_owned()));
    keys
}

/// Commands are obeyed at once, and packets dropped.
#[track_caller]
fn guards_as_ever(lab: &Guarded) -> Result<()> {
    for command in [
        &["block", "192.0.2.8"][..],
        &["list"],
        &["status"],
        &["unblock", "192.0.2.8"],
    ] {
        let began = Instant::now();
        lab.cli(command)?;
        let took = began.elapsed();
        assert!(took < FAST, "{command:?} took {took:?}");
    }
    lab.drops("while the log is stuck", &lab.syn("192.0.2.7"), BANNED)
}

#[track_caller]
fn warns(lab: &Guarded, part: &str) -> Result<()> {
    let status = lab.daemon.json(&["status"])?;
    let warnings = status["warnings"].as_array().expect("a list");
    let mut texts = warnings.iter().filter_map(Value::as_str);
    assert!(
        texts.any(|text| text.contains(part)),
        "{part} in {warnings:?}"
    );
    assert_eq!(status["healthy"], true, "the filter is not the log");
    Ok(())
}

fn lost(stream: &Value) -> u64 {
    stream["lost"].as_u64().expect("a number")
}

/// What the pipe has, and goes on to have until it is empty for a moment.
fn read_out(pipe: &mut File) -> String {
    let (mut text, mut idle) = (Vec::new(), 0);
    let mut some = [0; 65_536];
    while idle < 10 {
        match pipe.read(&mut some) {
            Ok(bytes) if bytes > 0 => {
                text.extend(&some[..bytes]);
                idle = 0;
            }
            _ => {
                idle += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
    String::from_utf8(text).expect("the log is text")
}

#[test]
fn a_pipe_that_nobody_reads_holds_nothing_up_and_what_it_missed_is_counted() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let folder = Folder::new();
    let path = folder.at("pipe");
    let rights = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    let made = rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rights,
        0,
    );
    made.expect("the folder is our own");
    let lab = guarded(&keys(&path, &[]), Some(("RUST_LOG", "trace")))?;
    lab.cli(&["block", "192.0.2.7"])?;
    lab.past(&vec![lab.syn("192.0.2.7"); FLOOD])?;
    wait_for(&lab.daemon, "log", |log| lost(log) > 0)?;
    guards_as_ever(&lab)?;
    warns(&lab, "which takes it too slowly")?;
    // Once somebody reads, the log tells how much is missing, and the warning ends.
    let mut options = File::options();
    options
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let mut pipe = options.open(&path).expect("it is there");
    let mut text = String::new();
    let told = "lines of the log are missing here";
    wait_for(&lab.daemon, "log", |log| {
        text.push_str(&read_out(&mut pipe));
        log["untold"] == 0 && text.contains(told)
    })?;
    // Stuck again, the daemon ends as ever.
    lab.past(&vec![lab.syn("192.0.2.7"); FLOOD])?;
    let began = Instant::now();
    lab.daemon.stop()?;
    assert!(began.elapsed() < PATIENCE);
    Ok(())
}

#[test]
fn a_full_disk_holds_nothing_up_and_cuts_no_line() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let folder = Folder::new();
    let size = c"size=64k";
    rustix::mount::mount(
        "none",
        &folder.path,
        "tmpfs",
        rustix::mount::MountFlags::empty(),
        size,
    )
    .expect("root may mount");
    let path = folder.at("aegis.log");
    let lab = guarded(&keys(&path, &["logging.json=true"]), None)?;
    lab.cli(&["block", "192.0.2.7"])?;
    lab.past(&vec![lab.syn("192.0.2.7"); 500])?;
    let full = |log: &Value| {
        log["problem"]
            .as_str()
            .is_some_and(|why| why.contains("No space"))
    };
    wait_for(&lab.daemon, "log", |log| full(log) && lost(log) > 0)?;
    guards_as_ever(&lab)?;
    warns(&lab, "No space left on device")?;
    assert!(objects(&path).len() > 50);
    // Whoever makes room has a log again, and is told what is missing.
    fs::write(&path, "").expect("the folder is our own");
    lab.cli(&["unblock", "192.0.2.7"])?;
    let log = wait_for(&lab.daemon, "log", |log| {
        log["untold"] == 0 && log["problem"].is_null()
    })?;
    let began = Instant::now();
    let told = |line: &Value| line["message"] == "lines of the log are missing here";
    while !objects(&path).iter().any(told) {
        assert!(began.elapsed() < PATIENCE, "{log}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let lines = objects(&path);
    let told = lines.iter().find(|line| told(line)).expect("it is there");
    assert_eq!(told["total"], log["lost"]);
    Ok(())
}
