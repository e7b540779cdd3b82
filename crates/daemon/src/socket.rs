// SPDX-License-Identifier: MIT
//! The daemon's ends of its two unix sockets.

mod inherited;

pub(crate) use inherited::left_line;

use crate::door::Door;
use crate::{DaemonError, group};
use aegis_api::Instance;
use aegis_policy::config::Sockets as Groups;
use rustix::fs::Mode;
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::net::UnixListener;

/// Where requests come in.
#[derive(Debug)]
pub struct Sockets {
    /// For everything.
    pub control: Socket,
    /// For questions.
    pub read_only: Socket,
}

impl Sockets {
    /// Those that the program before this one has left, else new ones, with the groups let in.
    ///
    /// # Errors
    /// As [`Socket::bind`]; [`DaemonError::NoGroup`].
    pub fn open(instance: &Instance, groups: &Groups) -> Result<Self, DaemonError> {
        let shared = !groups.control_group.is_empty();
        let doors = [Door::Control { shared }, Door::ReadOnly];
        let paths = [instance.socket(), instance.read_only_socket()];
        match inherited::left([&paths[0], &paths[1]]) {
            Some(listeners) => Self::adopt(paths, doors, listeners),
            None => Self::bind(paths, doors, groups),
        }
    }

    fn adopt(
        [control, read_only]: [PathBuf; 2],
        doors: [Door; 2],
        listeners: [std::os::unix::net::UnixListener; 2],
    ) -> Result<Self, DaemonError> {
        let [control_listener, read_only_listener] = listeners;
        Ok(Self {
            control: Socket::adopt(control, doors[0], control_listener)?,
            read_only: Socket::adopt(read_only, doors[1], read_only_listener)?,
        })
    }

    fn bind(
        [control, read_only]: [PathBuf; 2],
        doors: [Door; 2],
        groups: &Groups,
    ) -> Result<Self, DaemonError> {
        let operators = group::number(&groups.control_group, "api.control_group")?;
        let readers = readers(&groups.read_group)?;
        let control = Socket::bind(control, doors[0], operators)?;
        match Socket::bind(read_only, doors[1], readers) {
            Ok(read_only) => Ok(Self { control, read_only }),
            Err(error) => {
                control.remove()?;
                Err(error)
            }
        }
    }

    /// Leaves both to the program that takes this one's place.
    ///
    /// # Errors
    /// Where no more files can be opened.
    pub fn leave_to(&self, successor: &mut Command, line: Option<OwnedFd>) -> io::Result<()> {
        let listeners = [&self.control.listener, &self.read_only.listener];
        inherited::leave(listeners, line, successor)
    }

    /// Removes both: later clients find nobody.
    ///
    /// # Errors
    /// [`DaemonError::File`].
    pub fn remove(self) -> Result<(), DaemonError> {
        let removed = self.control.remove();
        self.read_only.remove().and(removed)
    }
}

/// The group that may read. The usual one need not be there: nobody has asked for it.
fn readers(name: &str) -> Result<Option<u32>, DaemonError> {
    match group::number(name, "api.read_group") {
        Err(DaemonError::NoGroup { .. }) if name == Groups::default().read_group => {
            tracing::debug!(
                "only root may ask: there is no group {name}; groupadd --system {name}"
            );
            Ok(None)
        }
        // A successor may read the file of before, and not one that has taken its place.
        Err(DaemonError::File { source, .. })
            if source.kind() == io::ErrorKind::PermissionDenied =>
        {
            tracing::warn!("only root may ask: the file of groups cannot be read any more");
            Ok(None)
        }
        found => found,
    }
}

/// A socket that its owner and perhaps a group may use, removed by [`Socket::remove`].
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    listener: UnixListener,
    door: Door,
}

impl Socket {
    /// Listens at the path, for the owner and for the group where there is one. A socket that a
    /// crashed daemon left behind is replaced; one on which somebody listens is not.
    ///
    /// # Errors
    /// [`DaemonError::SocketInUse`], [`DaemonError::NotASocket`] or [`DaemonError::File`].
    pub fn bind(path: PathBuf, door: Door, group: Option<u32>) -> Result<Self, DaemonError> {
        clear(&path)?;
        // Set before, not only after: there is no moment at which others could connect.
        let before = rustix::process::umask(Mode::RWXG | Mode::RWXO);
        let listener = UnixListener::bind(&path);
        rustix::process::umask(before);
        let listener = listener.map_err(DaemonError::file("listen at", path.clone()))?;
        let socket = Self {
            path,
            listener,
            door,
        };
        match socket.open_to(group) {
            Ok(()) => Ok(socket),
            Err(error) => {
                socket.remove()?;
                Err(error)
            }
        }
    }

    fn adopt(
        path: PathBuf,
        door: Door,
        listener: std::os::unix::net::UnixListener,
    ) -> Result<Self, DaemonError> {
        let adopted = listener
            .set_nonblocking(true)
            .and_then(|()| UnixListener::from_std(listener));
        let listener = adopted.map_err(DaemonError::file("listen at", path.clone()))?;
        Ok(Self {
            path,
            listener,
            door,
        })
    }

    fn open_to(&self, group: Option<u32>) -> Result<(), DaemonError> {
        let failed = |action| DaemonError::file(action, self.path.clone());
        let mode = match group {
            Some(group) if self.give_to(group).map_err(failed("give to its group"))? => 0o660,
            _ => 0o600,
        };
        fs::set_permissions(&self.path, Permissions::from_mode(mode)).map_err(failed("restrict"))
    }

    /// Whether it belongs to the group now; without the right to change that, it may already.
    fn give_to(&self, group: u32) -> io::Result<bool> {
        if fs::metadata(&self.path)?.gid() == group {
            return Ok(true);
        }
        match chown(&self.path, None, Some(group)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let path = self.path.display();
                tracing::warn!(%path, group, "only root may use it: no right to give it to its group");
                Ok(false)
            }
            given => given.map(|()| true),
        }
    }

    /// Which of the two it is.
    pub fn door(&self) -> Door {
        self.door
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
        let socket = Socket::bind(path.clone(), Door::ReadOnly, None).expect("nobody listens");
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let second = Socket::bind(path.clone(), Door::ReadOnly, None);
        assert!(
            matches!(second, Err(DaemonError::SocketInUse { .. })),
            "{second:?}"
        );
        socket.remove().expect("it is there");
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn both_sockets_are_there_for_whom_they_are_meant_and_both_go() {
        let folder = std::env::temp_dir().join(format!("aegis-{}-both", std::process::id()));
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let instance = Instance::named("eth0", &folder).expect("valid");
        let own = rustix::process::getegid().as_raw().to_string();
        let groups = Groups {
            control_group: String::new(),
            read_group: own,
        };
        let sockets = Sockets::open(&instance, &groups).expect("nothing is there");
        let mode = |path: PathBuf| {
            let file = fs::metadata(path).expect("it is there");
            file.permissions().mode() & 0o777
        };
        assert_eq!(mode(instance.socket()), 0o600);
        assert_eq!(mode(instance.read_only_socket()), 0o660);
        sockets.remove().expect("they are there");
        let missing = Groups {
            read_group: "no-such-group".to_owned(),
            ..groups
        };
        let refused = Sockets::open(&instance, &missing);
        assert!(
            matches!(refused, Err(DaemonError::NoGroup { .. })),
            "{refused:?}"
        );
        assert_eq!(fs::read_dir(&folder).expect("it is ours").count(), 0);
        fs::remove_dir(&folder).expect("it is empty");
    }

    #[tokio::test]
    async fn a_file_in_the_way_is_left_alone() {
        let path = place("file");
        fs::write(&path, "precious").expect("the temporary folder can be written");
        let refused = Socket::bind(path.clone(), Door::ReadOnly, None);
        assert!(
            matches!(refused, Err(DaemonError::NotASocket { .. })),
            "{refused:?}"
        );
        assert_eq!(fs::read_to_string(&path).expect("still there"), "precious");
        fs::remove_file(&path).expect("it is ours");
    }
}
