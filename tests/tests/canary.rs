// SPDX-License-Identifier: MIT
//! The canary: what is enforced is tried, without a trace; and what somebody broke behind the
//! daemon's back turns `status` red.

use aegis_testbed::{Daemon, Need, Result, require};
use aegis_tests::guarded::{Guarded, counters};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a rehearsal may be in coming on a busy machine, at one a second.
const TICK: Duration = Duration::from_secs(10);
const EVERY_SECOND: &[&str] = &["--set", "canary.every=1s", "--set", "attach.grace=0s"];

/// The status, which is an answer whether it is good or bad.
fn answer(daemon: &Daemon) -> Result<serde_json::Value> {
    let text = daemon.cli(&["status", "--json"])?.stdout;
    Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// The status, once a rehearsal has come to this.
fn once_healthy(daemon: &Daemon, healthy: bool) -> Result<serde_json::Value> {
    let began = Instant::now();
    loop {
        let status = answer(daemon)?;
        if status["healthy"] == healthy || began.elapsed() > TICK {
            assert_eq!(status["healthy"], healthy, "{status:#}");
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits for so many frames at once, judged since.
fn rehearsed(daemon: &Daemon, frames: u64) -> Result<()> {
    let began = Instant::now();
    loop {
        let status = daemon.json(&["status"])?;
        let canary = &status["canary"];
        if canary["frames"].as_u64() >= Some(frames) {
            assert_eq!(canary["failures"], 0, "{status:#}");
            return Ok(());
        }
        assert!(began.elapsed() < TICK, "{status:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[track_caller]
fn problem(status: &serde_json::Value, words: &str) {
    let problems = status["problems"].to_string();
    assert!(problems.contains(words), "{words:?} is not in {problems}");
}

/// Runs bpftool on a pinned table.
fn bpftool(lab: &Guarded, table: &str, words: &[&str]) -> Result<()> {
    let pin: PathBuf = lab.daemon.pin_dir().join("eth0").join(table);
    let pin = pin.to_string_lossy().into_owned();
    let (verb, rest) = words.split_first().expect("a verb");
    let mut arguments = vec!["map", verb, "pinned", pin.as_str()];
    arguments.extend(rest);
    lab.host.run("bpftool", &arguments)?.success().map(drop)
}

#[test]
fn it_tries_what_is_enforced_and_leaves_no_trace() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(EVERY_SECOND)?;
    rehearsed(&lab.daemon, 11)?;
    lab.cli(&["module", "on", "verbose"])?;
    for target in ["192.0.2.7", "2001:db8::/32"] {
        lab.cli(&["block", target])?;
    }
    lab.cli(&["block", "192.0.2.8", "53", "udp"])?;
    lab.cli(&["allow", "add", "198.51.100.0/24"])?;
    // Two more a target, one at each hook.
    rehearsed(&lab.daemon, 11 + 4 * 2)?;
    for module in ["scan_detect", "conn_track", "threat_feeds"] {
        lab.cli(&["module", "off", module])?;
        once_healthy(&lab.daemon, true)?;
    }
    std::thread::sleep(Duration::from_millis(1_500));
    let status = once_healthy(&lab.daemon, true)?;
    assert_eq!(
        status["last_packet_seconds"],
        serde_json::Value::Null,
        "{status:#}"
    );
    let check = lab.daemon.cli(&["status", "--check"])?;
    let expected = "OK - eth0: everything is enforced at 2 hooks\n";
    assert_eq!((check.code(), check.stdout.as_str()), (Some(0), expected));
    assert_eq!(status["canary"]["every_seconds"], 1, "{status:#}");
    assert_eq!(status["events"]["sent"], 0, "{status:#}");
    assert_eq!(status["events"]["suppressed"], 0, "{status:#}");
    assert_eq!(status["state"]["counters"], serde_json::json!({}));
    assert_eq!(counters(&lab.daemon)?, aegis_testbed::Counters::new());
    // The budget of who is banned is whole: five at once.
    let frames = vec![lab.syn("192.0.2.7"); 6];
    lab.past(&frames)?;
    let sent = lab.daemon.json(&["status"])?["events"]["sent"].clone();
    // The mark behind them is told too, as the module `verbose` is on.
    assert_eq!(sent, 5 + 1);
    Ok(())
}

#[test]
fn what_is_broken_behind_the_daemons_back_turns_status_red() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("bpftool"));
    let lab = Guarded::with(EVERY_SECOND)?;
    lab.cli(&["block", "192.0.2.0/24"])?;
    rehearsed(&lab.daemon, 11 + 2)?;
    // A ban row: the key is the prefix length and the address.
    let key = [
        "delete", "key", "hex", "18", "0", "0", "0", "c0", "0", "2", "0",
    ];
    bpftool(&lab, "BAN_PREFIXES_V4", &key)?;
    let status = once_healthy(&lab.daemon, false)?;
    problem(
        &status,
        "a TCP reset from 192.0.2.1 must come to drop (ban_prefix)",
    );
    problem(&status, "came to drop (tcp_out_of_state)");
    assert_eq!(lab.daemon.cli(&["status"])?.code(), Some(1));
    let check = lab.daemon.cli(&["status", "--check"])?;
    assert_eq!(check.code(), Some(2), "{check:?}");
    assert!(
        check.stdout.starts_with("CRITICAL - eth0: canary: "),
        "{check:?}"
    );
    lab.cli(&["unblock", "192.0.2.0/24"])?;
    once_healthy(&lab.daemon, true)?;
    // Where the first program goes on: whatever is not known would pass, uncounted.
    bpftool(
        &lab,
        "NEXT_XDP",
        &["delete", "key", "hex", "0", "0", "0", "0"],
    )?;
    let status = once_healthy(&lab.daemon, false)?;
    problem(
        &status,
        "must come to drop (tcp_out_of_state), and came to pass, unjudged",
    );
    let syn = lab.syn("198.51.100.1");
    lab.moves(&[], |lab| lab.past(std::slice::from_ref(&syn)))?;
    let mut row = vec!["update", "key", "hex", "0", "0", "0", "0", "value", "hex"];
    row.extend(["0"; size_of::<aegis_abi::SettingsSlots>()]);
    bpftool(&lab, "SETTINGS", &row)?;
    let began = Instant::now();
    let words = "other settings than the daemon wrote";
    while !answer(&lab.daemon)?["problems"].to_string().contains(words) {
        assert!(began.elapsed() < TICK, "{words}");
        std::thread::sleep(Duration::from_millis(50));
    }
    problem(&answer(&lab.daemon)?, "must come to drop (bogus_source)");
    Ok(())
}
