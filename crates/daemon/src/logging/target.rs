// SPDX-License-Identifier: MIT
//! Where the log goes.

use super::LoggingError;
use super::file::{RotatingFile, Rotation};
use super::journal::{self, Socket};
use super::lines::Lines;
use super::queue::Sink;
use aegis_policy::config::{INSTANCE, LogTarget, Logging};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

/// Where the log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Stderr,
    /// Above the line that somebody types.
    Prompt,
    Journal,
    File(PathBuf),
}

/// A writer that knows where the log is not in the way.
pub(super) struct Above<W>(pub(super) W);

impl<W: Write + Send + 'static> Sink for Above<W> {
    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        self.0.write_all(line)
    }
}

impl Target {
    /// The one that the configuration means.
    pub(super) fn chosen(logging: &Logging, instance: &str) -> Self {
        match logging.target {
            LogTarget::Auto if journal::has_stderr() => Self::Journal,
            LogTarget::Auto | LogTarget::Stderr => Self::Stderr,
            LogTarget::Journald => Self::Journal,
            LogTarget::File => Self::File(path(&logging.file, instance)),
        }
    }

    /// For people.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Stderr => "standard error".to_owned(),
            Self::Prompt => "the prompt".to_owned(),
            Self::Journal => "journal".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    pub(super) fn has_colours(&self) -> bool {
        *self == Self::Stderr && io::stderr().is_terminal()
    }

    pub(super) fn sink(&self, logging: &Logging) -> Result<Box<dyn Sink>, LoggingError> {
        Ok(match self {
            Self::Stderr | Self::Prompt => Box::new(Lines::stderr().map_err(LoggingError::Start)?),
            Self::Journal => Box::new(Socket::new().map_err(LoggingError::Start)?),
            Self::File(path) => Box::new(RotatingFile::new(path.clone(), rotation(logging))),
        })
    }
}

/// A path of the configuration, for the daemon of that name.
pub(crate) fn path(text: &str, instance: &str) -> PathBuf {
    PathBuf::from(text.replace(INSTANCE, instance))
}

/// As the configuration wants it.
pub(super) fn rotation(logging: &Logging) -> Rotation {
    Rotation {
        bytes: logging.rotate_bytes,
        keep: logging.rotate_keep,
    }
}
