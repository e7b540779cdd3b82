// SPDX-License-Identifier: MIT
//! The daemon's end of the unix socket.

use crate::DaemonError;
use rustix::fs::Mode;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// A socket that its owner alone may use, removed by [`Socket::remove`].
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    listener: UnixListener,
}

impl Socket {
    /// Listens at the path. A socket that a crashed daemon left behind is replaced; one on which
    /// somebody listens is not.
    ///
    /// # Errors
    /// [`DaemonError::SocketInUse`], [`DaemonError::NotASocket`] or [`DaemonError::File`].
    pub fn bind(path: PathBuf) -> Result<Self, DaemonError> {
        clear(&path)?;
        // Set before, not only after: there is no moment at which others could connect.
        let before = rustix::process::umask(Mode::RWXG | Mode::RWXO);
        let listener = UnixListener::bind(&path);
        rustix::process::umask(before);
        let listener = listener.map_err(DaemonError::file("listen at", path.clone()))?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))
            .map_err(DaemonError::file("restrict", path.clone()))?;
        Ok(Self { path, listener })
    }

    /// Where connections arrive.
    pub fn listener(&self) -> &UnixListener {
        &self.listener
    }

    /// Removes the socket: later clients find nobody.
    ///
    /// # Errors
    /// [`DaemonError::File`].
    pub fn remove(self) -> Result<(), DaemonError> {
        DaemonError::remove_file(&self.path)
    }
}

/// Removes a socket on which nobody listens.
fn clear(path: &Path) -> Result<(), DaemonError> {
    let failed = |action| DaemonError::file(action, path.to_owned());
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("look at")(error)),
        Ok(file) if !file.file_type().is_socket() => {
            return Err(DaemonError::NotASocket {
                path: path.to_owned(),
            });
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(DaemonError::SocketInUse {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            tracing::warn!(path = %path.display(), "replacing a socket on which nobody listens");
            fs::remove_file(path).map_err(failed("remove"))
        }
        Err(error) => Err(failed("connect to")(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(label: &str) -> PathBuf {
        std::env::temp_dir().join(format!("aegis-{}-{label}.sock", std::process::id()))
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let path = place("stale");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("nothing is there"));
        let socket = Socket::bind(path.clone()).expect("nobody listens");
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let second = Socket::bind(path.clone());
        assert!(
            matches!(second, Err(DaemonError::SocketInUse { .. })),
            "{second:?}"
        );
        socket.remove().expect("it is there");
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_file_in_the_way_is_left_alone() {
        let path = place("file");
        fs::write(&path, "precious").expect("the temporary folder can be written");
        let refused = Socket::bind(path.clone());
        assert!(
            matches!(refused, Err(DaemonError::NotASocket { .. })),
            "{refused:?}"
        );
        assert_eq!(fs::read_to_string(&path).expect("still there"), "precious");
        fs::remove_file(&path).expect("it is ours");
    }
}
