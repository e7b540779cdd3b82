// SPDX-License-Identifier: MIT
//! Why there is no answer.

use crate::ApiError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody listens.
    #[error("no aegis daemon answers at {} ({source}); start one: aegis-cli -i IF daemon", path.display())]
    NoDaemon {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The socket is not for this user.
    #[error(
        "not permitted to use {}; run as root, or join the group in `api.read_group` to look",
        path.display()
    )]
    NotPermitted {
        /// The socket.
        path: PathBuf,
    },
    /// The daemon refused.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The connection broke.
    #[error(
        "the connection to the daemon broke: {0}; is it still running? `aegis-cli status` tells"
    )]
    Broken(String),
    /// The daemon said something that this client does not understand.
    #[error(
        "the daemon's answer makes no sense ({0}); are daemon and client of the same version? `aegis-cli --version`"
    )]
    Nonsense(String),
    /// The daemon took too long.
    #[error("the daemon did not answer within {} s; its log may tell why", .0.as_secs())]
    TimedOut(Duration),
}
