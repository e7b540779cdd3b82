// SPDX-License-Identifier: MIT
//! Where a daemon is found: its name, its two sockets and its lock.

mod running;

pub use running::Holder;

use running::running;
use std::io;
use std::path::{Path, PathBuf};

/// Overrides the folder of sockets and locks.
pub const RUN_DIR_VARIABLE: &str = "AEGIS_RUN_DIR";
/// The folder of sockets and locks.
pub const RUN_DIR: &str = "/run/aegis";
/// The longest instance name, bytes: it is also the name of a folder of pins.
pub const MAX_NAME: usize = 128;
/// The longest socket path, bytes: `sun_path` holds 108 with its end (unix(7)).
pub const MAX_SOCKET_PATH: usize = 107;
/// Joins the interfaces of an instance that has no name of its own.
const JOINT: char = '+';
const SOCKET: &str = "sock";
/// Ends the name of the socket for reading, before [`SOCKET`]; no instance is called so.
const READ_ONLY: &str = ".ro";
const LOCK: &str = "lock";

/// Why there is no such instance.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// The name cannot be that of a file.
    #[error(
        "{name:?} cannot name an instance; use letters, digits and any of . _ - + @ :, at most {MAX_NAME} of them, no dot first and no .ro last"
    )]
    Name {
        /// As given.
        name: String,
    },
    /// The path does not fit into a socket address.
    #[error("the socket path {} is longer than {MAX_SOCKET_PATH} bytes; choose a shorter --instance NAME or {RUN_DIR_VARIABLE}", path.display())]
    PathTooLong {
        /// The path.
        path: PathBuf,
    },
    /// No daemon runs that the request could mean.
    #[error("no aegis daemon {wanted} in {}; start one: aegis-cli -i {interface} daemon", run_dir.display())]
    None {
        /// What was looked for, such as `guards eth0`.
        wanted: String,
        /// Where.
        run_dir: PathBuf,
        /// For the command of the next step.
        interface: String,
    },
    /// Several daemons run.
    #[error("several aegis daemons match: {}; choose one: aegis-cli --instance NAME", names.join(", "))]
    Several {
        /// Their names.
        names: Vec<String>,
    },
    /// The folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// One daemon, running or to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    name: String,
    run_dir: PathBuf,
}

impl Instance {
    /// The folder of sockets and locks: `AEGIS_RUN_DIR`, else [`RUN_DIR`].
    #[must_use]
    pub fn run_dir_from_environment() -> PathBuf {
        let set = std::env::var_os(RUN_DIR_VARIABLE).filter(|value| !value.is_empty());
        set.map_or_else(|| PathBuf::from(RUN_DIR), PathBuf::from)
    }

    /// The instance of that name.
    ///
    /// # Errors
    /// [`InstanceError::Name`] and [`InstanceError::PathTooLong`].
    pub fn named(name: &str, run_dir: &Path) -> Result<Self, InstanceError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-+@:".contains(c);
        let valid = !name.is_empty()
            && name.len() <= MAX_NAME
            && !name.starts_with('.')
            && !name.ends_with(READ_ONLY)
            && name.chars().all(allowed);
        if !valid {
            return Err(InstanceError::Name {
                name: name.to_owned(),
            });
        }
        let instance = Self {
            name: name.to_owned(),
            run_dir: run_dir.to_owned(),
        };
        // The longer of the two.
        let path = instance.read_only_socket();
        if path.as_os_str().len() > MAX_SOCKET_PATH {
            return Err(InstanceError::PathTooLong { path });
        }
        Ok(instance)
    }

    /// The instance that guards exactly these interfaces and has no other name.
    ///
    /// # Errors
    /// As [`Instance::named`].
    pub fn of_interfaces(interfaces: &[String], run_dir: &Path) -> Result<Self, InstanceError> {
        Self::named(&interfaces.join(&JOINT.to_string()), run_dir)
    }

    /// The one running instance that guards all these interfaces, or the only one there is if
    /// there are none.
    ///
    /// # Errors
    /// [`InstanceError`] where there is none or several, or the folder cannot be read.
    pub fn find(interfaces: &[String], run_dir: &Path) -> Result<Self, InstanceError> {
        let mut found = running(run_dir)?;
        found.retain(|daemon| interfaces.iter().all(|wanted| daemon.guards(wanted)));
        match found.as_slice() {
            [only] => Self::named(&only.name, run_dir),
            [] => Err(absent(interfaces, run_dir)),
            several => Err(InstanceError::Several {
                names: several.iter().map(|daemon| daemon.name.clone()).collect(),
            }),
        }
    }

    /// The names of those that run.
    ///
    /// # Errors
    /// [`InstanceError::Unreadable`].
    pub fn running(run_dir: &Path) -> Result<Vec<String>, InstanceError> {
        let found = running(run_dir)?;
        Ok(found.into_iter().map(|daemon| daemon.name).collect())
    }

    /// Whether a daemon of this name runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        Self::running(&self.run_dir).is_ok_and(|names| names.contains(&self.name))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of its socket and lock.
    #[must_use]
    pub fn run_dir(&self) -> &Path {
        &self.run_dir
    }

    /// Its control socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.run_dir.join(format!("{}.{SOCKET}", self.name))
    }

    /// Its socket for those who may look and not touch.
    #[must_use]
    pub fn read_only_socket(&self) -> PathBuf {
        self.run_dir
            .join(format!("{}{READ_ONLY}.{SOCKET}", self.name))
    }

    /// The file that its daemon keeps locked, with a [`Holder`] inside.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.run_dir.join(format!("{}.{LOCK}", self.name))
    }
}

fn absent(interfaces: &[String], run_dir: &Path) -> InstanceError {
    let wanted = match interfaces {
        [] => "runs".to_owned(),
        some => format!("guards {}", some.join(" and ")),
    };
    let interface = interfaces.first().map_or("IF", String::as_str).to_owned();
    InstanceError::None {
        wanted,
        run_dir: run_dir.to_owned(),
        interface,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    /// A folder of locks, removed in the end.
    struct Folder {
        path: PathBuf,
        held: Vec<File>,
    }

    impl Folder {
        fn new(label: &str) -> Self {
            let path = std::env::temp_dir().join(format!("aegis-{}-{label}", std::process::id()));
            fs::create_dir_all(&path).expect("the temporary folder can be written");
            let held = Vec::new();
            Self { path, held }
        }

        /// A lock with this text that nobody holds.
        fn dead(&self, name: &str, text: &str) -> PathBuf {
            let path = self.path.join(format!("{name}.lock"));
            fs::write(&path, text).expect("the folder is ours");
            path
        }

        /// The same, held.
        fn alive(mut self, name: &str, text: &str) -> Self {
            let lock = File::open(self.dead(name, text)).expect("it was just written");
            lock.lock().expect("nobody else knows it");
            self.held.push(lock);
            self
        }

        fn find(&self, interfaces: &[&str]) -> Result<String, InstanceError> {
            let interfaces: Vec<String> = interfaces.iter().map(|&i| i.to_owned()).collect();
            Instance::find(&interfaces, &self.path).map(|instance| instance.name().to_owned())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.path).expect("it is ours");
        }
    }

    #[test]
    fn the_instance_that_guards_the_interface_is_found() {
        let folder = Folder::new("several")
            .alive("eth0", "1\neth0\n")
            .alive("eth1+wg0", "2\neth1 wg0\n");
        assert_eq!(folder.find(&["eth0"]).expect("there is one"), "eth0");
        assert_eq!(folder.find(&["wg0"]).expect("there is one"), "eth1+wg0");
        assert_eq!(
            folder.find(&["wg0", "eth1"]).expect("order is free"),
            "eth1+wg0"
        );
        let missing = folder
            .find(&["eth"])
            .expect_err("a part of a name is not the name");
        assert!(
            missing
                .to_string()
                .contains("no aegis daemon guards eth in"),
            "{missing}"
        );
        let several = folder.find(&[]).expect_err("there are two");
        assert!(several.to_string().contains("eth0, eth1+wg0"), "{several}");
    }

    #[test]
    fn an_instance_with_a_name_of_its_own_is_found_by_its_interfaces() {
        let folder = Folder::new("named").alive("office", "1\neth0 tun+1\n");
        assert_eq!(folder.find(&["eth0"]).expect("it guards it"), "office");
        assert_eq!(folder.find(&["tun+1"]).expect("it guards it"), "office");
        assert!(folder.find(&["office"]).is_err(), "no interface's name");
    }

    #[test]
    fn the_lock_of_a_killed_daemon_is_no_instance() {
        let folder = Folder::new("dead").alive("eth0", "1\neth0\n");
        folder.dead("eth1", "2\neth1\n");
        assert_eq!(folder.find(&[]).expect("one of them lives"), "eth0");
        let dead = folder.find(&["eth1"]).expect_err("nobody holds the lock");
        assert!(matches!(dead, InstanceError::None { .. }), "{dead}");
    }

    #[test]
    fn a_lock_that_is_not_written_yet_goes_by_its_name() {
        let folder = Folder::new("starting").alive("eth0+wg0", "");
        assert_eq!(folder.find(&["wg0"]).expect("it starts"), "eth0+wg0");
    }

    #[test]
    fn without_an_interface_the_only_instance_is_meant() {
        let folder = Folder::new("single").alive("eth0", "1\neth0\n");
        assert_eq!(folder.find(&[]).expect("there is one"), "eth0");
        let nowhere = Instance::find(&[], Path::new("/nonexistent/aegis")).expect_err("nothing");
        assert!(matches!(nowhere, InstanceError::None { .. }));
    }

    #[test]
    fn a_name_is_the_name_of_a_file_and_its_socket_path_fits() {
        for bad in ["", ".", "x.ro", "../x", "a/b", "a b", "é", &"x".repeat(129)] {
            let error = Instance::named(bad, Path::new("/run/aegis"));
            assert!(matches!(error, Err(InstanceError::Name { .. })), "{bad:?}");
        }
        let long = Instance::named("eth0", &PathBuf::from(format!("/{}", "d".repeat(100))));
        assert!(matches!(long, Err(InstanceError::PathTooLong { .. })));
        let good = Instance::named("eth0+br-1.5@x", Path::new("/run/aegis")).expect("valid");
        assert_eq!(good.socket(), Path::new("/run/aegis/eth0+br-1.5@x.sock"));
        let read_only = Path::new("/run/aegis/eth0+br-1.5@x.ro.sock");
        assert_eq!(good.read_only_socket(), read_only);
        assert_eq!(good.lock(), Path::new("/run/aegis/eth0+br-1.5@x.lock"));
    }
}
