// SPDX-License-Identifier: MIT
//! The typed client.

mod bans;
mod daemon;
mod error;
mod exchange;
mod feed;
mod flows;
mod geo;
mod lists;
mod query;
mod told;
mod watch;
mod why;

pub use error::ClientError;
pub use feed::Feed;
pub(crate) use query::escaped;

use crate::Instance;
use std::path::PathBuf;

/// Asks one daemon.
#[derive(Clone, Debug)]
pub struct Client {
    control: PathBuf,
    read_only: PathBuf,
}

impl Client {
    /// A client of that daemon. Nothing is sent yet.
    #[must_use]
    pub fn new(instance: &Instance) -> Self {
        Self {
            control: instance.socket(),
            read_only: instance.read_only_socket(),
        }
    }
}
