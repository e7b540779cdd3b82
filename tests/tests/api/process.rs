// SPDX-License-Identifier: MIT
//! What a daemon takes of the machine.

use aegis_testbed::Daemon;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How much a daemon may keep of what it once needed, KiB: allocators do not give everything back.
const KEPT_KIB: u64 = 16 * 1024;
/// How long it may take to let go.
const LETTING_GO: Duration = Duration::from_secs(20);

/// At one moment.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Open files.
    pub files: usize,
    /// Resident memory, KiB (proc_pid_status(5), `VmRSS`).
    pub memory_kib: u64,
}

impl Taken {
    /// By this daemon, now.
    pub fn by(daemon: &Daemon) -> Self {
        let pid = daemon.pid().expect("it runs");
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let status = fs::read_to_string(folder.join("status")).expect("it runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|text| text.trim().strip_suffix(" kB"));
        Self {
            files: fs::read_dir(folder.join("fd")).expect("it runs").count(),
            memory_kib: kib.and_then(|kib| kib.parse().ok()).expect("a number"),
        }
    }

    /// Fails unless the daemon is back where it was.
    #[track_caller]
    pub fn is_all_again(self, daemon: &Daemon) {
        let began = Instant::now();
        let mut now = Self::by(daemon);
        while now.files > self.files && began.elapsed() < LETTING_GO {
            std::thread::sleep(Duration::from_millis(50));
            now = Self::by(daemon);
        }
        let back = now.files <= self.files && now.memory_kib < self.memory_kib + KEPT_KIB;
        assert!(back, "{self:?} before, {now:?} after");
    }
}
