// SPDX-License-Identifier: MIT
//! `[logging]`: what the daemon tells, where, and how much of it is kept.

use super::choice::choice;
use super::value::Slot;
use super::{Choice, Effect, Key, Kind, Level};

/// Stands for the daemon's name in a path.
pub const INSTANCE: &str = "{instance}";

choice! {
    /// Where the log goes.
    LogTarget {
        /// To the journal where standard error is connected to it, else to standard error.
        #[default]
        Auto = "auto",
        /// To standard error.
        Stderr = "stderr",
        /// To the journal of systemd, with a field for everything.
        Journald = "journald",
        /// To a file.
        File = "file",
    }
}

choice! {
    /// Where security events go, besides those who ask for them.
    EventTarget {
        /// Nowhere.
        #[default]
        Off = "off",
        /// Into the log.
        Log = "log",
        /// To a file of their own.
        File = "file",
    }
}

choice! {
    /// The names of the fields of events in their file.
    EventFormat {
        /// Those of `aegis-cli events --json`.
        #[default]
        Aegis = "aegis",
        /// Those of the Elastic Common Schema.
        Ecs = "ecs",
    }
}

/// What the daemon tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// From which severity on.
    pub level: Level,
    /// In JSON.
    pub json: bool,
    /// Where.
    pub target: LogTarget,
    /// The file, if it is one; [`INSTANCE`] in it stands for the daemon's name.
    pub file: String,
    /// A file that would grow beyond so many bytes is begun anew; 0: none is.
    pub rotate_bytes: u64,
    /// So many files that are full are kept.
    pub rotate_keep: u32,
    /// Where security events go.
    pub events: EventTarget,
    /// Their file, if they have one; likewise.
    pub events_file: String,
    /// How their file names their fields.
    pub events_format: EventFormat,
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            level: Level::Info,
            json: false,
            target: LogTarget::Auto,
            file: "/var/log/aegis/{instance}.log".to_owned(),
            rotate_bytes: 10 << 20,
            rotate_keep: 5,
            events: EventTarget::Off,
            events_file: "/var/log/aegis/{instance}.events.jsonl".to_owned(),
            events_format: EventFormat::Aegis,
        }
    }
}

impl Logging {
    /// To standard error alone.
    #[must_use]
    pub fn to_stderr() -> Self {
        Self {
            target: LogTarget::Stderr,
            ..Self::default()
        }
    }

    /// Keys that mean nothing while nobody has set the other one, and what to set it to.
    pub(crate) const NEEDS: [(&'static str, &'static str, &'static str); 3] = [
        ("logging.file", "logging.target", "file"),
        ("logging.events_file", "logging.events", "file"),
        ("logging.events_format", "logging.events", "file"),
    ];
}

pub(crate) const LEVEL: Key = Key::new(
    "logging.level",
    Kind::Word(Level::WORDS),
    |config| Slot::Word(&mut config.logging.level),
    "From which severity on.",
)
.effect(Effect::Restart);

pub(crate) const JSON: Key = Key::new(
    "logging.json",
    Kind::Bool,
    |config| Slot::Bool(&mut config.logging.json),
    "One JSON object a line instead of text, but for the journal, which has fields of its own.",
)
.option("--log-format")
.effect(Effect::Restart);

pub(crate) const TARGET: Key = Key::new(
    "logging.target",
    Kind::Word(LogTarget::WORDS),
    |config| Slot::Word(&mut config.logging.target),
    "Where the log goes: to the journal where standard error is connected to it, else to standard \
     error (auto), to either of them, or to `file`.",
)
.effect(Effect::Restart);

pub(crate) const FILE: Key = Key::new(
    "logging.file",
    Kind::Path,
    |config| Slot::Path(&mut config.logging.file),
    "The file of the log where `target` is \"file\". A reload opens it anew, as after it was moved.",
)
.effect(Effect::Restart);

pub(crate) const ROTATE_BYTES: Key = Key::new(
    "logging.rotate_bytes",
    Kind::Number {
        least: 0,
        most: 1 << 40,
        unit: "bytes",
    },
    |config| Slot::Bytes(&mut config.logging.rotate_bytes),
    "A file that would grow beyond is renamed, with .1 at its end, and begun anew. 0: it grows, or \
     logrotate sees to it.",
)
.effect(Effect::Restart);

pub(crate) const ROTATE_KEEP: Key = Key::new(
    "logging.rotate_keep",
    Kind::Number {
        least: 0,
        most: 1_000,
        unit: "files",
    },
    |config| Slot::Number(&mut config.logging.rotate_keep),
    "Files that are kept beside the one that is written, .1 the newest of them.",
)
.effect(Effect::Restart);

pub(crate) const EVENTS: Key = Key::new(
    "logging.events",
    Kind::Word(EventTarget::WORDS),
    |config| Slot::Word(&mut config.logging.events),
    "Where security events go, besides those who ask for them: nowhere (off), into the log, or to \
     `events_file`, one JSON object a line.",
)
.effect(Effect::Restart);

pub(crate) const EVENTS_FILE: Key = Key::new(
    "logging.events_file",
    Kind::Path,
    |config| Slot::Path(&mut config.logging.events_file),
    "The file of security events where `events` is \"file\"; it is rotated like the log's.",
)
.effect(Effect::Restart);

pub(crate) const EVENTS_FORMAT: Key = Key::new(
    "logging.events_format",
    Kind::Word(EventFormat::WORDS),
    |config| Slot::Word(&mut config.logging.events_format),
    "What fields are called in that file: as `aegis-cli events --json` calls them, or as the \
     Elastic Common Schema does.",
)
.effect(Effect::Restart);
