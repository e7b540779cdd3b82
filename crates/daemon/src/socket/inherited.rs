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

/// Where they begin (`SD_LISTEN_FDS_START`).
const FIRST: RawFd = 3;

/// Leaves them to a program that keeps the number of this process.
///
/// # Errors
/// Where no more files can be opened.
pub(super) fn leave<L: AsFd>(listeners: [&L; 2], successor: &mut Command) -> io::Result<()> {
    let mut mappings = Vec::with_capacity(listeners.len());
    for (child_fd, listener) in (FIRST..).zip(listeners) {
        let parent_fd: OwnedFd = listener.as_fd().try_clone_to_owned()?;
        mappings.push(FdMapping {
            parent_fd,
            child_fd,
        });
    }
    successor
        .env("LISTEN_FDS", mappings.len().to_string())
        .env("LISTEN_PID", std::process::id().to_string());
    successor.fd_mappings(mappings).map_err(io::Error::other)?;
    Ok(())
}

/// Those that were left, if they listen at these paths.
pub(super) fn left(paths: [&Path; 2]) -> Option<[UnixListener; 2]> {
    let mut given = ListenFd::from_env();
    let mut take = |index: usize| {
        let listener = given.take_unix_listener(index).ok()??;
        let address = listener.local_addr().ok()?;
        (address.as_pathname() == Some(paths[index])).then_some(listener)
    };
    Some([take(0)?, take(1)?])
}
