// SPDX-License-Identifier: MIT
//! The loop: a message, the model, what is to be done, and a picture, at most ten times a second and
//! only of what has changed.

use crate::command::Reader;
use crate::link::{self, Changes, Link, Messages};
use crate::message::{Effect, Message};
use crate::model::{About, Model};
use crate::terminal::Screen;
use crate::theme::{Palette, Symbols, Theme};
use crate::update::update;
use aegis_api::Client;
use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use futures_util::future::select_all;
use jiff::Timestamp;
use rustix::process::{Signal, getpid, kill_process};
use std::env;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

/// The shortest time between two pictures.
const FRAME: Duration = Duration::from_millis(100);
/// Messages that may wait.
const WAITING: usize = 1_024;

/// Tells what a line of the command line could go on with.
pub type Completion = Arc<dyn Fn(&str) -> (usize, Vec<String>) + Send + Sync>;

/// What the interface is for.
#[derive(Clone)]
pub struct Session {
    /// Asks the daemon.
    pub client: Client,
    /// Name of the daemon.
    pub instance: String,
    /// Whether it runs in this process, and ends with it.
    pub is_own: bool,
    /// Whether nothing may be changed.
    pub is_read_only: bool,
    /// From where whoever sits here is logged in.
    pub peer: Option<IpAddr>,
    /// The program that obeys lines of the command line.
    pub program: PathBuf,
    /// Options that it gets with each.
    pub standing: Vec<String>,
    /// Says what a line of the command line means.
    pub reader: Reader,
    /// What a line could go on with: where its last word begins, and words for it. It may take its time.
    pub completion: Completion,
    /// Colours.
    pub palette: Palette,
    /// Symbols.
    pub symbols: Symbols,
    /// Whether the mouse is listened to.
    pub has_mouse: bool,
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A key asked for it.
    Asked,
    /// A signal did.
    Signalled,
    /// The terminal is gone.
    Lost,
}

/// Why it could not be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TuiError {
    /// There is no terminal.
    #[error("no terminal to draw on ({0}); run it in one, over SSH with `ssh -t`")]
    Terminal(#[source] io::Error),
    /// The terminal shows lines, one after the other, and no more.
    #[error(
        "TERM is {0:?}: such a terminal shows no picture; set TERM to what it is, or use `aegis-cli load`"
    )]
    Dumb(String),
    /// Signals cannot be waited for.
    #[error("cannot wait for signals: {0}")]
    Signals(#[source] io::Error),
}

/// Takes the terminal, and gives it back in the end.
///
/// # Errors
/// [`TuiError`]; the terminal is as it was.
pub async fn run(session: Session) -> Result<Ended, TuiError> {
    let mut signals = Signals::new().map_err(TuiError::Signals)?;
    // What does not say what it is mostly can; what says so cannot.
    if let Some(name) = env::var("TERM").ok().filter(|name| name == "dumb") {
        return Err(TuiError::Dumb(name));
    }
    let screen = Screen::take(session.has_mouse).map_err(TuiError::Terminal)?;
    let (sender, mut messages) = mpsc::channel(WAITING);
    let mut stage = Stage::new(session, screen, sender);
    let mut keys = EventStream::new();
    let mut clock = clock();
    loop {
        stage.picture();
        let message = tokio::select! {
            event = keys.next() => match event {
                Some(Ok(event)) => typed(event),
                Some(Err(_)) | None => return Ok(Ended::Lost),
            },
            message = messages.recv() => message,
            // Not everybody is told of a terminal that is gone, and reading it only finds nothing.
            _ = clock.tick() => match stage.screen.is_lost() {
                true => return Ok(Ended::Lost),
                false => Some(Message::Tick(Timestamp::now())),
            },
            signal = signals.next() => match signal {
                Caught::Terminate => return Ok(Ended::Signalled),
                Caught::HangUp if stage.screen.is_lost() => return Ok(Ended::Lost),
                // Somebody means the daemon, which reads its configuration again at that.
                Caught::HangUp => None,
                Caught::Suspend => Some(Message::Suspend),
            },
            () = sleep_until(stage.due), if stage.is_dirty => None,
        };
        if let Some(message) = message
            && stage.obey(message)
        {
            stage.changes.finish().await;
            return Ok(Ended::Asked);
        }
    }
}

fn clock() -> Interval {
    let mut clock = interval(Duration::from_secs(1));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock
}

fn typed(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Mouse(mouse) => Some(Message::Mouse(mouse)),
        Event::Paste(text) => Some(Message::Pasted(text)),
        Event::Resize(columns, lines) => Some(Message::Resized(columns, lines)),
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// Everything that the loop holds together.
struct Stage {
    model: Model,
    screen: Screen,
    theme: Theme,
    link: Link,
    sender: Messages,
    session: Session,
    /// What obeys a line of the command line.
    obeying: Option<AbortHandle>,
    is_dirty: bool,
    /// When the next picture may be drawn.
    due: Instant,
    changes: Changes,
}

impl Stage {
    fn new(session: Session, screen: Screen, sender: Messages) -> Self {
        let about = About {
            instance: session.instance.clone(),
            is_own: session.is_own,
            is_read_only: session.is_read_only,
            peer: session.peer,
            reader: session.reader,
        };
        let theme = Theme {
            palette: session.palette,
            symbols: session.symbols,
        };
        let mut model = Model::new(about, Timestamp::now());
        model.screen = screen.size();
        Self {
            model,
            screen,
            theme,
            link: Link::start(&session.client, &sender),
            changes: Changes::start(session.client.clone(), sender.clone()),
            sender,
            session,
            obeying: None,
            is_dirty: true,
            due: Instant::now(),
        }
    }

    /// Draws, where something has changed and the last picture is old enough.
    fn picture(&mut self) {
        if !self.is_dirty || Instant::now() < self.due {
            return;
        }
        // A terminal that is gone says so where keys are read.
        self.screen.draw(&self.model, self.theme).ok();
        self.is_dirty = false;
        self.due = Instant::now() + FRAME;
    }

    /// Takes note of a message; `true` where that is the end.
    fn obey(&mut self, message: Message) -> bool {
        let effects = update(&mut self.model, message);
        self.is_dirty = true;
        self.link.want(self.model.wanted());
        effects.into_iter().any(|effect| self.perform(effect))
    }

    fn perform(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::Change(change) => self.changes.make(change),
            Effect::Obey(id, words) => {
                let (session, sender) = (self.session.clone(), self.sender.clone());
                let task = tokio::spawn(async move {
                    let program = (&*session.program, &*session.standing);
                    link::obey(program, words, (id, sender)).await;
                });
                self.obeying = Some(task.abort_handle());
            }
            Effect::Stop => {
                // With the task goes the program that obeys.
                self.obeying.take().inspect(AbortHandle::abort);
            }
            Effect::Export(path, events, extent) => {
                let sender = self.sender.clone();
                tokio::spawn(async move {
                    let result = link::export(path, events, extent).await;
                    sender.send(Message::Exported(result)).await.ok();
                });
            }
            Effect::Complete(text) => self.complete(text),
            Effect::Copy(text) => drop(self.screen.copy(&text)),
            Effect::Suspend => self.suspend(),
            Effect::Redraw => drop(self.screen.clear()),
            Effect::Quit => return true,
        }
        false
    }

    fn complete(&self, text: String) {
        let (completion, sender) = (self.session.completion.clone(), self.sender.clone());
        tokio::task::spawn_blocking(move || {
            let (start, words) = completion(&text);
            // Where nobody listens any more there is nothing to complete.
            sender
                .blocking_send(Message::Offered(text, start, words))
                .ok();
        });
    }

    /// As programs do at Ctrl-Z: the terminal is the shell's until it goes on with this one.
    fn suspend(&mut self) {
        self.screen.leave();
        // This process stops here, and goes on here.
        kill_process(getpid(), Signal::STOP).ok();
        drop(self.screen.enter().and_then(|()| self.screen.clear()));
        self.is_dirty = true;
    }
}

const ENDING: [SignalKind; 6] = [
    SignalKind::terminate(),
    SignalKind::interrupt(),
    SignalKind::quit(),
    SignalKind::user_defined1(),
    SignalKind::user_defined2(),
    SignalKind::alarm(),
];

enum Caught {
    Terminate,
    HangUp,
    Suspend,
}

struct Signals {
    /// Those that end a process unasked: it would not give the terminal back.
    ending: [unix::Signal; ENDING.len()],
    hang_up: unix::Signal,
    suspend: unix::Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        let [terminate, interrupt, quit, first, second, alarm] = ENDING.map(signal);
        let ending = [terminate?, interrupt?, quit?, first?, second?, alarm?];
        Ok(Self {
            ending,
            hang_up: signal(SignalKind::hangup())?,
            suspend: signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?,
        })
    }

    async fn next(&mut self) -> Caught {
        let ending = self.ending.iter_mut().map(|signal| Box::pin(signal.recv()));
        tokio::select! {
            _ = select_all(ending) => Caught::Terminate,
            _ = self.hang_up.recv() => Caught::HangUp,
            _ = self.suspend.recv() => Caught::Suspend,
        }
    }
}
