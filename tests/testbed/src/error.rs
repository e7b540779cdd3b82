// SPDX-License-Identifier: MIT
//! What can go wrong while a test builds its network: always named, with the next step where there is one.

use std::io;
use std::time::Duration;

/// Result of every fallible call of the test bed.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Failure of the test bed itself, as opposed to a failed assertion of a test.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program the test bed drives is not on this machine.
    #[error("{tool} is not installed; install it: cargo xtask setup")]
    MissingTool {
        /// Name of the program.
        tool: String,
    },
    /// A system call failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Answer of the kernel.
        source: io::Error,
    },
    /// A program ended with something else than success.
    #[error("`{command}` ended with {status}: {stderr}")]
    Failed {
        /// The whole command line.
        command: String,
        /// Exit code or signal, in words.
        status: String,
        /// Last words of the program.
        stderr: String,
    },
    /// Something that was waited for did not come.
    #[error("waited {waited:?} for {what}; seen so far: {seen}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long.
        waited: Duration,
        /// What came instead, for the reader of the failed test.
        seen: String,
    },
    /// A request beyond the bounds that keep a test from becoming an attack.
    #[error("{what} asks for {asked}, the test bed allows at most {limit}")]
    OutOfBounds {
        /// Which bound.
        what: &'static str,
        /// The value asked for.
        asked: u64,
        /// The most that is allowed.
        limit: u64,
    },
    /// The kernel, or this machine, cannot do it.
    #[error("{what} is not possible here; list the test with skip() instead of running it")]
    Unsupported {
        /// What is missing.
        what: String,
    },
    /// A text (an address, the output of a program) that does not read as expected.
    #[error("cannot read {what}: {text:?}")]
    Unreadable {
        /// What it should have been.
        what: String,
        /// What it is.
        text: String,
    },
}

/// Puts the thing that was being done before the kernel's answer.
pub(crate) trait Doing<T> {
    /// Names the deed, computed only on failure.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io {
            what: what(),
            source,
        })
    }
}
