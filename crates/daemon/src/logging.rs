// SPDX-License-Identifier: MIT
//! What the daemon writes down: its log, and security events. Each is a queue with a thread that
//! writes, so that a pipe that nobody reads or a full disk hold up neither commands nor events;
//! what is lost then is counted, and told.

mod event;
mod file;
mod journal;
mod lines;
mod queue;
mod target;

use aegis_api::{Instance, LoggingStatus, SecurityEvent, StreamStatus};
use aegis_policy::config::{Choice, Level, Logging};
use event::EventLog;
use queue::{Queue, Sink};
use std::io::{self, Write};
use std::time::Duration;
pub(crate) use target::path;
use target::{Above, Target};
use tracing::Subscriber;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt, registry};

/// Says what is logged, in place of the configuration.
pub const LOG_VARIABLE: &str = "RUST_LOG";

/// What is logged of aya without [`LOG_VARIABLE`]: where the kernel does not take type information,
/// which nothing here needs, it warns in a hundred lines.
const AYA: &str = "aya=error,aya_obj=error";
/// How long the end waits for lines to be written.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the beginning waits for a file to be opened.
const OPENING: Duration = Duration::from_millis(100);

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoggingError {
    /// The variable is wrong.
    #[error(
        "environment variable {LOG_VARIABLE}: {0}: give one of off, error, warn, info, debug, trace, or such for parts, as in info,aegis_daemon=debug"
    )]
    Filter(String),
    /// There can be no thread, or no file descriptor, for it.
    #[error("cannot begin to log: {0}")]
    Start(io::Error),
}

/// What the daemon writes down.
#[derive(Clone, Debug)]
pub struct Logs {
    log: Queue,
    events: EventLog,
}

impl Logs {
    /// Begins to log, for the whole process. A file need not be there, nor be possible yet: whether
    /// it is written is what `status` tells.
    ///
    /// # Errors
    /// [`LoggingError`]; nothing is logged then.
    pub fn start(logging: &Logging, instance: &Instance) -> Result<Self, LoggingError> {
        let target = Target::chosen(logging, instance.name());
        let sink = target.sink(logging)?;
        Self::start_with(logging, instance, (target, sink))
    }

    /// The same for a daemon beside a prompt: what would go to standard error goes to `above`, so
    /// that it does not garble what is typed, and what is less than a warning goes nowhere unless
    /// [`LOG_VARIABLE`] asks for it.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_at_prompt(
        logging: &Logging,
        instance: &Instance,
        above: impl Write + Send + 'static,
    ) -> Result<Self, LoggingError> {
        let target = Target::chosen(logging, instance.name());
        if target != Target::Stderr {
            return Self::start(logging, instance);
        }
        let level = match logging.level {
            level @ (Level::Off | Level::Error) => level,
            _ => Level::Warn,
        };
        let logging = Logging {
            level,
            ..logging.clone()
        };
        Self::start_with(&logging, instance, (Target::Prompt, Box::new(Above(above))))
    }

    fn start_with(
        logging: &Logging,
        instance: &Instance,
        (target, sink): (Target, Box<dyn Sink>),
    ) -> Result<Self, LoggingError> {
        let filter = filter(logging.level, std::env::var(LOG_VARIABLE).ok())?;
        let log = queue::start("aegis-log", target.name(), sink, log_lost)
            .map_err(LoggingError::Start)?;
        let events = EventLog::start(logging, instance.name()).map_err(LoggingError::Start)?;
        let layer = match &target {
            Target::Journal => journal::Fields::of(log.clone(), instance.name()).boxed(),
            Target::Stderr | Target::Prompt | Target::File(_) => {
                lines_of(&log, logging.json, target.has_colours())
            }
        };
        // There is another one only where a test has one.
        drop(registry().with(layer).with(filter).try_init());
        Ok(Self { log, events })
    }

    /// Writes an event down, where events are written.
    pub(crate) fn note(&self, event: &SecurityEvent) {
        self.events.note(event);
    }

    /// Has files opened anew before the next line: somebody may have moved them.
    pub(crate) fn reopen(&self) {
        self.log.reopen();
        if let Some(events) = self.events.queue() {
            events.reopen();
        }
    }

    /// What was written and lost, and a warning while the log cannot tell so itself.
    pub(crate) fn status(&self, warnings: &mut Vec<String>) -> LoggingStatus {
        let log = self.log.status();
        let events = self.events.queue().map(Queue::status);
        warnings.extend(warning("the log", &log));
        let of_events = |status| warning("the file of events", status);
        warnings.extend(events.as_ref().and_then(of_events));
        LoggingStatus { log, events }
    }

    /// Why what is written down is not, if so: for whoever starts the daemon.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let queues = [Some(&self.log), self.events.queue()];
        let mut problems = queues.into_iter().flatten().filter_map(|queue| {
            queue.drain(OPENING);
            queue.status().problem
        });
        problems.next()
    }

    /// Waits until everything has been written, for a second at most.
    pub fn close(&self) {
        self.log.drain(PATIENCE);
        if let Some(events) = self.events.queue() {
            events.drain(PATIENCE);
        }
    }
}

fn warning(what: &str, status: &StreamStatus) -> Option<String> {
    let (target, lost) = (&status.target, status.lost);
    match &status.problem {
        Some(problem) => Some(format!("{what}: {problem}; {lost} lines lost")),
        None if status.untold > 0 => Some(format!(
            "{what} goes to {target}, which takes it too slowly; {lost} lines lost"
        )),
        None => None,
    }
}

fn log_lost(untold: u64, total: u64) {
    tracing::warn!(lost = untold, total, "lines of the log are missing here");
}

fn filter(level: Level, variable: Option<String>) -> Result<EnvFilter, LoggingError> {
    let wrong = |error: &dyn std::fmt::Display| LoggingError::Filter(error.to_string());
    match variable.filter(|text| !text.is_empty()) {
        Some(text) => EnvFilter::try_new(text).map_err(|error| wrong(&error)),
        None if level == Level::Off => Ok(EnvFilter::new(level.label())),
        None => Ok(EnvFilter::new(format!("{},{AYA}", level.label()))),
    }
}

/// Text, or JSON.
fn lines_of<S>(log: &Queue, json: bool, colours: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let lines = fmt::layer()
        .with_writer(log.clone())
        .with_ansi(colours && !json)
        .with_target(false)
        // There is nobody to tell.
        .log_internal_errors(false);
    match json {
        true => lines.json().flatten_event(true).boxed(),
        false => lines.boxed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_takes_the_place_of_the_level_and_a_wrong_one_is_told() {
        let of = |text: &str| filter(Level::Info, Some(text.to_owned()));
        assert_eq!(of("trace").expect("it is a level").to_string(), "trace");
        let usual = of("").expect("empty counts for nothing").to_string();
        assert!(
            usual.contains("info") && usual.contains("aya=error"),
            "{usual}"
        );
        let off = filter(Level::Off, None).expect("nothing is wrong");
        assert_eq!(off.to_string(), "off");
        let wrong = of("aegis=loud")
            .expect_err("there is no such level")
            .to_string();
        assert!(
            wrong.starts_with("environment variable RUST_LOG: "),
            "{wrong}"
        );
    }

    #[test]
    fn a_warning_lasts_until_the_log_has_told_it() {
        let mut status = StreamStatus {
            target: "standard error".to_owned(),
            lost: 7,
            ..StreamStatus::default()
        };
        assert_eq!(warning("the log", &status), None);
        status.untold = 2;
        let told = warning("the log", &status).expect("two are not told");
        assert!(told.ends_with("too slowly; 7 lines lost"), "{told}");
        status.problem = Some("no room".to_owned());
        let told = warning("the log", &status).expect("it is not written");
        assert_eq!(told, "the log: no room; 7 lines lost");
    }
}
