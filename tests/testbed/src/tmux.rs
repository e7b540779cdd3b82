// SPDX-License-Identifier: MIT
//! A shell in tmux: what a person types, and what they would see.

use crate::cleanup::{self, Deferred};
use crate::error::{Error, Result};
use crate::process::find_tool;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks.
const TICK: Duration = Duration::from_millis(50);

/// A tmux server with one window. Dropping it ends the server, and with it what runs in the window.
#[derive(Debug)]
pub struct Tmux {
    socket: PathBuf,
    _cleanup: Deferred,
}

impl Tmux {
    /// Starts a shell in a window of so many columns and lines. `command` gives the program and the
    /// environment that it is to have.
    ///
    /// # Errors
    /// [`Error::MissingTool`] without tmux, and what tmux says.
    pub fn start(command: &Command, (columns, lines): (u16, u16)) -> Result<Self> {
        let socket = std::env::temp_dir().join(cleanup::unique_name("tmux"));
        let tmux = find_tool("tmux")?;
        let (end, ended) = (tmux.clone(), socket.clone());
        let cleanup = cleanup::defer(move || {
            let mut kill = Command::new(end);
            kill.arg("-S").arg(&ended).arg("kill-server");
            // A server that has ended with its window is as good.
            drop(kill.stdout(Stdio::null()).stderr(Stdio::null()).status());
            drop(std::fs::remove_file(&ended));
        });
        let tmux = Self {
            socket,
            _cleanup: cleanup,
        };
        let mut start = tmux.command(&["-u", "-f", "/dev/null", "new-session", "-d"])?;
        start.args(["-x", &columns.to_string(), "-y", &lines.to_string()]);
        start.args(["-e", "LANG=C.UTF-8", "-e", "PS1=$ "]);
        for (name, value) in command.get_envs() {
            let value = value.unwrap_or_default().to_string_lossy();
            start.args(["-e", &format!("{}={value}", name.to_string_lossy())]);
        }
        start.arg("--").arg(command.get_program());
        start.args(command.get_args());
        output(start)?;
        Ok(tmux)
    }

    /// What is on the screen, without colours.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn screen(&self) -> Result<String> {
        output(self.command(&["capture-pane", "-p"])?)
    }

    /// Presses keys, by tmux's names, such as `Tab`, `C-z` and `q`.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn press(&self, keys: &[&str]) -> Result<()> {
        let mut command = self.command(&["send-keys"])?;
        command.args(keys);
        output(command).map(drop)
    }

    /// Types a text, and then Enter.
    ///
    /// # Errors
    /// When the window is gone.
    pub fn enter(&self, text: &str) -> Result<()> {
        output(self.command(&["send-keys", "-l", "--", text])?)?;
        self.press(&["Enter"])
    }

    /// Gives the window another size.
    ///
    /// # Errors
    /// When it is gone.
    pub fn resize(&self, (columns, lines): (u16, u16)) -> Result<()> {
        let (columns, lines) = (columns.to_string(), lines.to_string());
        let command = self.command(&["resize-window", "-x", &columns, "-y", &lines])?;
        output(command).map(drop)
    }

    /// Waits until the screen is as wanted, and returns it.
    ///
    /// # Errors
    /// [`Error::Timeout`] with what is there instead.
    pub fn wait_until(&self, what: &str, is_wanted: impl Fn(&str) -> bool) -> Result<String> {
        let began = Instant::now();
        loop {
            let screen = self.screen()?;
            if is_wanted(&screen) {
                return Ok(screen);
            }
            if began.elapsed() > PATIENCE {
                return Err(Error::Timeout {
                    what: what.to_owned(),
                    waited: PATIENCE,
                    seen: screen,
                });
            }
            std::thread::sleep(TICK);
        }
    }

    /// Waits until a text is on the screen.
    ///
    /// # Errors
    /// As [`Self::wait_until`].
    pub fn wait_for(&self, text: &str) -> Result<String> {
        self.wait_until(text, |screen| screen.contains(text))
    }

    /// Number of the process that the window was opened with.
    ///
    /// # Errors
    /// When it is gone.
    pub fn pid(&self) -> Result<String> {
        let shown = output(self.command(&["display-message", "-p", "#{pane_pid}"])?)?;
        Ok(shown.trim().to_owned())
    }

    fn command(&self, args: &[&str]) -> Result<Command> {
        let mut command = Command::new(find_tool("tmux")?);
        command.arg("-S").arg(&self.socket).args(args);
        command.stdin(Stdio::null());
        Ok(command)
    }
}

fn output(mut command: Command) -> Result<String> {
    let unusable = |text: String| Error::Unreadable {
        what: "tmux".to_owned(),
        text,
    };
    let output = command
        .output()
        .map_err(|error| unusable(error.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(unusable(text(&output.stderr))),
    }
}
