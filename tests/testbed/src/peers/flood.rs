// SPDX-License-Identifier: MIT
//! Floods: as many packets as a tool or a socket can send, for a bounded time, on a link of the lab.
//!
//! A flood ends by itself when its time is over, even when the test that began it was killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::link::Port;
use crate::process::Process;

mod raw;
mod tool;

pub use raw::RawFlood;
pub use tool::{Flood, FloodKind};

/// Most seconds one flood may take.
pub const MAX_FLOOD_SECONDS: u64 = 30;
/// How long a tool may take to end and to say what it has done.
const ENDING: Duration = Duration::from_secs(5);

/// What a flood came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodReport {
    /// Packets sent, by the count of the sender.
    pub packets: u64,
    /// How long it sent; for a tool this includes its start.
    pub time: Duration,
}

impl FloodReport {
    /// Packets a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.packets as f64 / self.time.as_secs_f64()
    }
}

/// A flood under way. Dropping it ends it.
#[derive(Debug)]
pub struct Flooding {
    sender: Sender,
    began: Instant,
}

#[derive(Debug)]
enum Sender {
    Tool(ToolSender),
    Socket(SocketSender),
}

/// A program, and how to read its count; meanwhile the interface counts.
#[derive(Debug)]
struct ToolSender {
    process: Process,
    count: fn(&str) -> Option<u64>,
    port: Port,
    before: u64,
}

/// A thread of ours; it sets the time when it is done.
#[derive(Debug)]
struct SocketSender {
    sent: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<FloodReport>>>,
}

impl Flooding {
    fn by(sender: Sender) -> Self {
        let began = Instant::now();
        Self { sender, began }
    }

    /// Packets so far; for a tool, everything that its interface sent.
    ///
    /// # Errors
    /// [`Error::Io`] when the host is gone.
    pub fn sent(&self) -> Result<u64> {
        match &self.sender {
            Sender::Tool(tool) => Ok(tool.port.packets()?.sent - tool.before),
            Sender::Socket(socket) => Ok(socket.sent.load(Ordering::Relaxed)),
        }
    }

    /// Ends it now and says what it came to.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when a tool does not say how much it sent, [`Error::Io`] when sending failed.
    pub fn stop(mut self) -> Result<FloodReport> {
        if let Sender::Socket(socket) = &self.sender {
            socket.stop.store(true, Ordering::Relaxed);
        }
        if let Sender::Tool(tool) = &self.sender {
            // It may have come to its end by itself.
            drop(tool.process.signal(libc::SIGINT));
        }
        self.finish(ENDING)
    }

    /// Waits for its end, and says what it came to.
    ///
    /// # Errors
    /// As [`Flooding::stop`].
    pub fn wait(mut self) -> Result<FloodReport> {
        self.finish(Duration::from_secs(MAX_FLOOD_SECONDS) + ENDING)
    }

    fn finish(&mut self, patience: Duration) -> Result<FloodReport> {
        match &mut self.sender {
            Sender::Tool(tool) => {
                let said = tool.process.wait(patience)?;
                let time = self.began.elapsed();
                let text = said.stdout + &said.stderr;
                let packets = (tool.count)(&text)
                    .ok_or_else(|| super::unreadable("the count of a flood", &text))?;
                Ok(FloodReport { packets, time })
            }
            Sender::Socket(socket) => socket.join(),
        }
    }
}

impl SocketSender {
    fn join(&mut self) -> Result<FloodReport> {
        let thread = self.thread.take().expect("a flood is waited for once");
        thread
            .join()
            .unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))
    }
}

impl Drop for SocketSender {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
    }
}

fn within_time(seconds: u64) -> Result<u64> {
    match seconds {
        1..=MAX_FLOOD_SECONDS => Ok(seconds),
        asked => Err(Error::OutOfBounds {
            what: "a flood, in seconds,",
            asked,
            limit: MAX_FLOOD_SECONDS,
        }),
    }
}
