// SPDX-License-Identifier: MIT
//! The witness as a process.

use super::{Sight, answer, ask};
use crate::confine;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// The name that it runs under; the program knows by it what it is to do.
const NAME: &str = "aegis-witness";
/// This program, wherever it is, and even if its file has been replaced.
const PROGRAM: &str = "/proc/self/exe";
/// Set where an earlier program of this process has left a witness: standard input is the way to ask
/// it.
const LEFT: &str = "AEGIS_WITNESS";
/// How long an answer may take: on a host with very many processes, seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// The way to ask a process that looks.
#[derive(Debug)]
pub(super) struct Apart {
    stream: UnixStream,
}

impl Apart {
    /// The one that an earlier program of this process left to it, else the one that is offered at
    /// `socket`, else a new one.
    pub(super) fn begin(socket: &Path) -> io::Result<Self> {
        if std::env::var_os(LEFT).is_some() {
            return Self::with(stdin()?);
        }
        match UnixStream::connect(socket) {
            Ok(stream) => Self::with(stream),
            Err(_) => Self::new(),
        }
    }

    /// It leaves this process's group, so that a terminal's Ctrl-C ends it no sooner than the
    /// daemon.
    fn new() -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        Command::new(PROGRAM)
            .arg0(NAME)
            .env_clear()
            .process_group(0)
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Self::with(ours)
    }

    pub(super) fn with(stream: UnixStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream })
    }

    /// Leaves it to the program that is about to take this one's place.
    pub(super) fn leave_to(&self, successor: &mut Command) -> io::Result<()> {
        let theirs = OwnedFd::from(self.stream.try_clone()?);
        successor.stdin(theirs).env(LEFT, "1");
        Ok(())
    }

    pub(super) fn ask(&self) -> io::Result<Sight> {
        ask(&self.stream)
    }
}

fn stdin() -> io::Result<UnixStream> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Where this program was begun as a witness, its whole life. Else `None`.
pub fn testify() -> Option<ExitCode> {
    if std::env::args_os().next().as_deref() != Some(OsStr::new(NAME)) {
        return None;
    }
    Some(match live() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

fn live() -> io::Result<()> {
    let stream = stdin()?;
    // One that cannot be confined, as in a container that forbids it, looks nevertheless: without
    // it the sessions of administrators would be anybody's to have banned.
    drop(confine::witness());
    answer(&stream)
}
