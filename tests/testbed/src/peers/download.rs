// SPDX-License-Identifier: MIT
//! A live connection: what a ban has to cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::{Doing, Error, Result};
use crate::host::Host;

/// How long connecting and the first byte may take.
const START: Duration = Duration::from_secs(5);

/// A download of `/stream` of an [`HttpServer`](super::HttpServer) that goes on until dropped or cut.
#[derive(Debug)]
pub struct Download {
    stream: TcpStream,
    bytes: Arc<AtomicU64>,
    reading: Option<JoinHandle<()>>,
}

impl Download {
    /// Connects from inside `host` and returns once the first bytes are in.
    ///
    /// # Errors
    /// [`Error::Io`] when the server does not answer, [`Error::Timeout`] when nothing comes.
    pub fn start(host: &Host, server: SocketAddr) -> Result<Self> {
        let mut stream = host.connect(server, START)?;
        let starting = || format!("start the download from {server}");
        let request = format!("GET /stream HTTP/1.1\r\nHost: {server}\r\n\r\n");
        stream.write_all(request.as_bytes()).doing(starting)?;
        let mut twin = stream.try_clone().doing(starting)?;
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&bytes);
        let reading = thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = twin.read(&mut chunk) {
                counted.fetch_add(length as u64, Ordering::SeqCst);
            }
        });
        let download = Self {
            stream,
            bytes,
            reading: Some(reading),
        };
        if download.moves_within(START) {
            return Ok(download);
        }
        let what = format!("the first byte of {server}/stream");
        Err(Error::Timeout {
            what,
            waited: START,
            seen: "nothing".to_owned(),
        })
    }

    /// Bytes received so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }

    /// True as soon as more bytes arrive; false when none do for all of `time`.
    #[must_use]
    pub fn moves_within(&self, time: Duration) -> bool {
        let (began, before) = (Instant::now(), self.bytes());
        while began.elapsed() < time {
            if self.bytes() > before {
                return true;
            }
            thread::sleep(Duration::from_millis(2));
        }
        false
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // Closed by the other side already: just as well.
        drop(self.stream.shutdown(Shutdown::Both));
        if let Some(thread) = self.reading.take() {
            drop(thread.join());
        }
    }
}
