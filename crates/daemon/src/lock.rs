// SPDX-License-Identifier: MIT
//! The lock that makes a daemon the only one of its name.

use crate::DaemonError;
use aegis_api::Instance;
use aegis_api::instance::Holder;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a lock is asked for: a client that looks whether anybody holds it does so itself.
const ATTEMPTS: u32 = 5;
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

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
    pub fn take(
        instance: &Instance,
        interfaces: &[String],
        selector: &str,
    ) -> Result<Self, DaemonError> {
        let folder = instance.run_dir();
        let made = DirBuilder::new().recursive(true).mode(0o755).create(folder);
        made.map_err(DaemonError::file("create", folder.to_owned()))?;
        let path = instance.lock();
        loop {
            let mut file = open(&path)?;
            match hold(&file) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => {
                    let instance = instance.name().to_owned();
                    let selector = selector.to_owned();
                    return Err(DaemonError::AlreadyRunning {
                        instance,
                        pid: Holder::read(&mut file).map(|holder| holder.pid),
                        selector,
                    });
                }
                Err(error) => return Err(DaemonError::file("lock", path)(error.into())),
            }
            // A daemon that was just ending may have removed the file between open and lock.
            if is_at(&file, &path) {
                sign(&mut file, interfaces).map_err(DaemonError::file("write", path.clone()))?;
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

fn hold(file: &File) -> Result<(), Errno> {
    for _ in 1..ATTEMPTS {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
    flock(file, FlockOperation::NonBlockingLockExclusive)
}

fn sign(file: &mut File, interfaces: &[String]) -> std::io::Result<()> {
    let holder = Holder {
        pid: std::process::id(),
        interfaces: interfaces.to_vec(),
    };
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(holder.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_is_told_who_holds_the_lock() {
        let folder = std::env::temp_dir().join(format!("aegis-lock-{}", std::process::id()));
        let instance = Instance::named("eth0", &folder.join("run")).expect("valid");
        let interfaces = ["eth0".to_owned()];
        let lock = Lock::take(&instance, &interfaces, "-i eth0").expect("nobody holds it");
        let refused = Lock::take(&instance, &interfaces, "-i eth0").expect_err("it is held");
        let text = refused.to_string();
        assert!(
            text.contains(&format!("pid {}", std::process::id())),
            "{text}"
        );
        assert!(text.contains("aegis-cli -i eth0 status"), "{text}");
        let found = Instance::find(&interfaces, instance.run_dir());
        assert_eq!(found.expect("it says what it guards"), instance);
        lock.release().expect("it is there");
        assert!(!instance.lock().exists());
        fs::write(instance.lock(), "4711\n").expect("left behind by a crash");
        let lock =
            Lock::take(&instance, &interfaces, "-i eth0").expect("nobody holds a file left behind");
        lock.release().expect("it is there");
        fs::remove_dir_all(&folder).expect("it is ours");
    }
    #[test]
    fn a_client_that_looks_at_the_lock_does_not_keep_a_daemon_from_starting() {
        let folder = std::env::temp_dir().join(format!("aegis-look-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let instance = Instance::named("eth0", &folder).expect("valid");
        // On a busy machine a client may look for longer than a daemon waits, if not every time.
        assert!((0..20).any(|_| waits_for_a_client(&instance)));
        fs::remove_dir_all(&folder).expect("it is ours");
    }

    fn waits_for_a_client(instance: &Instance) -> bool {
        fs::write(instance.lock(), "").expect("left behind by a crash");
        let looked_at = File::open(instance.lock()).expect("it was just written");
        looked_at.lock_shared().expect("nobody holds it");
        let client = std::thread::spawn(move || {
            std::thread::sleep(PAUSE);
            drop(looked_at);
        });
        let lock = Lock::take(instance, &[], "-i eth0");
        client.join().expect("it only sleeps");
        lock.is_ok_and(|lock| lock.release().is_ok())
    }
}
