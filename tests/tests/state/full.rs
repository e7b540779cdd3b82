// SPDX-License-Identifier: MIT
//! A disk without room: bans hold, and nobody is told that they are saved.

use super::{BANNED, END};
use aegis_testbed::{Daemon, Lab, Need, Result, require};
use aegis_tests::guarded::Guarded;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A file system of so little room that a test can fill it.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn new() -> Self {
        let folder = format!("aegis-small-{}", std::process::id());
        let disk = Self(std::env::temp_dir().join(folder));
        fs::create_dir(&disk.0).expect("the name is our own");
        let mounted = mount("tmpfs", &disk.0, "tmpfs", MountFlags::empty(), c"size=64k");
        mounted.expect("root may");
        disk
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("the name is plain")
    }

    /// Takes all the room there is.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut filler = File::create(&path).expect("there is room for a name");
        while filler.write_all(&[0; 512]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(&self.0, UnmountFlags::DETACH).ok();
        fs::remove_dir(&self.0).ok();
    }
}

#[test]
fn on_a_full_disk_bans_hold_and_are_said_not_to_be_saved() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let disk = SmallDisk::new();
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let link = lab.veth(&attacker, "eth0", &host, "eth0");
    let link = link.quiet().without_offloads().up()?;
    let daemon = Daemon::on(&host, "eth0").environment("AEGIS_STATE_DIR", disk.path());
    let mut lab = Guarded::of(lab, link, daemon.start()?)?;
    let filler = disk.fill();
    let reason = "x".repeat(200);
    // What is left of the last page takes a few.
    let mut addresses = (1..100).map(|host| format!("192.0.2.{host}"));
    let unsaved = addresses.find_map(|address| {
        let said = lab.cli(&["block", &address, "--reason", &reason]).ok()?;
        said.contains("NOT SAVED").then_some((address, said))
    });
    let (address, said) = unsaved.expect("the disk is full");
    assert!(said.contains("No space left on device"), "{said}");
    lab.drops("nevertheless", &lab.syn(&address), BANNED)?;
    let status = lab.cli(&["status"])?;
    assert!(
        status.contains("warning: what is banned and allowed now is not saved"),
        "{status}"
    );
    fs::remove_file(filler).expect("the test wrote it");
    until_saved(&lab)?;
    lab.daemon.kill()?;
    lab.daemon = lab.daemon.restart()?;
    lab.drops("saved once there was room", &lab.syn(&address), BANNED)?;
    Ok(())
}

fn until_saved(lab: &Guarded) -> Result<()> {
    let began = Instant::now();
    while lab.cli(&["status"])?.contains("is not saved") {
        assert!(began.elapsed() < END, "{}", lab.daemon.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}
