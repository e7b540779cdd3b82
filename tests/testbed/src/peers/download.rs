// SPDX-License-Identifier: MIT
//! A live connection: what a ban has to cut, and what nothing else may touch.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{pattern, within};
use crate::error::{Doing, Error, Result};
use crate::host::Host;

/// How long connecting and the first byte may take.
const START: Duration = Duration::from_secs(5);
/// Most bytes of a download that ends.
const MAX_BYTES: u64 = 16 << 30;
/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(2);

/// What arrived of a download that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownloadReport {
    /// Bytes that arrived, each of them the right one.
    pub bytes: u64,
    /// From the connection to the last byte.
    pub time: Duration,
}

impl DownloadReport {
    /// Throughput.
    #[must_use]
    pub fn bits_per_second(&self) -> f64 {
        self.bytes as f64 * 8.0 / self.time.as_secs_f64()
    }
}

/// A download from an [`HttpServer`](super::HttpServer), in which every byte is compared with the one that belongs there.
#[derive(Debug)]
pub struct Download {
    stream: TcpStream,
    began: Instant,
    progress: Arc<Progress>,
    reading: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Progress {
    /// Right ones, of the body.
    bytes: AtomicU64,
    spoilt: AtomicBool,
    ended: AtomicBool,
}

impl Download {
    /// Connects from inside `host`, asks for what never ends, and returns once the first bytes are in.
    ///
    /// # Errors
    /// [`Error::Io`] when the server does not answer, [`Error::Timeout`] when nothing comes.
    pub fn start(host: &Host, server: SocketAddr) -> Result<Self> {
        Self::begin(host, server, "/stream")
    }

    /// Connects from inside `host`, asks for so many bytes as fast as they go, and returns once the first are in.
    ///
    /// # Errors
    /// As [`Download::start`]; [`Error::OutOfBounds`] for more than 16 GiB.
    pub fn of(host: &Host, server: SocketAddr, bytes: u64) -> Result<Self> {
        within("a download, in bytes,", bytes, MAX_BYTES)?;
        Self::begin(host, server, &format!("/bytes/{bytes}"))
    }

    fn begin(host: &Host, server: SocketAddr, path: &str) -> Result<Self> {
        let began = Instant::now();
        let mut stream = host.connect(server, START)?;
        let starting = || format!("start the download of {path} from {server}");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\n\r\n");
        stream.write_all(request.as_bytes()).doing(starting)?;
        let twin = stream.try_clone().doing(starting)?;
        let progress = Arc::new(Progress::default());
        let mine = Arc::clone(&progress);
        let reading = Some(thread::spawn(move || {
            // How it ended shows in what arrived.
            drop(mine.follow(&twin));
            mine.ended.store(true, Ordering::SeqCst);
        }));
        let download = Self {
            stream,
            began,
            progress,
            reading,
        };
        if wait_until(START, || download.bytes() > 0) {
            return Ok(download);
        }
        Err(Error::Timeout {
            what: format!("the first byte of {server}{path}"),
            waited: START,
            seen: "nothing".to_owned(),
        })
    }

    /// Bytes received so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.progress.bytes.load(Ordering::SeqCst)
    }

    /// True as soon as more bytes arrive; false when none do for all of `time`.
    #[must_use]
    pub fn moves_within(&self, time: Duration) -> bool {
        let before = self.bytes();
        wait_until(time, || self.bytes() > before)
    }

    /// True until the connection ends or a byte is not the one that belongs there.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let is = |flag: &AtomicBool| flag.load(Ordering::SeqCst);
        !is(&self.progress.ended) && !is(&self.progress.spoilt)
    }

    /// Waits for the end of a download that has one.
    ///
    /// # Errors
    /// [`Error::Timeout`] when it does not end in time, [`Error::Unreadable`] when a byte was not the right one.
    pub fn finish(self, timeout: Duration) -> Result<DownloadReport> {
        let ended = wait_until(timeout, || self.progress.ended.load(Ordering::SeqCst));
        let (bytes, time) = (self.bytes(), self.began.elapsed());
        if !ended {
            return Err(Error::Timeout {
                what: "the end of a download".to_owned(),
                waited: timeout,
                seen: format!("{bytes} bytes"),
            });
        }
        if self.progress.spoilt.load(Ordering::SeqCst) {
            return Err(super::unreadable(
                "a download",
                &format!("{bytes} right bytes, then others"),
            ));
        }
        Ok(DownloadReport { bytes, time })
    }
}

impl Progress {
    /// Compares what arrives until the connection ends.
    fn follow(&self, stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(pattern::PIECE, stream);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 && line != "\r\n" {
            line.clear();
        }
        loop {
            let offset = self.bytes.load(Ordering::SeqCst);
            let arrived = reader.fill_buf()?;
            if arrived.is_empty() {
                return Ok(());
            }
            if arrived != pattern::piece(offset, arrived.len()) {
                self.spoilt.store(true, Ordering::SeqCst);
                return Ok(());
            }
            let length = arrived.len();
            reader.consume(length);
            self.bytes.fetch_add(length as u64, Ordering::SeqCst);
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // Closed by the other side already: just as well.
        drop(self.stream.shutdown(Shutdown::Both));
        if let Some(thread) = self.reading.take() {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
    }
}

fn wait_until(time: Duration, happened: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < time {
        if happened() {
            return true;
        }
        thread::sleep(LOOK);
    }
    happened()
}
