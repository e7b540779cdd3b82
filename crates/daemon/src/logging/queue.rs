// SPDX-License-Identifier: MIT
//! Lines on their way to a thread that writes them. Whoever has a line never waits: one that finds
//! no room is lost.
//!
//! `tracing-appender` has such a queue too. This one also counts lines that could not be written,
//! bounds bytes, and ends in silence: the guard of that one prints, and blocks, where nobody reads.

use crate::confine;
use aegis_api::StreamStatus;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait.
const MOST_LINES: usize = 4_096;
/// Bytes in them.
const MOST_BYTES: u64 = 4 << 20;
/// While lines keep coming, losses are told so often.
const TELLING: Duration = Duration::from_secs(1);

/// Where lines end up. It may block.
pub(super) trait Sink: Send + 'static {
    /// Writes a line, the end of which is in it: whole, or not at all.
    fn put(&mut self, line: &[u8]) -> io::Result<()>;

    /// Finds the target, for the first time or anew.
    fn open(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// What is amiss although the last line was written.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// Tells that lines are missing: how many since it was told last, and how many in all.
pub(super) type Tell = fn(u64, u64);

/// The end of a queue that lines are put into.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    lines: SyncSender<Vec<u8>>,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    target: String,
    waiting: AtomicU64,
    waiting_bytes: AtomicU64,
    written: AtomicU64,
    lost: AtomicU64,
    told: AtomicU64,
    reopen: AtomicBool,
    problem: Mutex<Option<String>>,
}

/// Starts a thread that writes to a sink, which is called `target` for people.
pub(super) fn start(
    thread: &str,
    target: String,
    sink: Box<dyn Sink>,
    tell: Tell,
) -> io::Result<Queue> {
    let tally = Arc::new(Tally {
        target,
        ..Tally::default()
    });
    let (lines, waiting) = sync_channel(MOST_LINES);
    let writer = Writer {
        sink,
        tally: Arc::clone(&tally),
        tell,
        told: Instant::now(),
    };
    let thread = thread::Builder::new().name(thread.to_owned());
    // It ends by itself, once nobody has lines for it.
    drop(thread.spawn(move || writer.run(&waiting))?);
    let queue = Queue { lines, tally };
    queue.reopen();
    Ok(queue)
}

impl Queue {
    /// Has a line written, or loses it.
    pub(super) fn push(&self, line: Vec<u8>) {
        if !self.offer(line) {
            self.tally.lost.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Has the target opened anew, before the next line in any case.
    pub(super) fn reopen(&self) {
        self.tally.reopen.store(true, Ordering::Release);
        // The thread may have nothing to do.
        self.offer(Vec::new());
    }

    fn offer(&self, line: Vec<u8>) -> bool {
        let (tally, bytes) = (&self.tally, line.len() as u64);
        tally.waiting.fetch_add(1, Ordering::AcqRel);
        let before = tally.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        let room = before + bytes <= MOST_BYTES;
        let taken = room && self.lines.try_send(line).is_ok();
        if !taken {
            tally.done(bytes);
        }
        taken
    }

    /// Waits until nothing waits any more, within bounds.
    pub(super) fn drain(&self, patience: Duration) {
        let began = Instant::now();
        while self.tally.waiting.load(Ordering::Acquire) > 0 && began.elapsed() < patience {
            thread::sleep(Duration::from_millis(2));
        }
    }

    pub(super) fn status(&self) -> StreamStatus {
        let tally = &self.tally;
        let count = |count: &AtomicU64| count.load(Ordering::Acquire);
        StreamStatus {
            target: tally.target.clone(),
            written: count(&tally.written),
            waiting: count(&tally.waiting),
            lost: count(&tally.lost),
            untold: tally.untold(),
            problem: tally.problem().clone(),
        }
    }
}

impl Tally {
    /// A line does not wait any more.
    fn done(&self, bytes: u64) {
        self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }

    fn untold(&self) -> u64 {
        let told = self.told.load(Ordering::Acquire);
        self.lost.load(Ordering::Acquire).saturating_sub(told)
    }

    fn problem(&self) -> MutexGuard<'_, Option<String>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line, as the subscriber writes it: in one piece.
pub(super) struct Line<'a>(&'a Queue);

impl<'a> MakeWriter<'a> for Queue {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The thread.
struct Writer {
    sink: Box<dyn Sink>,
    tally: Arc<Tally>,
    tell: Tell,
    told: Instant,
}

impl Writer {
    fn run(mut self, lines: &Receiver<Vec<u8>>) {
        while let Ok(line) = lines.recv() {
            self.write(&line);
            while let Ok(line) = lines.try_recv() {
                self.write(&line);
                if self.told.elapsed() > TELLING {
                    self.tell_of_losses();
                }
            }
            self.tell_of_losses();
        }
    }

    fn write(&mut self, line: &[u8]) {
        // The daemon may have been confined since.
        confine::follow();
        if self.tally.reopen.swap(false, Ordering::AcqRel) {
            *self.tally.problem() = self.sink.open().err().map(|error| error.to_string());
        }
        // An empty one only asks for that.
        if !line.is_empty() {
            *self.tally.problem() = self.put(line);
        }
        self.tally.done(line.len() as u64);
    }

    /// What is amiss then.
    fn put(&mut self, line: &[u8]) -> Option<String> {
        match self.sink.put(line) {
            Ok(()) => {
                self.tally.written.fetch_add(1, Ordering::AcqRel);
                self.sink.trouble()
            }
            Err(error) => {
                self.tally.lost.fetch_add(1, Ordering::AcqRel);
                Some(error.to_string())
            }
        }
    }

    /// Only once a line has been written again: what tells of losses is a line, too.
    fn tell_of_losses(&mut self) {
        let untold = self.tally.untold();
        if untold == 0 || self.tally.problem().is_some() {
            return;
        }
        let total = self.tally.told.fetch_add(untold, Ordering::AcqRel) + untold;
        self.told = Instant::now();
        (self.tell)(untold, total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    /// Takes a line whenever the test gives leave to.
    struct Reluctant {
        leave: Receiver<io::Result<()>>,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Sink for Reluctant {
        fn put(&mut self, line: &[u8]) -> io::Result<()> {
            self.leave.recv().unwrap_or(Ok(()))?;
            self.taken.lock().expect("nobody panicked").extend(line);
            Ok(())
        }
    }

    /// What the thread wrote.
    type Taken = Arc<Mutex<Vec<u8>>>;

    fn reluctant(tell: Tell) -> (Queue, Sender<io::Result<()>>, Taken) {
        let (give, leave) = channel();
        let taken = Taken::default();
        let sink = Reluctant {
            leave,
            taken: Arc::clone(&taken),
        };
        let queue = start("test", "a test".to_owned(), Box::new(sink), tell);
        let queue = queue.expect("there is room for a thread");
        queue.drain(Duration::from_secs(10));
        (queue, give, taken)
    }

    #[test]
    fn a_sink_that_blocks_holds_nobody_up_and_every_line_is_accounted_for() {
        static TOLD: AtomicU64 = AtomicU64::new(0);
        let (queue, leave, taken) = reluctant(|_, total| TOLD.store(total, Ordering::Release));
        let pushed = MOST_LINES as u64 + 100;
        let began = Instant::now();
        (0..pushed).for_each(|_| queue.push(b"x".to_vec()));
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "{:?}",
            began.elapsed()
        );
        let status = queue.status();
        // The thread may have one in its hands.
        assert!((99..=100).contains(&status.lost), "{status:?}");
        assert_eq!(
            (status.waiting + status.lost, status.untold),
            (pushed, status.lost)
        );
        drop(leave);
        queue.drain(Duration::from_secs(10));
        let after = queue.status();
        assert_eq!((after.written + after.lost, after.waiting), (pushed, 0));
        assert_eq!(
            taken.lock().expect("nobody panicked").len() as u64,
            after.written
        );
        let began = Instant::now();
        while queue.status().untold > 0 && began.elapsed() < Duration::from_secs(10) {
            thread::yield_now();
        }
        assert_eq!(TOLD.load(Ordering::Acquire), after.lost);
    }

    #[test]
    fn bytes_are_bounded_as_well() {
        let (queue, _leave, _taken) = reluctant(|_, _| ());
        let half = vec![0; MOST_BYTES as usize / 2];
        (0..3).for_each(|_| queue.push(half.clone()));
        assert_eq!(queue.status().lost, 1);
    }

    #[test]
    fn a_line_that_cannot_be_written_is_lost_and_told_of_after_one_that_can() {
        static TOLD: AtomicU64 = AtomicU64::new(0);
        let (queue, leave, _taken) = reluctant(|untold, _| TOLD.store(untold, Ordering::Release));
        let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
        for _ in 0..2 {
            leave.send(full()).expect("the thread waits");
            queue.push(b"x".to_vec());
        }
        queue.drain(Duration::from_secs(10));
        let status = queue.status();
        assert_eq!((status.lost, status.untold, status.written), (2, 2, 0));
        assert!(status.problem.is_some() && TOLD.load(Ordering::Acquire) == 0);
        leave.send(Ok(())).expect("the thread waits");
        queue.push(b"x".to_vec());
        let began = Instant::now();
        while queue.status().untold > 0 && began.elapsed() < Duration::from_secs(10) {
            thread::yield_now();
        }
        let status = queue.status();
        assert_eq!((status.written, status.problem), (1, None));
        assert_eq!(TOLD.load(Ordering::Acquire), 2);
    }
}
