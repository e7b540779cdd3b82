// SPDX-License-Identifier: MIT
//! Our own flood: any frame, from exactly so many sources, exactly so many times, as fast as asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::super::within;
use super::{FloodReport, Flooding, Sender, SocketSender, within_time};
use crate::error::Result;
use crate::link::Port;
use crate::raw::RawSocket;
use crate::template::Template;

/// Most packets of one flood.
const MAX_FLOOD_PACKETS: u64 = 20_000_000;
/// Packets handed to the kernel with one call.
const BURST: u64 = 64;

/// A flood of copies of one frame to be begun: TCP, UDP or ICMP echo over either family, untagged.
///
/// Copy number *n* of a flood with *s* sources comes from source *n* mod *s*; each time round with another source port,
/// or identifier for an echo. Source *i* is *i* addresses after that of the frame; over IPv6, *i* networks of 64 bits.
#[derive(Clone, Debug)]
#[must_use = "call start() to flood"]
pub struct RawFlood<'a> {
    port: &'a Port,
    frame: Vec<u8>,
    sources: u32,
    packets: u64,
    seconds: u64,
    rate: Option<u64>,
}

impl<'a> RawFlood<'a> {
    /// Sends `frame` on this port: from the address in it, for at most five seconds, as fast as possible.
    pub fn new(port: &'a Port, frame: Vec<u8>) -> Self {
        Self {
            port,
            frame,
            sources: 1,
            packets: MAX_FLOOD_PACKETS,
            seconds: 5,
            rate: None,
        }
    }

    /// Number of sources, from that of the frame upwards.
    pub fn sources(mut self, sources: u32) -> Self {
        self.sources = sources;
        self
    }

    /// Number of packets, unless its time is over before.
    pub fn packets(mut self, packets: u64) -> Self {
        self.packets = packets;
        self
    }

    /// Most seconds it may take.
    pub fn seconds(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    /// Most packets a second.
    pub fn rate(mut self, rate: u64) -> Self {
        self.rate = Some(rate.max(1));
        self
    }

    /// Begins.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) for too many packets or too long a time,
    /// [`Error::Unreadable`](crate::Error::Unreadable) for a frame of another kind.
    pub fn start(&self) -> Result<Flooding> {
        let course = Course {
            socket: self.port.raw()?,
            template: Template::new(&self.frame, self.sources)?,
            packets: within("a flood, in packets,", self.packets, MAX_FLOOD_PACKETS)?,
            time: Duration::from_secs(within_time(self.seconds)?),
            rate: self.rate,
            sent: Arc::default(),
            stop: Arc::default(),
        };
        let (sent, stop) = (Arc::clone(&course.sent), Arc::clone(&course.stop));
        let thread = Some(thread::spawn(move || course.run()));
        Ok(Flooding::by(Sender::Socket(SocketSender {
            sent,
            stop,
            thread,
        })))
    }
}

/// What the thread of a flood works on.
struct Course {
    socket: RawSocket,
    template: Template,
    packets: u64,
    time: Duration,
    rate: Option<u64>,
    sent: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Course {
    fn run(&self) -> Result<FloodReport> {
        let began = Instant::now();
        let (mut packets, mut frames) = (0, Vec::new());
        while packets < self.packets && !self.stop.load(Ordering::Relaxed) {
            let time = began.elapsed();
            if time >= self.time {
                break;
            }
            let burst = self.due(time, packets).min(self.packets - packets);
            if burst == 0 {
                thread::sleep(Duration::from_micros(200));
                continue;
            }
            frames.clear();
            for number in packets..packets + burst {
                self.template.append(number, &mut frames);
            }
            self.socket.send_batch(&frames, self.template.length())?;
            packets += burst;
            self.sent.store(packets, Ordering::Relaxed);
        }
        let time = began.elapsed();
        Ok(FloodReport { packets, time })
    }

    /// How many packets may go now.
    fn due(&self, time: Duration, packets: u64) -> u64 {
        let Some(rate) = self.rate else { return BURST };
        let by_now = (time.as_secs_f64() * rate as f64) as u64;
        by_now.saturating_sub(packets).min(BURST)
    }
}
