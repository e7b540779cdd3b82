// SPDX-License-Identifier: MIT
//! New visitors at a steady rate, however slowly each is served: what a flood must not keep out.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::fetcher::{FetchReport, Fetching};
use super::{MAX_SECONDS, within};
use crate::error::Result;
use crate::host::Host;

/// How long a visitor waits for the connection, and for the page.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most visits a second: with all of them waiting, some hundred threads.
const MAX_VISITS: u64 = 100;
/// Stack of one visit.
const STACK: usize = 128 << 10;

/// Clients in a host that fetch `/`, each on a new connection, so many a second, until done, stopped or dropped.
#[derive(Debug)]
pub struct Visitor(Fetching);

impl Visitor {
    /// Starts `per_second` visits to `server`, over v4 or v6 as its address says, for so many seconds.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) for too many a second or too long a time,
    /// [`Error::Io`](crate::Error::Io) when the host is gone.
    pub fn start(host: &Host, server: SocketAddr, per_second: u64, seconds: u64) -> Result<Self> {
        within("a visitor, in visits a second,", per_second, MAX_VISITS)?;
        within("a visitor, in seconds,", seconds, MAX_SECONDS)?;
        let pace = Duration::from_secs(1) / per_second.max(1) as u32;
        let visits = (per_second * seconds) as u32;
        Fetching::start(host, move |report, stop| {
            visit(server, (visits, pace), report, stop);
        })
        .map(Self)
    }

    /// What they experienced so far.
    #[must_use]
    pub fn report(&self) -> FetchReport {
        self.0.report()
    }

    /// Waits for the last visit, and says what they experienced.
    #[must_use]
    pub fn wait(mut self) -> FetchReport {
        self.0.wait()
    }

    /// Ends after the visits under way, and says what they experienced.
    #[must_use]
    pub fn stop(mut self) -> FetchReport {
        self.0.stop()
    }
}

fn visit(
    server: SocketAddr,
    (visits, pace): (u32, Duration),
    report: &Mutex<FetchReport>,
    stop: &AtomicBool,
) {
    let began = Instant::now();
    thread::scope(|scope| {
        for number in 0..visits {
            thread::sleep((pace * number).saturating_sub(began.elapsed()));
            if stop.load(Ordering::SeqCst) {
                break;
            }
            thread::Builder::new()
                .stack_size(STACK)
                // A thread begins in the namespace of the one that starts it.
                .spawn_scoped(scope, || FetchReport::fetch(report, server, PATIENCE))
                .expect("a machine has room for some hundred threads");
        }
    });
}
