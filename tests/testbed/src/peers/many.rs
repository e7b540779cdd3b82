// SPDX-License-Identifier: MIT
//! Many connections of one host to one server: their answers come from one address to many ports, as a scan does.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::within;
use crate::error::{Doing, Result};
use crate::host::Host;
use crate::sys;

/// Most connections at once.
const MAX_CONNECTIONS: u64 = 5_000;
/// How long each step of a connection may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Files of a connection: our end, and both handles of the server's, which may be in the same process.
const FILES: u64 = 3;
/// Files of everything else.
const OTHER_FILES: u64 = 256;

/// Connections that are open at the same time, to a [`TcpEcho`](super::TcpEcho). Dropping it closes them.
#[derive(Debug)]
pub struct Many(Vec<TcpStream>);

impl Many {
    /// Opens `count` connections from inside `host`, one after the other, and keeps them.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) for too many, [`Error::Io`](crate::Error::Io) with the number
    /// of the first that failed.
    pub fn open(host: &Host, server: SocketAddr, count: u64) -> Result<Self> {
        within("many connections", count, MAX_CONNECTIONS)?;
        let opening = || format!("open {count} connections to {server}");
        sys::raise_file_limit(count * FILES + OTHER_FILES).doing(opening)?;
        let connect = |number| {
            let opened = TcpStream::connect_timeout(&server, PATIENCE).and_then(|stream| {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(stream)
            });
            opened.doing(|| format!("open connection {number} of {count} to {server}"))
        };
        host.enter(|| (1..=count).map(connect).collect::<Result<_>>())?
            .map(Self)
    }

    /// Sends a byte on each and waits for its echo; returns how many work.
    #[must_use]
    pub fn exchange(&self) -> usize {
        let asked: Vec<&TcpStream> = self
            .0
            .iter()
            .filter(|stream| (&mut &**stream).write_all(b"?").is_ok())
            .collect();
        let answers = |stream: &&&TcpStream| {
            let mut answer = [0];
            (&mut &***stream).read_exact(&mut answer).is_ok() && answer == *b"?"
        };
        asked.iter().filter(answers).count()
    }
}
