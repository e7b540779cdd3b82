// SPDX-License-Identifier: MIT
//! A program at a terminal of its own, used as a person uses it.

use crate::cleanup::{self, Deferred};
use crate::error::{Error, Result};
use crate::process::find_tool;
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks.
const TICK: Duration = Duration::from_millis(5);
/// Wide enough that nothing is folded.
const SIZE: Winsize = Winsize {
    ws_row: 50,
    ws_col: 200,
    ws_xpixel: 0,
    ws_ypixel: 0,
};

/// The terminal. Dropping it ends the program.
#[derive(Debug)]
pub struct Terminal {
    child: Arc<Mutex<Child>>,
    /// The person's end; the terminal is gone when it is closed.
    person: Option<File>,
    /// The program's end, by which its modes are known.
    program: File,
    screen: String,
    read: usize,
    _cleanup: Deferred,
}

impl Terminal {
    /// Starts a program as the first of a session whose terminal this is.
    ///
    /// # Errors
    /// When there is no terminal to be had, or no `setsid`.
    pub fn start(command: &Command) -> Result<Self> {
        let (person, program) = pair().map_err(unusable)?;
        let mut session = Command::new(find_tool("setsid")?);
        session.arg("--ctty").arg(command.get_program());
        session.args(command.get_args()).env("TERM", "xterm");
        for (name, value) in command.get_envs() {
            session.env(name, value.unwrap_or_default());
        }
        let end = || program.try_clone().map_err(unusable);
        session.stdin(end()?).stdout(end()?).stderr(end()?);
        let child = Arc::new(Mutex::new(session.spawn().map_err(unusable)?));
        let doomed = Arc::clone(&child);
        let cleanup = cleanup::defer(move || {
            let mut child = lock(&doomed);
            // One that has ended already is what every test wants.
            child.kill().ok();
            child.wait().ok();
        });
        Ok(Self {
            child,
            person: Some(person),
            program,
            screen: String::new(),
            read: 0,
            _cleanup: cleanup,
        })
    }

    /// Types, without a key that ends the line.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        let mut person = self
            .person
            .as_ref()
            .ok_or_else(|| unusable("it is closed"))?;
        person.write_all(keys.as_bytes()).map_err(unusable)
    }

    /// Types a line.
    ///
    /// # Errors
    /// As [`Terminal::press`].
    pub fn type_line(&mut self, line: &str) -> Result<()> {
        self.press(&format!("{line}\r"))
    }

    /// Waits until this is on the screen, after what was waited for before; returns what came until
    /// then.
    ///
    /// # Errors
    /// [`Error::Timeout`] with the whole screen.
    pub fn wait_for(&mut self, pattern: &str) -> Result<String> {
        let began = Instant::now();
        loop {
            self.look();
            if let Some(at) = self.screen[self.read..].find(pattern) {
                let end = self.read + at + pattern.len();
                let seen = self.screen[self.read..end].to_owned();
                self.read = end;
                return Ok(seen);
            }
            self.patience(began, &format!("{pattern:?} on the screen"))?;
        }
    }

    /// Takes what comes for so long: a program whose terminal nobody reads waits.
    pub fn watch(&mut self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time {
            self.look();
            std::thread::sleep(TICK);
        }
    }

    /// Number of the program's process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Waits until the program ends.
    ///
    /// # Errors
    /// [`Error::Timeout`] with the whole screen.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let began = Instant::now();
        loop {
            self.look();
            let ended = lock(&self.child).try_wait();
            if let Some(status) = ended.map_err(unusable)? {
                self.look();
                return Ok(status);
            }
            self.patience(began, "the end of the program")?;
        }
    }

    /// Everything so far.
    #[must_use]
    pub fn screen(&mut self) -> &str {
        self.look();
        &self.screen
    }

    /// Whether what is typed is shown, and Ctrl-C a signal, as a shell expects.
    #[must_use]
    pub fn is_as_before(&self) -> bool {
        let modes = tcgetattr(&self.program).map(|modes| modes.local_modes);
        modes.is_ok_and(|modes| {
            modes.contains(LocalModes::ECHO | LocalModes::ISIG | LocalModes::ICANON)
        })
    }

    /// Closes the window.
    pub fn hang_up(&mut self) {
        self.person = None;
    }

    /// True until the program ends.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(lock(&self.child).try_wait(), Ok(None))
    }

    /// Sends a signal to the program.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(Pid::from_child(&lock(&self.child)), signal).map_err(unusable)
    }

    fn look(&mut self) {
        let Some(person) = &mut self.person else {
            return;
        };
        let mut chunk = [0; 4096];
        while let Ok(length @ 1..) = person.read(&mut chunk) {
            self.screen
                .push_str(&String::from_utf8_lossy(&chunk[..length]));
        }
    }

    fn patience(&self, began: Instant, what: &str) -> Result<()> {
        if began.elapsed() > PATIENCE {
            return Err(Error::Timeout {
                what: what.to_owned(),
                waited: PATIENCE,
                seen: self.screen.clone(),
            });
        }
        std::thread::sleep(TICK);
        Ok(())
    }
}

/// The person's end, which does not block, and the program's.
fn pair() -> io::Result<(File, File)> {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&person)?;
    unlockpt(&person)?;
    tcsetwinsize(&person, SIZE)?;
    let name = ptsname(&person, Vec::new())?;
    let name = name.to_string_lossy().into_owned();
    let no_control = OFlags::NOCTTY.bits().cast_signed();
    let mut open = OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut open, no_control);
    let program = open.read(true).write(true).open(Path::new(&name))?;
    fcntl_setfl(&person, OFlags::NONBLOCK)?;
    Ok((File::from(person), program))
}

fn unusable(why: impl std::fmt::Display) -> Error {
    Error::Unreadable {
        what: "the terminal".to_owned(),
        text: why.to_string(),
    }
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}
