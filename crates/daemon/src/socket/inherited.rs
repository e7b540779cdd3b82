// SPDX-License-Identifier: MIT
//! Sockets that one program leaves to the next, as service managers do (sd_listen_fds(3)).
//!
//! The next one is confined from its beginning: it could neither look a group up nor give it a
//! socket. And clients that connect meanwhile wait instead of finding nobody.

use command_fds::{CommandFdExt, FdMapping};
use listenfd::ListenFd;
use std::io;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Where they begin (`SD_LISTEN_FDS_START`).
const FIRST: RawFd = 3;
/// How many listen; what is left beside them comes after them.
const LISTENERS: usize = 2;

/// Whatever was left to this program. That is told once, and each is somebody else's to take.
static GIVEN: LazyLock<Mutex<ListenFd>> = LazyLock::new(|| Mutex::new(ListenFd::from_env()));

fn given() -> MutexGuard<'static, ListenFd> {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leaves them, and perhaps the line to a courier, to a program that keeps the number of this process.
///
/// # Errors
/// Where no more files can be opened.
pub(super) fn leave<L: AsFd>(
    listeners: [&L; LISTENERS],
    line: Option<OwnedFd>,
    successor: &mut Command,
) -> io::Result<()> {
    let listeners = listeners.map(|listener| listener.as_fd().try_clone_to_owned());
    let left = listeners.into_iter().chain(line.map(Ok));
    let mapping = |(child_fd, parent_fd): (RawFd, io::Result<OwnedFd>)| {
        Ok(FdMapping {
            parent_fd: parent_fd?,
            child_fd,
        })
    };
    let mappings: io::Result<Vec<FdMapping>> = (FIRST..).zip(left).map(mapping).collect();
    let mappings = mappings?;
    successor
        .env("LISTEN_FDS", mappings.len().to_string())
        .env("LISTEN_PID", std::process::id().to_string());
    successor.fd_mappings(mappings).map_err(io::Error::other)?;
    Ok(())
}

/// Those that were left, if they listen at these paths.
pub(super) fn left(paths: [&Path; LISTENERS]) -> Option<[UnixListener; 2]> {
    let mut given = given();
    let mut take = |index: usize| {
        let listener = given.take_unix_listener(index).ok()??;
        let address = listener.local_addr().ok()?;
        (address.as_pathname() == Some(paths[index])).then_some(listener)
    };
    Some([take(0)?, take(1)?])
}

/// The line to a courier, if one was left.
pub(crate) fn left_line() -> Option<OwnedFd> {
    let (family, kind) = (libc::AF_UNIX, libc::SOCK_SEQPACKET);
    let taken = given().take_custom(LISTENERS, family, kind, "line to a courier");
    taken.ok()?
}
