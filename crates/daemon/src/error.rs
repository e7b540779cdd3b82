// SPDX-License-Identifier: MIT
//! Why a daemon does not start, or does not end well.

use aegis_api::{ApiError, ErrorCode};
use aegis_engine::EngineError;
use aegis_policy::{ErrorKind, ParseError, PolicyError};
use std::io;
use std::path::{Path, PathBuf};

/// A failure of the daemon as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// There is one already.
    #[error("an aegis daemon{} already runs as instance {instance:?}; ask it: aegis-cli {selector} status", pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    AlreadyRunning {
        /// Which.
        instance: String,
        /// Its process number, where the lock tells.
        pid: Option<u32>,
        /// Options by which a client finds it.
        selector: String,
    },
    /// Somebody listens on the socket without holding the lock.
    #[error("the socket {} is in use by another process; `ss -lxp` tells which, or choose another --instance NAME", path.display())]
    SocketInUse {
        /// The socket.
        path: PathBuf,
    },
    /// Something that is no socket is in the way.
    #[error("{} is not a socket; remove it, or choose another --instance NAME", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// A group of the configuration is not there.
    #[error(
        "there is no group {name:?} in /etc/group; make it: groupadd --system {name}, or set {key} to another, or to a number"
    )]
    NoGroup {
        /// The group.
        name: String,
        /// Of which key.
        key: &'static str,
    },
    /// A file cannot be made, read or removed.
    #[error("cannot {action} {}: {source}; {}", path.display(), next_for_file(source))]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Signals cannot be received.
    #[error("cannot receive signals: {0}")]
    Signals(io::Error),
    /// The allowlist of the configuration does not fit.
    #[error("the allowlist of the configuration does not hold: {0}")]
    Allowlist(ApiError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl DaemonError {
    /// The code for programs.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::AlreadyRunning { .. } | Self::SocketInUse { .. } => ErrorCode::Occupied,
            Self::File { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                ErrorCode::NotPermitted
            }
            Self::NoGroup { .. } => ErrorCode::InvalidRequest,
            Self::NotASocket { .. } | Self::File { .. } | Self::Signals(_) => ErrorCode::Failed,
            Self::Allowlist(error) => error.code,
            Self::Engine(error) => engine_code(error),
        }
    }

    /// A failed operation on a file, for `map_err`.
    pub(crate) fn file(action: &'static str, path: PathBuf) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// Removes a file of this daemon; that somebody else was faster is no failure.
    pub(crate) fn remove_file(path: &Path) -> Result<(), Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Self::file("remove", path.to_owned())(error))
            }
            _ => Ok(()),
        }
    }
}

fn next_for_file(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "run as root",
        _ => "check its folder, or name another with AEGIS_RUN_DIR",
    }
}

fn engine_code(error: &EngineError) -> ErrorCode {
    match error {
        EngineError::NotPermitted => ErrorCode::NotPermitted,
        EngineError::ForeignProgram { .. }
        | EngineError::AlreadyGuarded { .. }
        | EngineError::OtherVersion { .. } => ErrorCode::Occupied,
        EngineError::TableFull { .. } => ErrorCode::TableFull,
        _ => ErrorCode::Failed,
    }
}

/// The engine's failure as an answer.
pub(crate) fn from_engine(error: &EngineError) -> ApiError {
    ApiError::from_line(engine_code(error), &error.to_string())
}

/// Bad input as an answer.
pub(crate) fn from_parse(error: &ParseError) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, error.message()).next(error.next())
}

/// The policy's refusal as an answer.
pub(crate) fn from_policy(error: &PolicyError) -> ApiError {
    let code = match (error.kind(), error) {
        (ErrorKind::Absent, _) => ErrorCode::NotFound,
        (ErrorKind::Full, _) => ErrorCode::TableFull,
        (ErrorKind::Invalid, _) => ErrorCode::InvalidRequest,
        (ErrorKind::Refused, PolicyError::Protected { .. }) => ErrorCode::Protected,
        (
            ErrorKind::Refused,
            PolicyError::Allowlisted { .. } | PolicyError::CoversAllowlisted { .. },
        ) => ErrorCode::Allowlisted,
        (ErrorKind::Refused, _) => ErrorCode::Refused,
    };
    ApiError::new(code, error.message()).next(error.next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_policy::{Table, Target};

    #[test]
    fn the_next_step_is_told_apart_from_the_message() {
        let error = EngineError::TableFull {
            table: "BANS_V4",
            capacity: 4,
        };
        let answer = from_engine(&error);
        assert_eq!(answer.code, ErrorCode::TableFull);
        assert_eq!(answer.message, "the table BANS_V4 is full (4 entries)");
        assert_eq!(answer.to_string(), error.to_string());
    }

    #[test]
    fn the_next_step_of_a_refusal_is_whole_whatever_the_message_contains() {
        let (everybody, full) = ("::/0".parse().expect("a target"), Table::Allow);
        let refused = from_policy(&PolicyError::AllowsEverything(everybody));
        assert_eq!(refused.code, ErrorCode::Refused);
        let step = "allow a narrower prefix, or use --force if you mean it";
        assert_eq!(refused.next.as_deref(), Some(step));
        let full = from_policy(&PolicyError::Full {
            target: everybody,
            table: full,
            capacity: 4,
        });
        assert_eq!(
            full.message,
            "no room for ::/0: entries of the allowlist are limited to 4"
        );
        let step = "remove some, or use wider prefixes";
        assert_eq!(full.next.as_deref(), Some(step));
        let given = "a: b; c".parse::<Target>().expect_err("it is no address");
        let bad = from_parse(&given);
        assert_eq!(bad.message, "\"a: b; c\" is not an address");
    }

    #[test]
    fn a_running_daemon_is_named_with_the_way_to_ask_it() {
        let error = DaemonError::AlreadyRunning {
            instance: "eth0".to_owned(),
            pid: Some(7),
            selector: "-i eth0".to_owned(),
        };
        let text = error.to_string();
        assert!(
            text.contains("(pid 7)") && text.ends_with("aegis-cli -i eth0 status"),
            "{text}"
        );
        assert_eq!(error.code(), ErrorCode::Occupied);
    }
}
