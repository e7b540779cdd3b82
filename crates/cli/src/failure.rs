// SPDX-License-Identifier: MIT
//! Failures, and the exit codes that scripts rely on.

use aegis_api::{ApiError, ClientError, ErrorCode, InstanceError};
use aegis_daemon::{ConfigurationError, DaemonError, EngineError, LoggingError};
use aegis_policy::ParseError;
use aegis_policy::config::Mistakes;

/// Exit codes; `--help` documents them.
pub mod exit {
    /// Done.
    pub const DONE: u8 = 0;
    /// Failed, or something is not enforced.
    pub const FAILED: u8 = 1;
    /// What was typed makes no sense.
    pub const USAGE: u8 = 2;
    /// No daemon answers.
    pub const NO_DAEMON: u8 = 3;
    /// Refused by policy, or taken by somebody else.
    pub const REFUSED: u8 = 4;
    /// What was to be removed is not there.
    pub const NOT_FOUND: u8 = 5;
    /// Not root, nor in a group that may.
    pub const NOT_PERMITTED: u8 = 6;
}

/// Why a command failed: one line, or one for everything that is wrong with a configuration.
#[derive(Debug)]
pub struct Failure {
    exit: u8,
    /// For `--json`.
    pub error: ApiError,
    line: String,
}

impl Failure {
    /// What was typed makes no sense.
    pub fn usage(message: impl std::fmt::Display) -> Self {
        Self::new(exit::USAGE, ErrorCode::InvalidRequest, &message)
    }

    /// The kernel does not do what it is asked.
    pub fn engine(error: EngineError) -> Self {
        DaemonError::from(error).into()
    }

    /// Something broke on this side.
    pub fn failed(message: impl std::fmt::Display) -> Self {
        Self::new(exit::FAILED, ErrorCode::Failed, &message)
    }

    fn new(exit: u8, code: ErrorCode, message: &dyn std::fmt::Display) -> Self {
        let line = message.to_string();
        let error = ApiError::from_line(code, &line);
        Self { exit, error, line }
    }

    /// The same with something that is to be known besides.
    #[must_use]
    pub fn besides(mut self, fact: &str) -> Self {
        self.error.message = format!("{} ({fact})", self.error.message);
        self.line = self.error.to_string();
        self
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        self.exit
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)
    }
}

/// The exit code of a refusal.
const fn exit_of(code: ErrorCode) -> u8 {
    match code {
        ErrorCode::InvalidRequest => exit::USAGE,
        ErrorCode::NotPermitted | ErrorCode::Forbidden => exit::NOT_PERMITTED,
        ErrorCode::NotFound => exit::NOT_FOUND,
        ErrorCode::Protected
        | ErrorCode::Allowlisted
        | ErrorCode::Refused
        | ErrorCode::Occupied => exit::REFUSED,
        ErrorCode::UnknownEndpoint
        | ErrorCode::UnknownVersion
        | ErrorCode::TooMany
        | ErrorCode::TooLarge
        | ErrorCode::Failed
        | ErrorCode::Unavailable
        | ErrorCode::TimedOut
        | ErrorCode::TableFull => exit::FAILED,
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self {
            exit: exit::USAGE,
            line: error.to_string(),
            error: ApiError::new(ErrorCode::InvalidRequest, error.message()).next(error.next()),
        }
    }
}

impl From<InstanceError> for Failure {
    fn from(error: InstanceError) -> Self {
        let (exit, code) = match &error {
            InstanceError::None { .. } => (exit::NO_DAEMON, ErrorCode::Unavailable),
            InstanceError::Unreadable { source, .. }
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                (exit::NOT_PERMITTED, ErrorCode::NotPermitted)
            }
            InstanceError::Unreadable { .. } => (exit::FAILED, ErrorCode::Failed),
            _ => (exit::USAGE, ErrorCode::InvalidRequest),
        };
        Self::new(exit, code, &error)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let (exit, code) = match error {
            ClientError::Refused(error) => {
                return Self {
                    exit: exit_of(error.code),
                    line: error.to_string(),
                    error,
                };
            }
            ClientError::NoDaemon { .. } => (exit::NO_DAEMON, ErrorCode::Unavailable),
            ClientError::NotPermitted { .. } => (exit::NOT_PERMITTED, ErrorCode::NotPermitted),
            ClientError::TimedOut(_) => (exit::FAILED, ErrorCode::TimedOut),
            _ => (exit::FAILED, ErrorCode::Failed),
        };
        Self::new(exit, code, &error)
    }
}

impl From<LoggingError> for Failure {
    fn from(error: LoggingError) -> Self {
        match error {
            LoggingError::Filter(_) => Self::usage(error),
            _ => Self::failed(error),
        }
    }
}

impl From<ConfigurationError> for Failure {
    fn from(error: ConfigurationError) -> Self {
        match &error {
            ConfigurationError::Unreadable { source, .. }
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                Self::new(exit::NOT_PERMITTED, ErrorCode::NotPermitted, &error)
            }
            ConfigurationError::Unreadable { .. } => Self::failed(&error),
            _ => {
                let (exit, line) = (exit::USAGE, error.to_string());
                let next = "correct it; `aegis-cli check` tells whether it is right";
                let error = ApiError::new(ErrorCode::InvalidRequest, line.clone()).next(next);
                Self { exit, error, line }
            }
        }
    }
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        let (exit, line) = (exit::USAGE, mistakes.to_string());
        let next = "correct these lines; nothing was changed";
        let error = ApiError::new(ErrorCode::InvalidRequest, line.clone()).next(next);
        Self { exit, error, line }
    }
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        Self::new(exit_of(error.code()), error.code(), &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    #[test]
    fn refusals_have_their_exit_codes() {
        let exit = |code| Failure::from(ClientError::from(ApiError::new(code, "x"))).exit_code();
        assert_eq!(exit(ErrorCode::InvalidRequest), 2);
        assert_eq!(exit(ErrorCode::Protected), 4);
        assert_eq!(exit(ErrorCode::Allowlisted), 4);
        assert_eq!(exit(ErrorCode::NotFound), 5);
        assert_eq!(exit(ErrorCode::NotPermitted), 6);
        assert_eq!(exit(ErrorCode::Forbidden), 6);
        assert_eq!(exit(ErrorCode::TableFull), 1);
    }

    #[test]
    fn without_a_daemon_the_exit_code_is_3_and_the_next_step_is_named() {
        let none = Instance::find(&["eth0".to_owned()], Path::new("/nonexistent/aegis"));
        let failure = Failure::from(none.expect_err("there is none"));
        assert_eq!(failure.exit_code(), 3);
        assert!(
            failure.to_string().contains("aegis-cli -i eth0 daemon"),
            "{failure}"
        );
        let (path, source) = (
            PathBuf::from("/x"),
            std::io::ErrorKind::ConnectionRefused.into(),
        );
        let stale = Failure::from(ClientError::NoDaemon { path, source });
        assert_eq!(stale.exit_code(), 3);
    }

    #[test]
    fn the_next_step_of_a_choice_between_daemons_is_whole() {
        let names = vec!["eth0".to_owned(), "wg0".to_owned()];
        let failure = Failure::from(InstanceError::Several { names });
        assert_eq!(
            failure.error.message,
            "several aegis daemons match: eth0, wg0"
        );
        let next = failure.error.next.as_deref();
        assert_eq!(next, Some("choose one: aegis-cli --instance NAME"));
    }

    use aegis_api::Instance;
}
