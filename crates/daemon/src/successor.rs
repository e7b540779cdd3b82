// SPDX-License-Identifier: MIT
//! The program that takes this one's place: the one that is installed now where this one was
//! started from.
//!
//! It rehearses first, in a process of its own: that it reads the configuration, speaks the kernel
//! ABI of what is attached, and that the kernel accepts its programs. Then it takes the place of
//! this process, with its number, and takes over what is pinned.

use crate::aside::Aside;
use crate::socket::Sockets;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long a rehearsal may take.
const REHEARSAL: Duration = Duration::from_secs(9);
/// Has the daemon verb say whether it could take over, and touch nothing.
pub const REHEARSE: &str = "--rehearse";

/// A program as it lay on the disk when it was started.
#[derive(Clone, Debug)]
pub struct Successor {
    path: PathBuf,
    arguments: Vec<OsString>,
    started: Option<Identity>,
}

/// What it says then on standard output, where it could.
pub const REHEARSED: &str = "aegis can take over";

type Identity = (u64, u64, i64, i64);

impl Successor {
    /// In the place of this process, by the arguments it was started with; `None` where it is not
    /// known what it was started from.
    #[must_use]
    pub fn of_this_process() -> Option<Self> {
        let path = std::env::current_exe().ok()?;
        Some(Self {
            started: identity(&path),
            path,
            arguments: std::env::args_os().skip(1).collect(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether another program lies there by now.
    pub fn is_new(&self) -> bool {
        let now = identity(&self.path);
        now.is_some() && now != self.started
    }

    /// Has it rehearse.
    ///
    /// # Errors
    /// Its last words.
    pub async fn rehearse(&self) -> Result<(), String> {
        let mut command = tokio::process::Command::new(&self.path);
        command.args(&self.arguments).arg(REHEARSE);
        command.stdin(Stdio::null());
        command.kill_on_drop(true);
        let said = tokio::time::timeout(REHEARSAL, command.output());
        let said = said.await.map_err(|_| {
            let seconds = REHEARSAL.as_secs();
            format!("its rehearsal took longer than {seconds} s")
        })?;
        let said = said.map_err(|error| error.to_string())?;
        if said.status.success() {
            // Other programs do nothing well, too.
            let answered = String::from_utf8_lossy(&said.stdout).trim() == REHEARSED;
            return answered
                .then_some(())
                .ok_or_else(|| "it is no aegis-cli, or one that cannot follow".to_owned());
        }
        let words = String::from_utf8_lossy(&said.stderr);
        let last = words.lines().rev().find(|line| !line.trim().is_empty());
        Err(last.map_or_else(|| said.status.to_string(), |line| line.trim().to_owned()))
    }

    /// Puts it in the place of this process, with the witness, the courier and the sockets that this
    /// one has; returns only where that failed.
    pub(crate) fn take_over(&self, aside: &Aside, sockets: &Sockets) -> io::Error {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments);
        let left = aside.witness.leave_to(&mut command);
        let left = left.and_then(|()| aside.courier.left());
        match left.and_then(|line| sockets.leave_to(&mut command, line)) {
            Ok(()) => command.exec(),
            Err(error) => error,
        }
    }
}

/// What tells a file from one that took its place.
fn identity(path: &Path) -> Option<Identity> {
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.mtime(), file.mtime_nsec()))
}
