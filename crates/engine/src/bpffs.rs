// SPDX-License-Identifier: MIT
//! The folder of pins: tables that several objects share by name.

use crate::EngineError;
use rustix::fs::statfs;
use rustix::mount::{MountFlags, mount};
use std::path::{Path, PathBuf};
use std::{fs, io};

const BPF_FS_MAGIC: u64 = 0xcafe_4a11;
const USUAL: &str = "/sys/fs/bpf";

/// An instance's folder of pins, removed with everything in it when dropped.
#[derive(Debug)]
pub(crate) struct PinDir {
    path: PathBuf,
}

impl PinDir {
    /// Makes the folder anew. What a dead instance left there is removed: its programs are gone
    /// with it, and its tables are of no use.
    pub(crate) fn create(path: &Path) -> Result<Self, EngineError> {
        let failed = |what: &str, error: io::Error| match error.kind() {
            io::ErrorKind::PermissionDenied => EngineError::NotPermitted,
            _ => EngineError::BpfFs {
                path: path.to_path_buf(),
                reason: format!("{what}{error}"),
            },
        };
        require_bpffs(path).map_err(|error| failed("", error))?;
        clear(path).map_err(|error| failed("stale pins cannot be removed: ", error))?;
        fs::create_dir_all(path).map_err(|error| failed("", error))?;
        Ok(Self {
            path: path.to_path_buf(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PinDir {
    fn drop(&mut self) {
        if let Err(error) = clear(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "pins could not be removed");
        }
    }
}

fn clear(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Mounts the usual bpf file system where it is missing, as systemd does at boot.
fn require_bpffs(path: &Path) -> io::Result<()> {
    if is_bpffs(path) {
        return Ok(());
    }
    if !path.starts_with(USUAL) {
        return Err(io::Error::other("it is not on a bpf file system"));
    }
    mount(
        "bpf",
        USUAL,
        "bpf",
        MountFlags::empty(),
        None::<&std::ffi::CStr>,
    )?;
    tracing::info!("mounted a bpf file system on {USUAL}");
    Ok(())
}

fn is_bpffs(path: &Path) -> bool {
    let existing = path.ancestors().find(|ancestor| ancestor.exists());
    existing
        .and_then(|ancestor| statfs(ancestor).ok())
        .is_some_and(|found| found.f_type as u64 == BPF_FS_MAGIC)
}
