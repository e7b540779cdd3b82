// SPDX-License-Identifier: MIT
//! A prompt at which verbs are typed, one a line. A line that fails is told about, and the next one
//! is read.

mod completion;
mod guard;
mod history;
mod line;
mod listed;
mod log;
mod reader;
mod signals;
mod terminal;

pub use completion::offers;
pub use guard::Guard;
pub use line::meaning_at_interface;
pub use log::Log;
pub use signals::{Signal, Signals};
pub use terminal::Terminal;

use crate::arguments::{Arguments, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::{output, verb};
use aegis_api::Client;
use completion::Completion;
use line::Line;
use listed::Lister;
use reader::{Input, Reader};
use tokio::runtime::Handle;

/// Why there are no more lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// `quit`, Ctrl-D, or the end of the script.
    Asked,
    /// A signal asked for it.
    Signalled,
    /// Whoever typed has gone without a word.
    Lost,
}

/// Reads lines and does what they say.
pub struct Prompt {
    standing: GlobalOptions,
    terminal: Terminal,
    signals: Signals,
    reader: Reader,
    log: Log,
    /// Of the last line that failed.
    code: u8,
}

impl Prompt {
    /// A prompt for this daemon, with options that hold for every line.
    ///
    /// # Errors
    /// Where the terminal cannot be set up, or signals cannot be waited for.
    pub fn open(standing: GlobalOptions, client: Client) -> Result<Self, Failure> {
        let terminal = Terminal::of_input();
        let completion = Completion::new(&Lister::new(client, Handle::current()));
        Ok(Self {
            standing,
            terminal,
            signals: Signals::new()?,
            reader: Reader::open(completion)?,
            log: Log::default(),
            code: exit::DONE,
        })
    }

    /// Where a log goes that must not garble what is typed.
    pub fn log(&self) -> Log {
        self.log.clone()
    }

    /// Whether somebody types, rather than a script.
    pub fn is_typed_at(&self) -> bool {
        self.terminal.is_there()
    }

    /// The exit code so far: of a script that of the last line that failed.
    pub fn code(&self) -> u8 {
        if self.is_typed_at() {
            exit::DONE
        } else {
            self.code
        }
    }

    /// Waits for SIGINT or SIGTERM.
    pub async fn told_to_stop(&mut self) {
        while self.signals.next().await == Signal::HangUp {}
    }

    /// Obeys line after line, until the last.
    pub async fn run(&mut self) -> Ended {
        loop {
            if self.is_typed_at() {
                self.log.hold();
            }
            let ended = tokio::select! {
                input = self.reader.next() => {
                    self.log.release();
                    self.obey(input).await
                }
                signal = self.signals.next() => self.end_by(signal),
            };
            if let Some(ended) = ended {
                self.leave_line(ended);
                return ended;
            }
        }
    }

    /// A signal leaves a line half typed, and the terminal as editing needs it.
    fn leave_line(&self, ended: Ended) {
        self.terminal.restore();
        if ended == Ended::Signalled && self.is_typed_at() {
            output::note("");
        }
        self.log.release();
    }

    async fn obey(&mut self, input: Input) -> Option<Ended> {
        let text = match input {
            Input::Line(text) => text,
            Input::Cleared => return None,
            Input::End | Input::Broken(_) if self.terminal.is_lost() => return Some(Ended::Lost),
            Input::End => return Some(Ended::Asked),
            Input::Broken(why) => {
                self.fail(&Failure::failed(format!(
                    "cannot read the next line: {why}"
                )));
                return Some(Ended::Asked);
            }
        };
        match line::read(&text, &self.standing) {
            Line::Nothing => {}
            Line::Quit => return Some(Ended::Asked),
            Line::Help(help) => {
                if let Err(failure) = output::document(&help) {
                    self.fail(&failure);
                }
            }
            Line::Wrong(failure) | Line::Outside(failure) => self.fail(&failure),
            Line::Verb(arguments) => return self.perform(&arguments).await,
        }
        None
    }

    fn fail(&mut self, failure: &Failure) {
        self.code = output::failure(failure, self.standing.json);
    }

    /// Runs a verb until it has ended, or Ctrl-C gives it up.
    async fn perform(&mut self, arguments: &Arguments) -> Option<Ended> {
        let work = verb::perform(arguments);
        tokio::pin!(work);
        loop {
            let signal = tokio::select! {
                code = &mut work => {
                    self.code = if code == exit::DONE { self.code } else { code };
                    return None;
                }
                signal = self.signals.next() => signal,
            };
            let ended = self.end_by(signal);
            if ended.is_some() || signal == Signal::Interrupt {
                return ended;
            }
        }
    }

    /// What a signal ends. At a terminal Ctrl-C ends no more than a verb, and SIGHUP means a terminal
    /// that is gone only where it is gone.
    fn end_by(&self, signal: Signal) -> Option<Ended> {
        match signal {
            Signal::Terminate => Some(Ended::Signalled),
            Signal::Interrupt => (!self.is_typed_at()).then_some(Ended::Signalled),
            Signal::HangUp => self.terminal.is_lost().then_some(Ended::Lost),
        }
    }
}
