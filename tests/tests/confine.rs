// SPDX-License-Identifier: MIT
//! What the daemon may still do once it has started, as the kernel shows it.

use aegis_testbed::{Daemon, Need, Result, require};
use aegis_tests::guarded::Guarded;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const KEPT: [&str; 3] = ["CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"];
/// The numbers of those in capability.h: 12, 38 and 39.
const KEPT_BITS: u64 = 1 << 12 | 1 << 38 | 1 << 39;
/// CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE: 2 and 19.
const WITNESS_BITS: u64 = 1 << 2 | 1 << 19;
/// Every number of the user that the courier runs as.
const NOBODY: &str = "65534\t65534\t65534\t65534";
const SETS: [&str; 5] = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
/// The witness is asked every ten seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A field of every `/proc/PID/task/TID/status` of a process.
fn field(pid: u64, name: &str) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the process is there");
    let of = |task: fs::DirEntry| {
        // A thread may end meanwhile.
        let text = fs::read_to_string(task.path().join("status")).ok()?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        Some(line.expect("the kernel tells").trim().to_owned())
    };
    tasks.flatten().filter_map(of).collect()
}

fn holds(pid: u64, bits: u64) {
    for set in SETS {
        for value in field(pid, set) {
            assert_eq!(value, format!("{bits:016x}"), "{set} of process {pid}");
        }
    }
    assert!(field(pid, "NoNewPrivs").iter().all(|value| value == "1"));
    assert!(field(pid, "Seccomp").iter().all(|value| value == "2"));
}

fn pid(daemon: &Daemon) -> u64 {
    daemon.pid().expect("it runs").into()
}

#[test]
fn every_thread_keeps_three_capabilities_and_the_witness_two() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::LinkKind("veth"));
    let guarded = Guarded::start()?;
    let daemon = &guarded.daemon;
    // Threads that were begun for requests, too.
    daemon.json(&["flows"])?;
    let status = daemon.json(&["status"])?;
    assert_eq!(
        (&status["healthy"], &status["warnings"]),
        (&json!(true), &json!([]))
    );
    let found = &status["confinement"];
    for set in ["capabilities", "bounding"] {
        assert_eq!(found[set], json!(KEPT));
    }
    for part in ["no_new_privs", "seccomp", "landlock"] {
        assert_eq!(found[part], true, "{part}: {found}");
    }
    holds(pid(daemon), KEPT_BITS);
    let witness = found["sessions"]["witness"]
        .as_u64()
        .expect("one was begun");
    holds(witness, WITNESS_BITS);
    let courier = &found["courier"];
    let carries = courier["process"].as_u64().expect("one was begun");
    holds(carries, 0);
    assert!(field(carries, "Uid").iter().all(|ids| *ids == NOBODY));
    assert!(field(carries, "Groups").iter().all(String::is_empty));
    let expected = json!({
        "process": carries, "user": 65_534, "capabilities": [], "no_new_privs": true,
        "seccomp": true, "landlock": true, "problem": null,
    });
    assert_eq!(courier, &expected);
    let human = daemon.cli(&["status"])?.success()?.stdout;
    let line = "confined: CAP_NET_ADMIN CAP_PERFMON CAP_BPF, no new privileges, system calls filtered, \
                files by Landlock\n";
    assert!(human.contains(line), "{human}");
    end(carries);
    a_warning_follows(
        daemon,
        "fetching: the courier is gone (its process has ended); restart the daemon",
    )?;
    end(witness);
    // A ban asks whom it must not hit.
    daemon.cli(&["block", "198.51.100.9"])?.success()?;
    a_warning_follows(
        daemon,
        "login sessions may be overlooked: nobody looks any more",
    )?;
    assert_eq!(daemon.json(&["status"])?["healthy"], true, "it guards on");
    Ok(())
}

fn end(process: u64) {
    let number = i32::try_from(process).expect("process numbers are small");
    let process = rustix::process::Pid::from_raw(number).expect("it is not 0");
    rustix::process::kill_process(process, rustix::process::Signal::KILL).expect("it runs");
}

/// Never silently: whoever administers the host could be banned, and lists grow old.
fn a_warning_follows(daemon: &Daemon, warning: &str) -> Result<()> {
    let began = Instant::now();
    loop {
        let status = daemon.json(&["status"])?;
        let warnings = status["warnings"].to_string();
        if warnings.contains(warning) {
            return Ok(());
        }
        assert!(began.elapsed() < PATIENCE, "{warnings}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn whoever_wants_it_keeps_everything_and_is_told() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::LinkKind("veth"));
    let guarded = Guarded::with(&["--set", "confine=off"])?;
    let status = guarded.daemon.json(&["status"])?;
    let found = &status["confinement"];
    assert_eq!(
        (&found["mode"], &found["landlock"]),
        (&json!("off"), &json!(false))
    );
    assert_eq!(found["sessions"]["witness"], Value::Null);
    assert_eq!(found["courier"]["process"], Value::Null);
    assert_eq!(status["warnings"], json!([]), "it is wanted so");
    let own = field(u64::from(std::process::id()), "CapEff");
    assert_eq!(field(pid(&guarded.daemon), "CapEff").first(), own.first());
    assert!(
        guarded
            .daemon
            .log()
            .contains("the daemon keeps its privileges")
    );
    Ok(())
}

#[test]
fn a_stop_leaves_no_process_behind() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::LinkKind("veth"));
    let guarded = Guarded::start()?;
    let status = guarded.daemon.json(&["status"])?;
    let found = &status["confinement"];
    let aside = [&found["sessions"]["witness"], &found["courier"]["process"]];
    let places = aside.map(|process| format!("/proc/{}", process.as_u64().expect("one was begun")));
    let there = || places.iter().any(|place| Path::new(place).exists());
    assert!(places.iter().all(|place| Path::new(place).exists()));
    guarded.daemon.kill()?;
    let began = Instant::now();
    while there() {
        assert!(
            began.elapsed() < PATIENCE,
            "one outlives a daemon that was killed"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
