// SPDX-License-Identifier: MIT
//! The wrapper of the daemon, tried on a stand-in: a script that answers as `aegis-cli` would.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in its helper functions too"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use aegis_testbed::{Daemon, Lab, Need, Result, require};

/// Says it is a daemon, creates its "socket" late, ends with the given code on SIGTERM; clients find the socket.
const STAND_IN: &str = r#"#!/bin/sh
iface=$2; shift 2
case "$1" in
daemon)
    [ "$STAND_IN_REFUSES" ] && { echo "no such interface: $iface" >&2; exit 4; }
    trap 'rm -f "$AEGIS_RUN_DIR/sock"; exit ${STAND_IN_CODE:-0}' TERM
    echo "guarding $iface"
    sleep 0.2
    : > "$AEGIS_RUN_DIR/sock"
    while :; do sleep 0.05; done ;;
status) [ -e "$AEGIS_RUN_DIR/sock" ] || { echo "daemon is not running" >&2; exit 3; } ;;
stats) [ "$2" = --json ] && echo '{"iface": "'$iface'", "pins": "'$AEGIS_BPFFS'"}' ;;
*) echo "unknown verb: $1" >&2; exit 2 ;;
esac
"#;

/// Name of the variable that makes the tests of this file run with the stand-in.
const CHILD: &str = "AEGIS_TESTBED_STAND_IN";

fn wrapper_works() -> Result<()> {
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("guarded")?);
    let _link = lab.veth(&a, "eth0", &b, "eth0").up()?;
    let daemon = Daemon::on(&b, "eth0").start()?;
    assert!(daemon.log().contains("guarding eth0"));
    let stats = daemon.json(&["stats"])?;
    assert_eq!(stats["iface"], "eth0");
    assert_eq!(stats["pins"], daemon.pin_dir().display().to_string());
    assert_eq!(daemon.cli(&["dance"])?.code(), Some(2));
    daemon.kill()?;
    let daemon = daemon.restart()?;
    let folder: PathBuf = daemon.run_dir().to_owned();
    daemon.stop()?;
    assert!(!folder.exists());
    let refused = Daemon::on(&b, "eth9")
        .environment("STAND_IN_REFUSES", "1")
        .start()
        .unwrap_err();
    assert!(
        refused.to_string().contains("no such interface: eth9"),
        "{refused}"
    );
    let bad_end = Daemon::on(&b, "eth0")
        .environment("STAND_IN_CODE", "9")
        .start()?
        .stop();
    assert!(bad_end.unwrap_err().to_string().contains("code 9"));
    Ok(())
}

/// `AEGIS_CLI` is read from the environment, which a test may not change under its neighbours: a child has its own.
#[test]
fn a_daemon_is_started_asked_killed_restarted_and_stopped() -> Result<()> {
    require!(Need::Root);
    if std::env::var_os(CHILD).is_some() {
        return wrapper_works();
    }
    let script = std::env::temp_dir().join(format!("stand-in-{}", std::process::id()));
    fs::write(&script, STAND_IN).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let name = "a_daemon_is_started_asked_killed_restarted_and_stopped";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("AEGIS_CLI", &script)
        .env(CHILD, "1")
        .output()
        .unwrap();
    fs::remove_file(&script).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
