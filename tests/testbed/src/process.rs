// SPDX-License-Identifier: MIT
//! Programs under the test bed's control: bounded in time, captured, ended with everything they started.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::cleanup::{self, Deferred};
use crate::error::{Doing, Error, Result};
use crate::sys;

/// How long a program may take to obey SIGTERM before it gets SIGKILL.
const OBEDIENCE: Duration = Duration::from_secs(3);
/// Pause between two looks at a program.
const TICK: Duration = Duration::from_millis(5);
/// How long the last output of an ended program is waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Most bytes kept of each stream: a mad program must not eat the machine.
const MAX_CAPTURE: usize = 16 << 20;

/// What a program said and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// The whole command line, for messages.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
}

impl Output {
    /// Exit code, unless a signal ended the program.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The output again if the program succeeded.
    ///
    /// # Errors
    /// [`Error::Failed`] with the program's last words otherwise.
    pub fn success(self) -> Result<Self> {
        if self.status.success() {
            return Ok(self);
        }
        let words = if self.stderr.trim().is_empty() {
            &self.stdout
        } else {
            &self.stderr
        };
        let stderr = words.trim().to_owned();
        Err(Error::Failed {
            command: self.command,
            status: in_words(self.status),
            stderr,
        })
    }
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// Finds a program the way a root shell does, `sbin` folders included.
///
/// # Errors
/// [`Error::MissingTool`] when it is in none of them.
pub fn find_tool(name: &str) -> Result<PathBuf> {
    if name.contains('/') {
        return existing(Path::new(name)).ok_or_else(|| Error::MissingTool {
            tool: name.to_owned(),
        });
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from));
    folders
        .map(|folder| folder.join(name))
        .find_map(|candidate| existing(&candidate))
        .ok_or_else(|| Error::MissingTool {
            tool: name.to_owned(),
        })
}

fn existing(path: &Path) -> Option<PathBuf> {
    path.is_file().then(|| path.to_path_buf())
}

/// A running program. Dropping it ends the program and whatever it started.
#[derive(Debug)]
pub struct Process {
    command: String,
    running: Arc<Mutex<Running>>,
    capture: Arc<Capture>,
    _cleanup: Deferred,
}

impl Process {
    /// Starts `command` as the leader of a process group of its own, with no input and both outputs captured.
    ///
    /// # Errors
    /// [`Error::Io`] when the program cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        let line = command_line(&command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.process_group(0);
        let mut child = command.spawn().doing(|| format!("start `{line}`"))?;
        let capture = Arc::new(Capture::default());
        capture.follow(child.stdout.take(), Stream::Out);
        capture.follow(child.stderr.take(), Stream::Err);
        let running = Arc::new(Mutex::new(Running { child, ended: None }));
        let ending = Arc::clone(&running);
        let cleanup = cleanup::defer(move || drop(lock(&ending).end()));
        Ok(Self {
            command: line,
            running,
            capture,
            _cleanup: cleanup,
        })
    }

    /// Process number: of the program itself, `nsenter` having become it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        lock(&self.running).child.id()
    }

    /// True until the program ends.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(lock(&self.running).look(), Ok(None))
    }

    /// Standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        text(&lock(&self.capture.text).out)
    }

    /// Standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        text(&lock(&self.capture.text).err)
    }

    /// Waits for a line, on either output, that contains `pattern`, and returns it.
    ///
    /// # Errors
    /// [`Error::Timeout`] with everything said so far; at once if the program ends without saying it.
    pub fn wait_for_line(&self, pattern: &str, timeout: Duration) -> Result<String> {
        let began = Instant::now();
        loop {
            let ended = !self.is_running() && self.capture.is_closed();
            if let Some(line) = self.capture.line_with(pattern) {
                return Ok(line);
            }
            if ended || began.elapsed() >= timeout {
                let what = format!("{pattern:?} from `{}`", self.command);
                return Err(Error::Timeout {
                    what,
                    waited: began.elapsed(),
                    seen: self.story(),
                });
            }
            self.capture.wait_for_more(TICK.max(timeout / 200));
        }
    }

    /// Sends a signal to the program, not to what it started.
    ///
    /// # Errors
    /// [`Error::Io`] when the program has ended.
    pub fn signal(&self, signal: i32) -> Result<()> {
        let mut running = lock(&self.running);
        let sent = match running.look() {
            Ok(None) => sys::signal_process(running.child.id(), signal),
            Ok(Some(_)) => Err(io::Error::other("it has ended")),
            Err(error) => Err(error),
        };
        sent.doing(|| format!("send signal {signal} to `{}`", self.command))
    }

    /// Waits for the program to end by itself.
    ///
    /// # Errors
    /// [`Error::Timeout`] if it has not; it goes on running.
    pub fn wait(&self, timeout: Duration) -> Result<Output> {
        let began = Instant::now();
        loop {
            let status = lock(&self.running).look();
            if let Some(status) = status.doing(|| format!("wait for `{}`", self.command))? {
                return Ok(self.output(status));
            }
            if began.elapsed() >= timeout {
                let what = format!("the end of `{}`", self.command);
                return Err(Error::Timeout {
                    what,
                    waited: timeout,
                    seen: self.story(),
                });
            }
            thread::sleep(TICK);
        }
    }

    /// Asks the program to end (SIGTERM), insists (SIGKILL) after three seconds, and returns what it said.
    ///
    /// # Errors
    /// [`Error::Io`] when the kernel does not let us wait for it.
    pub fn stop(self) -> Result<Output> {
        let status = lock(&self.running).end();
        let status = status.doing(|| format!("end `{}`", self.command))?;
        Ok(self.output(status))
    }

    fn output(&self, status: ExitStatus) -> Output {
        self.capture.wait_closed(LAST_WORDS);
        let (stdout, stderr) = (self.stdout(), self.stderr());
        Output {
            command: self.command.clone(),
            status,
            stdout,
            stderr,
        }
    }

    fn story(&self) -> String {
        format!("stdout {:?}, stderr {:?}", self.stdout(), self.stderr())
    }
}

#[derive(Debug)]
struct Running {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Running {
    /// How the program ended, if it has. What it left running is killed while its number is still taken.
    fn look(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.ended.is_none() && sys::has_ended(self.child.id())? {
            // ESRCH: it left nothing behind, as it should.
            drop(sys::signal_group(self.child.id(), libc::SIGKILL));
            self.ended = Some(self.child.wait()?);
        }
        Ok(self.ended)
    }

    fn end(&mut self) -> io::Result<ExitStatus> {
        for signal in [libc::SIGTERM, libc::SIGKILL] {
            if let Some(status) = self.look()? {
                return Ok(status);
            }
            sys::signal_group(self.child.id(), signal)?;
            if let Some(status) = self.look_for(OBEDIENCE)? {
                return Ok(status);
            }
        }
        self.child.wait()
    }

    fn look_for(&mut self, timeout: Duration) -> io::Result<Option<ExitStatus>> {
        let began = Instant::now();
        while self.look()?.is_none() && began.elapsed() < timeout {
            thread::sleep(TICK);
        }
        self.look()
    }
}

/// Both outputs of a program as they come in.
#[derive(Debug, Default)]
struct Capture {
    text: Mutex<Captured>,
    grew: Condvar,
}

#[derive(Debug, Default)]
struct Captured {
    out: Vec<u8>,
    err: Vec<u8>,
    open: usize,
}

#[derive(Clone, Copy, Debug)]
enum Stream {
    Out,
    Err,
}

impl Capture {
    /// Copies a stream into the capture until it ends, on a thread of its own.
    fn follow(self: &Arc<Self>, stream: Option<impl Read + Send + 'static>, which: Stream) {
        let Some(mut stream) = stream else { return };
        lock(&self.text).open += 1;
        let capture = Arc::clone(self);
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut chunk) {
                capture.append(which, &chunk[..length]);
            }
            lock(&capture.text).open -= 1;
            capture.grew.notify_all();
        });
    }

    fn append(&self, which: Stream, bytes: &[u8]) {
        let mut text = lock(&self.text);
        let buffer = match which {
            Stream::Out => &mut text.out,
            Stream::Err => &mut text.err,
        };
        let room = MAX_CAPTURE.saturating_sub(buffer.len());
        buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.grew.notify_all();
    }

    fn line_with(&self, pattern: &str) -> Option<String> {
        let captured = lock(&self.text);
        let find = |bytes: &[u8]| {
            text(bytes)
                .lines()
                .find(|line| line.contains(pattern))
                .map(str::to_owned)
        };
        find(&captured.out).or_else(|| find(&captured.err))
    }

    fn is_closed(&self) -> bool {
        lock(&self.text).open == 0
    }

    fn wait_for_more(&self, timeout: Duration) {
        drop(self.grew.wait_timeout(lock(&self.text), timeout));
    }

    fn wait_closed(&self, timeout: Duration) {
        drop(
            self.grew
                .wait_timeout_while(lock(&self.text), timeout, |text| text.open > 0),
        );
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A panic elsewhere leaves these plain values whole, so a poisoned lock is still good.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The command as a person would type it, without the `nsenter` part.
fn command_line(command: &Command) -> String {
    let mut words = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .skip_while(|word| word.ends_with("nsenter") || word.starts_with("--net=") || word == "--");
    let mut line = words.next().unwrap_or_default();
    for word in words {
        // Writing to a String cannot fail.
        write!(line, " {word}").expect("a String takes everything");
    }
    line
}

/// Runs a command to its end, which must come within `timeout`.
pub(crate) fn run(command: Command, timeout: Duration) -> Result<Output> {
    Process::start(command)?.wait(timeout)
}
