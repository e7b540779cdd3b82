// SPDX-License-Identifier: MIT
//! The daemon's end of the line.

use super::line::Line;
use super::work::{AT_ONCE, Answer, NAME, Question};
use super::{CourierError, Delivery, Job, body};
use crate::socket;
use aegis_api::CourierSight;
use aegis_lists::fetch::{FetchError, Outcome};
use rustix::net::SendFlags;
use rustix::time::{ClockId, clock_gettime};
use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// This program, wherever it is, and even if its file has been replaced.
const PROGRAM: &str = "/proc/self/exe";
/// Where the service manager offers a courier, in the folder of the daemon's socket.
const SOCKET: &str = "courier.sock";
/// What it is told of the daemon's surroundings: who is between, and which authorities are trusted.
const TOLD: [&str; 10] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];
/// How long it may take to say who it is: longer where it is busy.
const INTRODUCTION: Duration = Duration::from_secs(1);
/// How much longer than a job may take its answer may.
const GRACE: Duration = Duration::from_secs(30);

type Reply = Result<Delivery, FetchError>;

/// Somebody who waits for a job.
#[derive(Debug)]
struct Waiting {
    most: u64,
    reply: oneshot::Sender<Reply>,
}

#[derive(Debug, Default)]
struct State {
    line: Option<Arc<Line>>,
    /// Where this process has begun it.
    child: Option<Child>,
    number: u64,
    waiting: HashMap<u64, Waiting>,
    sight: CourierSight,
}

/// A courier in a process of its own.
#[derive(Debug)]
pub(super) struct Apart {
    /// Where the service manager begins another one, if it does.
    socket: PathBuf,
    state: Mutex<State>,
    /// Of who it is, or that it is gone.
    told: Condvar,
    turns: Semaphore,
}

impl Apart {
    /// The one that an earlier program of this process left to it, else the one that is offered,
    /// else a new one.
    pub(super) fn begin(run_dir: &Path) -> io::Result<Self> {
        let socket = run_dir.join(SOCKET);
        if let Some(left) = socket::left_line() {
            return Ok(Self::with(Line::of(left), socket));
        }
        if let Ok(line) = Line::connect(&socket) {
            return Ok(Self::with(line, socket));
        }
        let (line, child) = spawn()?;
        let apart = Self::with(line, socket);
        apart.lock().child = Some(child);
        Ok(apart)
    }

    pub(super) fn with(line: Line, socket: PathBuf) -> Self {
        // What an earlier program of this process has asked, and is answered only now, has a lower
        // one.
        let now = clock_gettime(ClockId::Monotonic);
        let number = now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned();
        let state = State {
            line: Some(Arc::new(line)),
            number,
            ..State::default()
        };
        Self {
            socket,
            state: Mutex::new(state),
            told: Condvar::new(),
            turns: Semaphore::new(AT_ONCE),
        }
    }

    /// Hears it on a thread of its own, and asks who it is; waits a moment for that, so that whoever
    /// asks for the status from here on is told.
    pub(super) fn listen(self: &Arc<Self>) {
        let line = self.lock().line.clone();
        let Some(line) = line else {
            return;
        };
        self.hear_of(&line);
        let unknown = |state: &mut State| state.line.is_some() && state.sight.process.is_none();
        let waited = self
            .told
            .wait_timeout_while(self.lock(), INTRODUCTION, unknown);
        drop(waited);
    }

    /// The same without waiting.
    fn hear_of(self: &Arc<Self>, line: &Arc<Line>) {
        let apart = Arc::clone(self);
        let thread = std::thread::Builder::new().name("courier".to_owned());
        let hear = Arc::clone(line);
        let begun = thread.spawn(move || apart.hear(&hear));
        let asked = line.send(&Question::Who, None, SendFlags::DONTWAIT);
        if let Err(error) = begun.map(drop).and(asked) {
            self.lose(line, &error.to_string());
        }
    }

    pub(super) async fn ask(self: &Arc<Self>, job: Job) -> Result<Delivery, CourierError> {
        // Nobody closes it.
        let _turn = self.turns.acquire().await;
        let patience = job.longest() + GRACE;
        let (number, answer) = self.send(job)?;
        let answer = tokio::time::timeout(patience, answer).await;
        self.lock().waiting.remove(&number);
        match answer {
            Ok(Ok(reply)) => Ok(reply?),
            Ok(Err(_)) => Err(CourierError::Gone(self.problem())),
            Err(_) => Err(CourierError::Gone("the courier does not answer".to_owned())),
        }
    }

    fn send(self: &Arc<Self>, job: Job) -> Result<(u64, oneshot::Receiver<Reply>), CourierError> {
        let line = self.line()?;
        let (reply, answer) = oneshot::channel();
        let most = job.most();
        let number = {
            let mut state = self.lock();
            state.number += 1;
            let number = state.number;
            state.waiting.insert(number, Waiting { most, reply });
            number
        };
        let sent = line.send(&Question::Do(number, job), None, SendFlags::DONTWAIT);
        if let Err(error) = sent {
            self.lock().waiting.remove(&number);
            return Err(CourierError::Gone(error.to_string()));
        }
        Ok((number, answer))
    }

    /// The line; a new one, where the last one is gone and the service manager begins another.
    fn line(self: &Arc<Self>) -> Result<Arc<Line>, CourierError> {
        let mut state = self.lock();
        if let Some(line) = &state.line {
            return Ok(Arc::clone(line));
        }
        let Ok(line) = Line::connect(&self.socket) else {
            let problem = state.sight.problem.clone();
            return Err(CourierError::Gone(problem.unwrap_or_default()));
        };
        let line = Arc::new(line);
        state.line = Some(Arc::clone(&line));
        drop(state);
        tracing::info!("another courier has begun");
        // Others share this thread: nobody waits here for who it is.
        self.hear_of(&line);
        Ok(line)
    }

    fn hear(&self, line: &Arc<Line>) {
        let why = loop {
            match line.receive() {
                Ok(Some((Answer::Who(sight), _))) => {
                    self.lock().sight = sight;
                    self.told.notify_all();
                }
                Ok(Some((Answer::Done(number, done), file))) => self.reply(number, done, file),
                Ok(None) => break "its process has ended".to_owned(),
                Err(error) => break error.to_string(),
            }
        };
        self.lose(line, &why);
    }

    /// Whoever waited in an earlier program of this process does so no more.
    fn reply(&self, number: u64, done: Result<Outcome, FetchError>, file: Option<OwnedFd>) {
        let Some(waiting) = self.lock().waiting.remove(&number) else {
            return;
        };
        let body = match (&done, file) {
            (Ok(Outcome::Fetched(_)), Some(file)) => body::open(file, waiting.most),
            (Ok(Outcome::Fetched(_)), None) => Err(io::Error::other("it has brought nothing")),
            _ => Ok(Vec::new()),
        };
        let kept = body.map_err(|error| FetchError::Kept {
            why: error.to_string(),
        });
        let reply = done.and_then(|outcome| Ok((outcome, kept?)));
        let reply = reply.map(|(outcome, body)| Delivery { outcome, body });
        // Whoever asked may have lost patience.
        drop(waiting.reply.send(reply));
    }

    /// Nobody is there any more: neither are answers.
    fn lose(&self, line: &Arc<Line>, why: &str) {
        let mut state = self.lock();
        if !state
            .line
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, line))
        {
            return;
        }
        state.line = None;
        state.waiting.clear();
        let next = if self.socket.exists() {
            "another begins with the next job"
        } else {
            "restart the daemon"
        };
        let problem = format!("the courier is gone ({why}); {next}");
        tracing::error!("nothing is fetched any more: {problem}");
        state.sight = CourierSight {
            problem: Some(problem),
            ..CourierSight::default()
        };
        let child = state.child.take();
        drop(state);
        self.told.notify_all();
        if let Some(Err(error)) = child.map(|mut child| child.wait()) {
            tracing::debug!(%error, "how the courier ended is not known");
        }
    }

    pub(super) fn left(&self) -> io::Result<Option<OwnedFd>> {
        let line = self.lock().line.clone();
        line.map(|line| line.try_clone()).transpose()
    }

    pub(super) fn state(&self) -> CourierSight {
        self.lock().sight.clone()
    }

    fn problem(&self) -> String {
        let problem = self.lock().sight.problem.clone();
        problem.unwrap_or_else(|| "the courier is gone".to_owned())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It leaves this process's group, so that a terminal's Ctrl-C ends it no sooner than the daemon.
fn spawn() -> io::Result<(Line, Child)> {
    let (ours, theirs) = Line::pair()?;
    let told = TOLD
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)));
    let child = Command::new(PROGRAM)
        .arg0(NAME)
        .env_clear()
        .envs(told)
        .process_group(0)
        .current_dir("/")
        .stdin(theirs)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok((ours, child))
}
