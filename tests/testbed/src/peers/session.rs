// SPDX-License-Identifier: MIT
//! A long session, as of an administrator: a line now and then, long silences, and it must never break.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::{Doing, Result};
use crate::host::Host;
use crate::process::lock;

/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(3);
/// How long the echo of a line may take, retransmissions included, before the session counts as broken.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a waiting session looks whether it should end.
const LOOK: Duration = Duration::from_millis(10);

/// How a session went so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionReport {
    /// Lines that came back.
    pub lines: u64,
    /// Longest time that one took.
    pub slowest: Duration,
    /// Why the session broke, if it did.
    pub broken: Option<String>,
}

/// One TCP connection to a [`TcpEcho`](super::TcpEcho) that exchanges lines until stopped, dropped or broken.
#[derive(Debug)]
pub struct Session {
    stream: TcpStream,
    shared: Arc<Shared>,
    talking: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    report: Mutex<SessionReport>,
    idle: AtomicBool,
    stop: AtomicBool,
}

impl Session {
    /// Connects from inside `host` and exchanges a line every `interval`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the server does not answer.
    pub fn open(host: &Host, server: SocketAddr, interval: Duration) -> Result<Self> {
        let opening = || format!("open a session with {server}");
        let stream = host.connect(server, CONNECTING)?;
        stream.set_nodelay(true).doing(opening)?;
        stream.set_read_timeout(Some(PATIENCE)).doing(opening)?;
        stream.set_write_timeout(Some(PATIENCE)).doing(opening)?;
        let twin = stream.try_clone().doing(opening)?;
        let shared = Arc::new(Shared::default());
        let mine = Arc::clone(&shared);
        let talking = Some(thread::spawn(move || mine.talk(&twin, interval)));
        Ok(Self {
            stream,
            shared,
            talking,
        })
    }

    /// Falls silent; the connection stays.
    pub fn pause(&self) {
        self.shared.idle.store(true, Ordering::SeqCst);
    }

    /// Goes on after [`Session::pause`].
    pub fn resume(&self) {
        self.shared.idle.store(false, Ordering::SeqCst);
    }

    /// How it went so far.
    #[must_use]
    pub fn report(&self) -> SessionReport {
        lock(&self.shared.report).clone()
    }

    /// True as soon as another line comes back; false when none does for all of `time`, or the session is broken.
    #[must_use]
    pub fn answers_within(&self, time: Duration) -> bool {
        let (began, before) = (Instant::now(), self.report().lines);
        while began.elapsed() < time {
            let report = self.report();
            if report.lines > before || report.broken.is_some() {
                return report.broken.is_none();
            }
            thread::sleep(LOOK);
        }
        false
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Closed by the other side already: just as well.
        drop(self.stream.shutdown(Shutdown::Both));
        if let Some(thread) = self.talking.take() {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn talk(&self, stream: &TcpStream, interval: Duration) {
        let mut reader = BufReader::new(stream);
        for number in 0_u64.. {
            let began = Instant::now();
            let outcome = exchange(stream, &mut reader, number);
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let mut report = lock(&self.report);
            if let Err(error) = outcome {
                report.broken = Some(format!("line {number}: {error}"));
                return;
            }
            report.lines += 1;
            report.slowest = report.slowest.max(began.elapsed());
            drop(report);
            self.rest(began + interval);
        }
    }

    /// Until it is time for the next line.
    fn rest(&self, until: Instant) {
        let waits = || self.idle.load(Ordering::SeqCst) || Instant::now() < until;
        while waits() && !self.stop.load(Ordering::SeqCst) {
            thread::sleep(LOOK);
        }
    }
}

/// A line there and back.
fn exchange(mut stream: &TcpStream, reader: &mut impl BufRead, number: u64) -> io::Result<()> {
    let (sent, mut received) = (format!("line {number}\n"), String::new());
    stream.write_all(sent.as_bytes())?;
    reader.read_line(&mut received)?;
    if received == sent {
        Ok(())
    } else {
        Err(io::Error::other(format!("{received:?} came back")))
    }
}
