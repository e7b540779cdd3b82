// SPDX-License-Identifier: MIT
//! Well-behaved clients: they fetch a page over and over and remember how they were served.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::host::Host;
use crate::process::lock;

/// How long a step of a fetch may take before the fetch counts as failed.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most bytes of an answer read.
const MAX_ANSWER: u64 = 1 << 20;

/// What a [`Fetcher`] or a [`Visitor`](super::Visitor) experienced.
#[derive(Clone, Debug, Default)]
pub struct FetchReport {
    /// Fetches answered with the whole page and status 200.
    pub successes: u64,
    /// Fetches refused, cut off, answered otherwise, or not in time.
    pub failures: u64,
    /// Why the last of them failed.
    pub last_failure: Option<String>,
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

    /// Fetches once and notes how it went.
    pub(super) fn fetch(report: &Mutex<Self>, server: SocketAddr, patience: Duration) {
        let began = Instant::now();
        let outcome = fetch(server, patience);
        let mut report = lock(report);
        match outcome {
            Ok(()) => {
                report.successes += 1;
                report.latencies.push(began.elapsed());
            }
            Err(error) => {
                report.failures += 1;
                report.last_failure = Some(error.to_string());
            }
        }
    }
}

/// A thread in a host that fetches, until it is done or told to stop.
#[derive(Debug)]
pub(super) struct Fetching {
    report: Arc<Mutex<FetchReport>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Option<()>>>,
}

impl Fetching {
    pub(super) fn start(
        host: &Host,
        work: impl FnOnce(&Mutex<FetchReport>, &AtomicBool) + Send + 'static,
    ) -> Result<Self> {
        let report = Arc::new(Mutex::new(FetchReport::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (mine, stopped) = (Arc::clone(&report), Arc::clone(&stop));
        let thread = Some(host.thread(move || work(&mine, &stopped))?);
        Ok(Self {
            report,
            stop,
            thread,
        })
    }

    pub(super) fn report(&self) -> FetchReport {
        lock(&self.report).clone()
    }

    /// Waits until it is done.
    pub(super) fn wait(&mut self) -> FetchReport {
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
        self.report()
    }

    /// Has it end after the fetches under way.
    pub(super) fn stop(&mut self) -> FetchReport {
        self.stop.store(true, Ordering::SeqCst);
        self.wait()
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A client in a host that fetches `/` on a new connection at regular times until stopped or dropped.
///
/// It waits for each answer: a slow server has fewer fetches. A [`Visitor`](super::Visitor) does not wait.
#[derive(Debug)]
pub struct Fetcher(Fetching);

impl Fetcher {
    /// Starts to fetch from `server`, over v4 or v6 as its address says, one fetch every `interval`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the host is gone.
    pub fn start(host: &Host, server: SocketAddr, interval: Duration) -> Result<Self> {
        Fetching::start(host, move |report, stop| {
            while !stop.load(Ordering::SeqCst) {
                let began = Instant::now();
                FetchReport::fetch(report, server, PATIENCE);
                thread::sleep(interval.saturating_sub(began.elapsed()));
            }
        })
        .map(Self)
    }

    /// What it experienced so far.
    #[must_use]
    pub fn report(&self) -> FetchReport {
        self.0.report()
    }

    /// Ends after the fetch under way, and says what it experienced.
    #[must_use]
    pub fn stop(mut self) -> FetchReport {
        self.0.stop()
    }
}

fn fetch(server: SocketAddr, patience: Duration) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&server, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
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
