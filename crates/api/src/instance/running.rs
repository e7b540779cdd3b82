// SPDX-License-Identifier: MIT
//! Which daemons run, as their locks tell. A socket says nothing: it outlives a daemon that was
//! killed, and connecting to one of a daemon that is stuck may block.

use super::{Instance, InstanceError, JOINT, LOCK};
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::Path;

/// The most that is read of a lock: names of interfaces have 15 bytes at most.
const LONGEST: u64 = 64 * 1024;

/// What a daemon writes into its lock: its process number on the first line, the interfaces that
/// it guards on the second, with blanks between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process number.
    pub pid: u32,
    /// Every interface.
    pub interfaces: Vec<String>,
}

impl Holder {
    /// What a lock says; `None` while its daemon is still writing.
    #[must_use]
    pub fn read(lock: &mut File) -> Option<Self> {
        let mut text = String::new();
        lock.take(LONGEST).read_to_string(&mut text).ok()?;
        let (pid, rest) = text.split_once('\n')?;
        let (interfaces, _) = rest.split_once('\n')?;
        Some(Self {
            pid: pid.parse().ok()?,
            interfaces: interfaces.split(' ').map(str::to_owned).collect(),
        })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}", self.pid, self.interfaces.join(" "))
    }
}

/// A daemon that runs.
pub(super) struct Running {
    pub(super) name: String,
    interfaces: Vec<String>,
}

impl Running {
    pub(super) fn guards(&self, interface: &String) -> bool {
        self.interfaces.contains(interface)
    }

    /// `None` where nobody holds the lock: its daemon was killed.
    fn of(name: &str, lock: &Path) -> Option<Self> {
        let holder = match File::open(lock) {
            Ok(mut file) => {
                // Taken for a moment at most, for which a daemon that starts waits.
                let free = file.try_lock_shared();
                if !matches!(free, Err(TryLockError::WouldBlock)) {
                    return None;
                }
                Holder::read(&mut file)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            // Whoever may not look is told by the daemon's socket that they may not.
            Err(_) => None,
        };
        let by_name = || name.split(JOINT).map(str::to_owned).collect();
        Some(Self {
            name: name.to_owned(),
            interfaces: holder.map_or_else(by_name, |holder| holder.interfaces),
        })
    }
}

/// Every daemon that runs, by name; a folder that does not exist has none.
pub(super) fn running(run_dir: &Path) -> Result<Vec<Running>, InstanceError> {
    let unreadable = |source| InstanceError::Unreadable {
        path: run_dir.to_owned(),
        source,
    };
    let entries = match fs::read_dir(run_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if let (Some(stem), Some(LOCK)) = (stem, path.extension().and_then(|e| e.to_str())) {
            let named = Instance::named(stem, run_dir).is_ok();
            found.extend(named.then(|| Running::of(stem, &path)).flatten());
        }
    }
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}
