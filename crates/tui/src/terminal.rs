// SPDX-License-Identifier: MIT
//! The one place that touches the terminal. While it is there nothing else can: standard output and
//! standard error lead elsewhere. However it ends, the terminal is as it was.

use crate::model::Model;
use crate::theme::Theme;
use crate::view;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::fd::OwnedFd;

type Writer = BufWriter<File>;

/// The terminal, while the interface has it.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Writer>>,
    tty: File,
    /// Where standard output and standard error led.
    before: (OwnedFd, OwnedFd),
    has_mouse: bool,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where there is none, or it does not do what it is told; it is as it was then.
    pub fn take(has_mouse: bool) -> io::Result<Self> {
        let tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let before = (rustix::io::dup(stdout())?, rustix::io::dup(stderr())?);
        let backend = CrosstermBackend::new(BufWriter::new(tty.try_clone()?));
        let mut screen = Self {
            terminal: Terminal::new(backend)?,
            tty,
            before,
            has_mouse,
        };
        screen.enter()?;
        Ok(screen)
    }

    /// Draws a model.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn draw(&mut self, model: &Model, theme: Theme) -> io::Result<()> {
        self.terminal
            .draw(|frame| view::draw(frame, model, theme))?;
        Ok(())
    }

    /// Columns and lines; those of a terminal of old where it does not tell.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        let size = self.terminal.size();
        size.map_or((80, 24), |size| (size.width, size.height))
    }

    /// Forgets what is on the screen, so that the next draw is of everything.
    ///
    /// # Errors
    /// As [`Self::draw`].
    pub fn clear(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Takes the terminal again, after [`Self::leave`].
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn enter(&mut self) -> io::Result<()> {
        let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
        dup2_stdout(&nowhere)?;
        dup2_stderr(&nowhere)?;
        enable_raw_mode()?;
        execute!(
            self.tty,
            EnterAlternateScreen,
            EnableBracketedPaste,
            cursor::Hide
        )?;
        if self.has_mouse {
            execute!(self.tty, EnableMouseCapture)?;
        }
        Ok(())
    }

    /// Gives the terminal back.
    pub fn leave(&mut self) {
        // A terminal that is gone takes nothing back; all of it is tried, whatever of it fails.
        if self.has_mouse {
            execute!(self.tty, DisableMouseCapture).ok();
        }
        execute!(
            self.tty,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        )
        .ok();
        self.tty.flush().ok();
        disable_raw_mode().ok();
        dup2_stdout(&self.before.0).ok();
        dup2_stderr(&self.before.1).ok();
    }

    /// Puts a text on the clipboard of whoever sits at the terminal, by the terminal (OSC 52): it
    /// works over SSH.
    ///
    /// # Errors
    /// As [`Self::draw`].
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let copy = crossterm::clipboard::CopyToClipboard::to_clipboard_from(text);
        execute!(self.tty, copy)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
    }
}
