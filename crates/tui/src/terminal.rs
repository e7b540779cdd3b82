// SPDX-License-Identifier: MIT
//! The one place that touches the terminal. While it has it nothing else can write to it: standard
//! output and standard error lead elsewhere, and what was written there is shown when the terminal has
//! been given back, a panic's message too. However it ends, the terminal is as it was.

mod stray;

use crate::model::Model;
use crate::theme::Theme;
use crate::view;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use stray::Stray;

type Writer = BufWriter<File>;

/// The terminal, while the interface has it.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Writer>>,
    tty: File,
    has_mouse: bool,
    /// What others write meanwhile; there while the interface has the terminal. It is the last to be
    /// dropped: `terminal` complains on standard error where it cannot show the cursor, and a process
    /// that cannot write there panics.
    stray: Option<Stray>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where there is none, or it does not do what it is told; it is as it was then.
    pub fn take(has_mouse: bool) -> io::Result<Self> {
        let tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let backend = CrosstermBackend::new(BufWriter::new(tty.try_clone()?));
        let mut screen = Self {
            terminal: Terminal::new(backend)?,
            tty,
            has_mouse,
            stray: None,
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
        // `Terminal::clear` asks the terminal where the cursor is, and the answer would be read as keys.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Takes the terminal again, after [`Self::leave`].
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn enter(&mut self) -> io::Result<()> {
        self.stray = Some(Stray::catch()?);
        enable_raw_mode()?;
        execute!(
            self.tty,
            EnterAlternateScreen,
            // Whoever was there before and was killed has left theirs.
            Clear(ClearType::All),
            EnableBracketedPaste,
            cursor::Hide
        )?;
        if self.has_mouse {
            execute!(self.tty, EnableMouseCapture)?;
        }
        Ok(())
    }

    /// Gives the terminal back, and then shows what others wrote meanwhile.
    pub fn leave(&mut self) {
        self.give_back();
        drop(self.stray.take());
    }

    /// All of it is tried, whatever of it fails: a terminal that is gone takes nothing back.
    fn give_back(&mut self) {
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
        disable_raw_mode().ok();
    }

    /// Whether the window was closed, or the connection broke.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        rustix::termios::tcgetattr(&self.tty).is_err()
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
        self.give_back();
    }
}
