// SPDX-License-Identifier: MIT
//! What the tabs of events and of bans make of a scan: it is seen, the ban of the scanner is lifted and
//! put back as it was, and the evidence is written to a file.

use super::{USUAL, open, shell};
use aegis_testbed::{Need, Result, Tmux, require};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::until;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const SCANNER: &str = "203.0.113.77";
/// More than may be tried (`port_scan.ports`).
const PORTS: u16 = 60;

#[test]
fn a_scanner_is_seen_let_go_and_banned_again_as_it_was() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("tmux"));
    let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
    let tmux = shell(&lab, USUAL)?;
    open(&tmux, "")?;
    let frame = |port| lab.from(SCANNER).tcp(40_000, port, "S").bytes();
    (1..=PORTS).try_for_each(|port| lab.wire.send(&frame(port)))?;
    until("a ban of the scanner", || causes(&lab), |it| !it.is_null())?;
    tmux.press(&["Tab", "Tab", "/"])?;
    tmux.enter("reason:portscan")?;
    let screen = tmux.wait_for("(PORTSCAN)")?;
    assert!(screen.contains(SCANNER), "{screen}");
    exported(&lab, &tmux)?;
    lifted_and_not(&lab, &tmux)
}

/// Why the scanner is banned, since when, and until when; null where it is not.
fn causes(lab: &Guarded) -> Result<Value> {
    let list = lab.daemon.json(&["list"])?;
    let bans = list["bans"].as_array().cloned().unwrap_or_default();
    let ban = bans.into_iter().find(|ban| ban["target"] == SCANNER);
    let mut causes = ban.map_or(Value::Null, |mut ban| ban["causes"].take());
    for cause in causes.as_array_mut().into_iter().flatten() {
        // It goes down while the test goes on.
        cause["expires_in_seconds"].take();
    }
    Ok(causes)
}

fn exported(lab: &Guarded, tmux: &Tmux) -> Result<()> {
    let path = lab.daemon.run_dir().join("events.jsonl");
    tmux.press(&["e"])?;
    tmux.wait_for("write events to")?;
    tmux.press(&["C-u"])?;
    tmux.enter(&path.display().to_string())?;
    tmux.wait_for("written to")?;
    let file = fs::metadata(&path).expect("the file is there");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).expect("it can be read");
    let events = text.lines().map(serde_json::from_str::<Value>);
    let events: Vec<Value> = events.map(|event| event.expect("JSON")).collect();
    assert!(!events.is_empty());
    let is_it = |event: &Value| event["src_ip"] == SCANNER && event["reason"] == "PORTSCAN";
    assert!(events.iter().all(is_it), "{text}");
    Ok(())
}

fn lifted_and_not(lab: &Guarded, tmux: &Tmux) -> Result<()> {
    let before = causes(lab)?;
    tmux.press(&["Tab"])?;
    tmux.wait_for("select a row")?;
    // Nothing is selected before somebody moves.
    tmux.press(&["d"])?;
    tmux.wait_for("select a")?;
    assert_eq!(causes(lab)?, before);
    tmux.press(&["Down"])?;
    tmux.wait_for("automatically, for port_scan")?;
    tmux.press(&["d"])?;
    tmux.wait_for(&format!("unblocked {SCANNER}"))?;
    assert_eq!(causes(lab)?, Value::Null);
    tmux.press(&["u"])?;
    tmux.wait_for("again, as it was")?;
    assert_eq!(causes(lab)?, before);
    Ok(())
}
