// SPDX-License-Identifier: MIT
//! A start with a configuration that has become wrong.

use super::END;
use aegis_testbed::{Need, Output, Result, require};
use aegis_tests::guarded::Guarded;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const ALLOWED: &str = "xdp_ingress/ipv4/allowlist";

/// A configuration in a folder of its own.
struct File(PathBuf);

impl File {
    fn new(text: &str) -> Self {
        let folder = format!("aegis-last-good-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir(&folder).expect("the name is our own");
        let file = Self(folder);
        file.write(text);
        file
    }

    fn path(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).expect("the folder is our own");
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn a_start_with_a_wrong_file_guards_by_the_last_good_one_and_says_so() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let right = "[allowlist]\nips = [\"192.0.2.7\"]\n";
    let file = File::new(right);
    let path = file.path().display().to_string();
    let mut lab = Guarded::with(&["--config", &path])?;
    // One that was put on the list since is in the last good one too.
    lab.cli(&["allow", "add", "192.0.2.8"])?;
    lab.daemon.kill()?;
    file.write("[allowlist]\nisp = []\n[port_scan]\nports = \"many\"\n");
    lab.daemon = lab.daemon.restart_unready()?;
    let status = answered(&lab)?;
    assert_eq!(status.code(), Some(1), "{}", status.stdout);
    let told = format!("the last one that was right holds: {path}:2:1: ");
    assert!(status.stdout.contains(&told), "{}", status.stdout);
    assert!(status.stdout.contains("(and 1 more)"), "{}", status.stdout);
    let log = lab.daemon.log();
    assert!(
        log.contains(&format!("{path}:2:1: ")) && log.contains(&format!("{path}:4:9: ")),
        "{log}"
    );
    for allowed in ["192.0.2.7", "192.0.2.8"] {
        lab.passes(allowed, &lab.syn(allowed), ALLOWED)?;
    }
    assert_eq!(
        lab.daemon.cli(&["reload"])?.code(),
        Some(2),
        "it is still wrong"
    );
    assert_eq!(lab.daemon.cli(&["status"])?.code(), Some(1));
    file.write(right);
    lab.cli(&["reload"])?;
    assert_eq!(lab.daemon.cli(&["status"])?.code(), Some(0));
    Ok(())
}

/// The first status that a daemon gives.
fn answered(lab: &Guarded) -> Result<Output> {
    let began = Instant::now();
    loop {
        let status = lab.daemon.cli(&["status"])?;
        if status.code() != Some(3) {
            return Ok(status);
        }
        assert!(began.elapsed() < END, "{}", lab.daemon.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}
