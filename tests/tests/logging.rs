// SPDX-License-Identifier: MIT
//! What the daemon writes down, with the real daemon: a target that takes nothing holds nothing up,
//! files are rotated and opened anew, and events are as their schema says.

#[path = "logging/blocked.rs"]
mod blocked;
#[path = "logging/files.rs"]
mod files;
#[path = "logging/schema.rs"]
mod schema;

use aegis_testbed::cleanup::{Deferred, defer, unique_name};
use aegis_testbed::{Daemon, Lab, Result};
use aegis_tests::guarded::Guarded;
use rustix::mount::{UnmountFlags, unmount};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);
const BANNED: &str = "xdp_ingress/ipv4/ban_address";

/// A folder that is gone afterwards, with what is mounted on it.
struct Folder {
    path: PathBuf,
    _cleanup: Deferred,
}

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(unique_name("logging"));
        fs::create_dir(&path).expect("the name is our own");
        let doomed = path.clone();
        let _cleanup = defer(move || {
            // Nothing may be mounted there.
            unmount(&doomed, UnmountFlags::DETACH).unwrap_or_default();
            drop(fs::remove_dir_all(&doomed));
        });
        Self { path, _cleanup }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// A guarded host whose daemon has these keys set, and this variable.
fn guarded(keys: &[String], variable: Option<(&str, &str)>) -> Result<Guarded> {
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let pair = lab.veth(&attacker, "eth0", &host, "eth0");
    let link = pair.quiet().without_offloads().up()?;
    let mut daemon = Daemon::on(&host, "eth0");
    for key in keys {
        daemon = daemon.options(&["--set", key]);
    }
    if let Some((name, value)) = variable {
        daemon = daemon.environment(name, value);
    }
    Guarded::of(lab, link, daemon.start()?)
}

/// What `status` says of a stream, `log` or `events`.
fn stream(daemon: &Daemon, name: &str) -> Result<Value> {
    Ok(daemon.json(&["status"])?["logging"][name].clone())
}

/// Waits until a stream is as wanted.
#[track_caller]
fn wait_for(daemon: &Daemon, name: &str, mut wanted: impl FnMut(&Value) -> bool) -> Result<Value> {
    let began = Instant::now();
    loop {
        let found = stream(daemon, name)?;
        if wanted(&found) {
            return Ok(found);
        }
        assert!(began.elapsed() < PATIENCE, "{found}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The lines of a file, each of them JSON.
#[track_caller]
fn objects(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("it is there");
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "the last line is cut"
    );
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("cut: {line}"));
    text.lines().map(read).collect()
}
