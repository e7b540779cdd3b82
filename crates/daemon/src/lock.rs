// SPDX-License-Identifier: MIT
//! The lock that makes a daemon the only one of its name.

use crate::DaemonError;
use aegis_api::Instance;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Held until dropped, or until the process ends in whatever way.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    // Closing it releases the lock.
    _file: File,
}

impl Lock {
    /// Makes the folder where it is missing, and takes the lock.
    ///
    /// # Errors
    /// [`DaemonError::AlreadyRunning`] with the holder's process number, or [`DaemonError::File`].
    pub fn take(instance: &Instance, selector: &str) -> Result<Self, DaemonError> {
        let folder = instance.run_dir();
        let made = DirBuilder::new().recursive(true).mode(0o755).create(folder);
        made.map_err(DaemonError::file("create", folder.to_owned()))?;
        let path = instance.lock();
        loop {
            let mut file = open(&path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => {
                    let instance = instance.name().to_owned();
                    let selector = selector.to_owned();
                    return Err(DaemonError::AlreadyRunning {
                        instance,
                        pid: holder(&mut file),
                        selector,
                    });
                }
                Err(error) => return Err(DaemonError::file("lock", path)(error.into())),
            }
            // A daemon that was just ending may have removed the file between open and lock.
            if is_at(&file, &path) {
                sign(&mut file).map_err(DaemonError::file("write", path.clone()))?;
                return Ok(Self { path, _file: file });
            }
        }
    }

    /// Removes the file and lets go.
    ///
    /// # Errors
    /// [`DaemonError::File`].
    pub fn release(self) -> Result<(), DaemonError> {
        DaemonError::remove_file(&self.path)
    }
}

fn open(path: &Path) -> Result<File, DaemonError> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o644);
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    options
        .open(path)
        .map_err(DaemonError::file("open", path.to_owned()))
}

fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_is_told_who_holds_the_lock() {
        let folder = std::env::temp_dir().join(format!("aegis-lock-{}", std::process::id()));
        let instance = Instance::named("eth0", &folder.join("run")).expect("valid");
        let lock = Lock::take(&instance, "-i eth0").expect("nobody holds it");
        let refused = Lock::take(&instance, "-i eth0").expect_err("it is held");
        let text = refused.to_string();
        assert!(
            text.contains(&format!("pid {}", std::process::id())),
            "{text}"
        );
        assert!(text.contains("aegis-cli -i eth0 status"), "{text}");
        lock.release().expect("it is there");
        assert!(!instance.lock().exists());
        fs::write(instance.lock(), "4711\n").expect("left behind by a crash");
        let lock = Lock::take(&instance, "-i eth0").expect("nobody holds a file left behind");
        lock.release().expect("it is there");
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
