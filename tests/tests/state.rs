// SPDX-License-Identifier: MIT
//! What outlives the daemon, with the real one: bans, the allowlist and strikes, whatever ends it and
//! whatever becomes of its file; and the last configuration that was right.

#[path = "state/configuration.rs"]
mod configuration;
#[path = "state/full.rs"]
mod full;
#[path = "state/saved.rs"]
mod saved;

use aegis_testbed::{Need, Result, require};
use aegis_tests::guarded::Guarded;
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};

const END: Duration = Duration::from_secs(30);
const SIGTERM: i32 = 15;
const BANNED: &str = "xdp_ingress/ipv4/ban_address";
const REASON: &str = "a \"quoted\" reason \\ ü";

/// Bans without what differs with every look at them and with every daemon.
fn bans(lab: &Guarded) -> Result<Value> {
    let mut list = lab.daemon.json(&["list"])?["bans"].take();
    for ban in list.as_array_mut().into_iter().flatten() {
        forget(ban);
        for cause in ban["causes"].as_array_mut().into_iter().flatten() {
            forget(cause);
        }
    }
    Ok(list)
}

fn forget(told: &mut Value) {
    if let Some(told) = told.as_object_mut() {
        told.retain(|name, _| name != "rule" && name != "expires_in_seconds");
    }
}

/// The allowlist, likewise.
fn allowed(lab: &Guarded) -> Result<Value> {
    let mut list = lab.daemon.json(&["allow", "list"])?["allow"].take();
    list.as_array_mut().into_iter().flatten().for_each(forget);
    Ok(list)
}

/// Bans of every kind, one that is over soon, and somebody on the allowlist.
fn guarded() -> Result<Guarded> {
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.7", "--for", "1h", "--reason", REASON])?;
    lab.cli(&["block", "198.51.100.0/24", "22", "tcp"])?;
    lab.cli(&["block", "2001:db8::/32"])?;
    lab.cli(&["block", "192.0.2.99"])?;
    lab.cli(&["unblock", "192.0.2.99"])?;
    lab.cli(&["allow", "add", "192.0.2.200", "--reason", "our office"])?;
    Ok(lab)
}

/// Tries so many ports that it is banned for that.
fn scan(lab: &Guarded, source: &str) -> Result<()> {
    let syn = |port| lab.from(source).tcp(40_000, port, "S").bytes();
    let syns: Vec<Vec<u8>> = (1..=60).map(syn).collect();
    lab.past(&syns)?;
    let began = Instant::now();
    while !bans(lab)?.to_string().contains(source) {
        assert!(began.elapsed() < END, "{source} is not banned");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[test]
fn what_is_banned_and_allowed_outlives_every_end_of_the_daemon() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let mut lab = guarded()?;
    scan(&lab, "203.0.113.5")?;
    let (before, allowlist) = (bans(&lab)?, allowed(&lab)?);
    assert_eq!(before.as_array().map(Vec::len), Some(4), "{before}");
    // The last one is acknowledged, and the daemon is gone.
    lab.cli(&["block", "192.0.2.8"])?;
    lab.daemon.kill()?;
    lab.daemon = lab.daemon.restart()?;
    lab.drops("acknowledged last", &lab.syn("192.0.2.8"), BANNED)?;
    lab.drops("for an hour", &lab.syn("192.0.2.7"), BANNED)?;
    lab.passes(
        "unblocked",
        &lab.syn("192.0.2.99"),
        "xdp_ingress/ipv4/default",
    )?;
    lab.cli(&["unblock", "192.0.2.8"])?;
    assert_eq!(
        (bans(&lab)?, allowed(&lab)?),
        (before.clone(), allowlist.clone())
    );
    let why = lab.daemon.json(&["why", "203.0.113.5"])?;
    assert_eq!(why["evidence"]["bans_unproven"], 1, "{why}");
    lab.daemon.signal(SIGTERM)?;
    lab.daemon.wait(END)?.success()?;
    lab.daemon = lab.daemon.restart()?;
    assert_eq!(
        (bans(&lab)?, allowed(&lab)?),
        (before.clone(), allowlist.clone())
    );
    lab = damaged(lab, &before)?;
    assert_eq!(allowed(&lab)?, allowlist);
    Ok(())
}

/// Ends in the middle of the last line, as it may after a loss of power.
fn damaged(mut lab: Guarded, expected: &Value) -> Result<Guarded> {
    lab.cli(&["block", "192.0.2.9"])?;
    lab.daemon.kill()?;
    let folder = lab.daemon.state_dir().join("eth0");
    let log = fs::read(folder.join("state")).expect("the daemon wrote it");
    fs::write(folder.join("state"), &log[..log.len() - 3]).expect("root may");
    lab.daemon = lab.daemon.restart()?;
    assert_eq!(&bans(&lab)?, expected);
    assert!(
        lab.daemon.log().contains("state.damaged"),
        "{}",
        lab.daemon.log()
    );
    assert!(folder.join("state.damaged").is_file());
    Ok(lab)
}
