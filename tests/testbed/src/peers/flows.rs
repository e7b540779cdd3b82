// SPDX-License-Identifier: MIT
//! Many flows: up to a million real conversations through a firewall, without a socket for any of them.
//!
//! One end of a link asks and the other answers, both from raw sockets: two datagrams, an echo and its reply, or a TCP
//! handshake of three segments. The frame must go to an address that no host has, so that no kernel joins in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{MAX_SECONDS, within};
use crate::error::Result;
use crate::link::Port;
use crate::raw::{Batch, RawSocket};
use crate::template::{Step, Template, reply};

/// Most flows of one run.
const MAX_FLOWS: u64 = 1_000_000;
/// Most questions without an answer at any time: fewer than a CPU's backlog holds (`net.core.netdev_max_backlog`).
const WINDOW: u64 = 512;
/// Frames handed over with one call.
const BURST: usize = 64;
/// How long answers are waited for before they count as lost.
const PATIENCE: Duration = Duration::from_millis(50);
/// How often a flow without an answer is asked.
const ROUNDS: usize = 3;

/// What became of many flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowsReport {
    /// Opening frames sent, those sent again included.
    pub asked: u64,
    /// Opening frames that reached the other end.
    pub heard: u64,
    /// Flows of which the answer came back.
    pub answered: u64,
    /// Last segments of TCP handshakes that reached the other end; zero for other protocols.
    pub confirmed: u64,
    /// The whole time.
    pub time: Duration,
}

impl FlowsReport {
    /// Answered flows a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.time.as_secs_f64()
    }
}

/// Flows to be opened: one, unless told otherwise.
///
/// Their sources and source ports differ as those of a [`RawFlood`](super::RawFlood) do.
#[derive(Clone, Debug)]
#[must_use = "call run() to open the flows"]
pub struct Flows<'a> {
    asking: &'a Port,
    answering: &'a Port,
    frame: Vec<u8>,
    first: u64,
    count: u64,
    sources: u32,
    seconds: u64,
}

impl<'a> Flows<'a> {
    /// Flows that begin with copies of `frame` sent on `asking`, to a station behind `answering`.
    pub fn new(asking: &'a Port, answering: &'a Port, frame: Vec<u8>) -> Self {
        Self {
            asking,
            answering,
            frame,
            first: 0,
            count: 1,
            sources: 1,
            seconds: 30,
        }
    }

    /// Number of flows.
    pub fn count(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    /// Number of sources, from that of the frame upwards.
    pub fn sources(mut self, sources: u32) -> Self {
        self.sources = sources;
        self
    }

    /// Number of the first flow, so that a second run opens other flows than the first.
    pub fn first(mut self, first: u64) -> Self {
        self.first = first;
        self
    }

    /// Most seconds it may take; flows for which there is no time left are not opened.
    pub fn seconds(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    /// Opens the flows; those without an answer up to three times.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`](crate::Error::OutOfBounds) for more flows than a million or than the sources have ports,
    /// or too long a time; [`Error::Unreadable`](crate::Error::Unreadable) for a frame of another kind.
    pub fn run(&self) -> Result<FlowsReport> {
        within("many flows, in seconds,", self.seconds, MAX_SECONDS)?;
        within("many flows, in flows,", self.count, MAX_FLOWS)?;
        let length = self.frame.len() as u64;
        within(
            "many flows, in bytes of a frame,",
            length,
            Batch::SLOT as u64,
        )?;
        let template = Template::new(&self.frame, self.sources)?;
        let last = self.first.saturating_add(self.count);
        within("many flows, up to flow number", last, template.flows())?;
        let answering = Answering::start(self.answering.raw()?, template.clone());
        let mut asking = Asking {
            socket: self.asking.raw()?,
            template,
            first: self.first,
            answered: vec![false; self.count as usize],
            deadline: Instant::now() + Duration::from_secs(self.seconds),
            batch: Batch::of(BURST),
            waiting: 0,
            report: FlowsReport::default(),
        };
        let began = Instant::now();
        for _ in 0..ROUNDS {
            asking.round()?;
        }
        asking.report.time = began.elapsed();
        let (heard, confirmed) = answering.finish()?;
        Ok(FlowsReport {
            heard,
            confirmed,
            ..asking.report
        })
    }
}

/// The end that opens the flows.
struct Asking {
    socket: RawSocket,
    template: Template,
    first: u64,
    answered: Vec<bool>,
    deadline: Instant,
    batch: Batch,
    waiting: u64,
    report: FlowsReport,
}

impl Asking {
    /// Asks for every flow that has no answer yet.
    fn round(&mut self) -> Result<()> {
        let mut questions = Vec::new();
        let mut next = 0;
        while next < self.answered.len() && Instant::now() < self.deadline {
            questions.clear();
            while next < self.answered.len() && questions.len() < BURST * self.template.length() {
                if !self.answered[next] {
                    self.template
                        .append(self.first + next as u64, &mut questions);
                }
                next += 1;
            }
            self.socket.send_batch(&questions, self.template.length())?;
            let sent = (questions.len() / self.template.length()) as u64;
            self.report.asked += sent;
            self.waiting += sent;
            self.listen(WINDOW)?;
        }
        self.listen(0)
    }

    /// Takes answers until no more than `most` are waited for, or none comes any more.
    fn listen(&mut self, most: u64) -> Result<()> {
        loop {
            let patience = if self.waiting > most {
                PATIENCE
            } else {
                Duration::ZERO
            };
            if self.take(patience)? == 0 {
                if self.waiting > most {
                    self.waiting = 0;
                }
                return Ok(());
            }
        }
    }

    /// Takes the answers that are there, and confirms those that want it.
    fn take(&mut self, patience: Duration) -> Result<usize> {
        let Self {
            template,
            answered,
            waiting,
            report,
            first,
            ..
        } = self;
        let mut confirmations = Vec::new();
        let taken = self
            .socket
            .receive_batch(&mut self.batch, patience, |frame| {
                let Some(flow) = template.answered(frame) else {
                    return;
                };
                let index = flow.checked_sub(*first).map(|index| index as usize);
                if let Some(done) = index.and_then(|index| answered.get_mut(index)) {
                    report.answered += u64::from(!std::mem::replace(done, true));
                    *waiting = waiting.saturating_sub(1);
                    if template.is_tcp() {
                        reply(frame, &mut confirmations);
                    }
                }
            })?;
        self.socket
            .send_batch(&confirmations, self.template.length())?;
        Ok(taken)
    }
}

/// The end that answers, on a thread of its own.
struct Answering {
    counts: Arc<Counts>,
    thread: Option<JoinHandle<Result<()>>>,
}

#[derive(Default)]
struct Counts {
    stop: AtomicBool,
    heard: AtomicU64,
    confirmed: AtomicU64,
}

impl Answering {
    fn start(socket: RawSocket, template: Template) -> Self {
        let counts = Arc::new(Counts::default());
        let mine = Arc::clone(&counts);
        let thread = Some(thread::spawn(move || answer(&socket, &template, &mine)));
        Self { counts, thread }
    }

    /// Openings and last segments that it saw.
    fn finish(mut self) -> Result<(u64, u64)> {
        self.counts.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread
                .join()
                .unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))?;
        }
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Ok((read(&self.counts.heard), read(&self.counts.confirmed)))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.counts.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
    }
}

/// Answers until told to stop, and then what is still there.
fn answer(socket: &RawSocket, template: &Template, counts: &Counts) -> Result<()> {
    let (mut batch, mut replies) = (Batch::of(BURST), Vec::new());
    loop {
        replies.clear();
        let (mut heard, mut confirmed) = (0, 0);
        socket.receive_batch(&mut batch, PATIENCE, |frame| {
            if frame.len() != template.length() || !template.is_like(frame) {
                return;
            }
            match reply(frame, &mut replies) {
                Step::Answer => heard += 1,
                Step::Silence => confirmed += 1,
                Step::Confirm => {}
            }
        })?;
        socket.send_batch(&replies, template.length())?;
        counts.heard.fetch_add(heard, Ordering::Relaxed);
        counts.confirmed.fetch_add(confirmed, Ordering::Relaxed);
        // What others send does not end.
        let idle = heard + confirmed == 0;
        if idle && counts.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
}
