// SPDX-License-Identifier: MIT
//! The well-behaved client: fetches a page over and over and remembers how it was served.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::host::Host;
use crate::process::lock;

/// How long one fetch may take before it counts as failed.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// Most bytes of an answer read.
const MAX_ANSWER: u64 = 1 << 20;

/// What a [`Fetcher`] experienced.
#[derive(Clone, Debug, Default)]
pub struct FetchReport {
    /// Fetches answered with the whole page and status 200.
    pub successes: u64,
    /// Fetches refused, cut off, answered otherwise, or not within two seconds.
    pub failures: u64,
    latencies: Vec<Duration>,
}

impl FetchReport {
    /// Median time of a successful fetch, connecting included.
    #[must_use]
    pub fn p50(&self) -> Option<Duration> {
        self.percentile(50)
    }

    /// Time within which 99 of 100 successful fetches were served.
    #[must_use]
    pub fn p99(&self) -> Option<Duration> {
        self.percentile(99)
    }

    /// Slowest successful fetch.
    #[must_use]
    pub fn slowest(&self) -> Option<Duration> {
        self.percentile(100)
    }

    /// Nearest-rank percentile.
    fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }

    fn note(&mut self, began: Instant, outcome: &io::Result<()>) {
        if outcome.is_ok() {
            self.successes += 1;
            self.latencies.push(began.elapsed());
        } else {
            self.failures += 1;
        }
    }
}

/// A client in a host that fetches `/` on a new connection at regular times until stopped or dropped.
#[derive(Debug)]
pub struct Fetcher {
    report: Arc<Mutex<FetchReport>>,
    stop: Arc<AtomicBool>,
    fetching: Option<JoinHandle<Option<()>>>,
}

impl Fetcher {
    /// Starts to fetch from `server`, over v4 or v6 as its address says, one fetch every `interval`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the host is gone.
    pub fn start(host: &Host, server: SocketAddr, interval: Duration) -> Result<Self> {
        let report = Arc::new(Mutex::new(FetchReport::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (mine, stopped) = (Arc::clone(&report), Arc::clone(&stop));
        let fetching = host.thread(move || {
            while !stopped.load(Ordering::SeqCst) {
                let began = Instant::now();
                let outcome = fetch(server);
                lock(&mine).note(began, &outcome);
                thread::sleep(interval.saturating_sub(began.elapsed()));
            }
        })?;
        Ok(Self {
            report,
            stop,
            fetching: Some(fetching),
        })
    }

    /// What it experienced so far.
    #[must_use]
    pub fn report(&self) -> FetchReport {
        lock(&self.report).clone()
    }

    /// Ends after the fetch under way, and says what it experienced.
    #[must_use]
    pub fn stop(mut self) -> FetchReport {
        self.end();
        self.report()
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.fetching.take() {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        self.end();
    }
}

fn fetch(server: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    let whole = answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(super::PAGE.as_bytes());
    if whole {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let latencies = (1..=200).rev().map(Duration::from_millis).collect();
        let report = FetchReport {
            latencies,
            ..FetchReport::default()
        };
        assert_eq!(report.p50(), Some(Duration::from_millis(100)));
        assert_eq!(report.p99(), Some(Duration::from_millis(198)));
        assert_eq!(report.slowest(), Some(Duration::from_millis(200)));
        assert_eq!(FetchReport::default().p50(), None);
    }
}
