// SPDX-License-Identifier: MIT
//! Lines as they are typed, or as a script has them. They are read on a thread of their own, so that
//! signals, verbs and completion go on meanwhile; a line is read only when it is asked for.

use super::completion::Completion;
use super::history;
use crate::failure::Failure;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

const PROMPT: &str = "aegis> ";

/// What came instead of a line, or a line.
#[derive(Debug)]
pub enum Input {
    /// A line, without its end.
    Line(String),
    /// It was given up: Ctrl-C.
    Cleared,
    /// There are no more: Ctrl-D, or the end of the script.
    End,
    /// There are no more, because they cannot be read.
    Broken(String),
}

/// Reads lines.
pub struct Reader {
    ask: Sender<()>,
    inputs: UnboundedReceiver<Input>,
    asked: bool,
}

impl Reader {
    /// Reads standard input: with editing, history and completion where it is a terminal.
    ///
    /// # Errors
    /// Where the terminal cannot be set up.
    pub fn open(completion: Completion) -> Result<Self, Failure> {
        let (ask, asked) = channel();
        let (send, inputs) = mpsc::unbounded_channel();
        let read: Box<dyn FnMut() -> Input + Send> = if io::stdin().is_terminal() {
            let mut terminal = Terminal::open(completion).map_err(unusable)?;
            Box::new(move || terminal.read())
        } else {
            Box::new(script_line)
        };
        let started = std::thread::Builder::new().name("lines".to_owned());
        started
            .spawn(move || answer(read, &asked, &send))
            .map_err(unusable)?;
        Ok(Self {
            ask,
            inputs,
            asked: false,
        })
    }

    /// The next line. May be given up and awaited anew; nothing is lost.
    pub async fn next(&mut self) -> Input {
        if !self.asked {
            // Without its thread there is no answer either.
            self.ask.send(()).ok();
            self.asked = true;
        }
        let input = self.inputs.recv().await;
        self.asked = false;
        input.unwrap_or(Input::End)
    }
}

fn unusable(error: impl std::fmt::Display) -> Failure {
    Failure::failed(format!(
        "cannot read from the terminal: {error}; verbs can be piped in too"
    ))
}

fn answer(mut read: impl FnMut() -> Input, asked: &Receiver<()>, send: &UnboundedSender<Input>) {
    while asked.recv().is_ok() && send.send(read()).is_ok() {}
}

/// A line of a script; what is no UTF-8 in it makes no sense in its own line only.
fn script_line() -> Input {
    let mut line = Vec::new();
    match io::stdin().lock().read_until(b'\n', &mut line) {
        Ok(0) => Input::End,
        Ok(_) => Input::Line(String::from_utf8_lossy(&line).into_owned()),
        Err(error) => Input::Broken(error.to_string()),
    }
}

struct Terminal {
    editor: Editor<Completion, FileHistory>,
    history: Option<PathBuf>,
}

impl Terminal {
    fn open(completion: Completion) -> rustyline::Result<Self> {
        let config = Config::builder()
            .max_history_size(history::LINES)?
            .history_ignore_space(true)
            .completion_type(rustyline::CompletionType::List)
            // Of lines that are pasted each is one, as if it had been typed.
            .bracketed_paste(false)
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(completion));
        let history = history::file();
        if let Some(file) = &history {
            // The first time there is none; one that cannot be read is no reason not to work.
            drop(editor.load_history(file));
        }
        Ok(Self { editor, history })
    }

    fn read(&mut self) -> Input {
        match self.editor.readline(PROMPT) {
            Ok(line) => {
                self.remember(&line);
                Input::Line(line)
            }
            Err(ReadlineError::Interrupted) => Input::Cleared,
            Err(ReadlineError::Eof) => Input::End,
            Err(error) => Input::Broken(error.to_string()),
        }
    }

    /// At once: the prompt may end by a signal.
    fn remember(&mut self, line: &str) {
        let new = self.editor.add_history_entry(line).unwrap_or(false);
        if let Some(file) = self.history.as_ref().filter(|_| new) {
            // A full disk is no reason not to work.
            drop(self.editor.append_history(file));
        }
    }
}
