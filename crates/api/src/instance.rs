// SPDX-License-Identifier: MIT
//! Where a daemon is found: its name, its socket and its lock.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
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
const LOCK: &str = "lock";

/// Why there is no such instance.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// The name cannot be that of a file.
    #[error(
        "{name:?} cannot name an instance; use letters, digits and any of . _ - + @ :, at most {MAX_NAME} of them, not a dot first"
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
        let path = instance.socket();
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

    /// The one instance with a socket that guards all these interfaces, or the only one there is
    /// if there are none.
    ///
    /// # Errors
    /// [`InstanceError`] where there is none or several, or the folder cannot be read.
    pub fn find(interfaces: &[String], run_dir: &Path) -> Result<Self, InstanceError> {
        let mut names = names(run_dir)?;
        names.retain(|name| {
            let parts: Vec<&str> = name.split(JOINT).collect();
            interfaces
                .iter()
                .all(|interface| parts.contains(&interface.as_str()))
        });
        // The socket of a daemon that was killed stays behind; it is no rival of one that lives.
        if names.len() > 1 && names.iter().any(|name| listens(run_dir, name)) {
            names.retain(|name| listens(run_dir, name));
        }
        match names.as_slice() {
            [name] => Self::named(name, run_dir),
            [] => Err(absent(interfaces, run_dir)),
            _ => Err(InstanceError::Several { names }),
        }
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

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.run_dir.join(format!("{}.{SOCKET}", self.name))
    }

    /// The file that its daemon keeps locked, with the daemon's process number inside.
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

/// Whether somebody listens on the instance's socket; one that may not be asked counts as alive.
fn listens(run_dir: &Path, name: &str) -> bool {
    let socket = run_dir.join(format!("{name}.{SOCKET}"));
    match UnixStream::connect(socket) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

/// Names of all instances with a socket; a folder that does not exist has none.
fn names(run_dir: &Path) -> Result<Vec<String>, InstanceError> {
    let unreadable = |source| InstanceError::Unreadable {
        path: run_dir.to_owned(),
        source,
    };
    let entries = match fs::read_dir(run_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if let (Some(stem), Some(SOCKET)) = (stem, path.extension().and_then(|e| e.to_str())) {
            names.push(stem.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of sockets (plain files do for finding), removed in the end.
    struct Folder(PathBuf);

    impl Folder {
        fn with(label: &str, sockets: &[&str]) -> Self {
            let path = std::env::temp_dir().join(format!("aegis-{}-{label}", std::process::id()));
            fs::create_dir_all(&path).expect("the temporary folder can be written");
            for socket in sockets {
                fs::write(path.join(format!("{socket}.sock")), "").expect("likewise");
            }
            Self(path)
        }

        fn find(&self, interfaces: &[&str]) -> Result<String, InstanceError> {
            let interfaces: Vec<String> = interfaces.iter().map(|&i| i.to_owned()).collect();
            Instance::find(&interfaces, &self.0).map(|instance| instance.name().to_owned())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).expect("it is ours");
        }
    }

    #[test]
    fn the_instance_that_contains_the_interface_is_found() {
        let folder = Folder::with("several", &["eth0", "eth1+wg0"]);
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
    fn without_an_interface_the_only_instance_is_meant() {
        let folder = Folder::with("single", &["eth0"]);
        assert_eq!(folder.find(&[]).expect("there is one"), "eth0");
        let nowhere = Instance::find(&[], Path::new("/nonexistent/aegis")).expect_err("nothing");
        assert!(matches!(nowhere, InstanceError::None { .. }));
    }

    #[test]
    fn a_name_is_the_name_of_a_file_and_its_socket_path_fits() {
        for bad in ["", ".", "../x", "a/b", "a b", "é", &"x".repeat(129)] {
            let error = Instance::named(bad, Path::new("/run/aegis"));
            assert!(matches!(error, Err(InstanceError::Name { .. })), "{bad:?}");
        }
        let long = Instance::named("eth0", &PathBuf::from(format!("/{}", "d".repeat(100))));
        assert!(matches!(long, Err(InstanceError::PathTooLong { .. })));
        let good = Instance::named("eth0+br-1.5@x", Path::new("/run/aegis")).expect("valid");
        assert_eq!(good.socket(), Path::new("/run/aegis/eth0+br-1.5@x.sock"));
        assert_eq!(good.lock(), Path::new("/run/aegis/eth0+br-1.5@x.lock"));
    }
}
