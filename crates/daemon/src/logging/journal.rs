// SPDX-License-Identifier: MIT
//! The log as entries of systemd's journal, in which every field can be searched for:
//! `journalctl AEGIS_ACTION=ban`.
//!
//! The protocol is one datagram an entry (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>). It is
//! spoken here because `tracing-journald` sends from the thread that logs, which waits while the
//! journal does not read: a stopped journald stops whatever logs an eleventh line
//! (`net.unix.max_dgram_qlen`).

use super::queue::{Queue, Sink};
use std::fmt::Debug;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Where journald reads (systemd-journald.service(8)).
const SOCKET: &str = "/run/systemd/journal/socket";
/// Device and inode of the journal's stream, where a service's output is connected to it
/// (systemd.exec(5)).
const STREAM_VARIABLE: &str = "JOURNAL_STREAM";
/// The longest name of a field, bytes (journal_field_valid of systemd).
const LONGEST_NAME: usize = 64;

/// Whether standard error is connected to the journal.
pub(super) fn has_stderr() -> bool {
    let Ok(found) = rustix::fs::fstat(io::stderr()) else {
        return false;
    };
    let named = std::env::var(STREAM_VARIABLE).unwrap_or_default();
    named == format!("{}:{}", found.st_dev, found.st_ino)
}

/// The journal's end.
pub(super) struct Socket {
    socket: UnixDatagram,
    journal: PathBuf,
}

impl Socket {
    pub(super) fn new() -> io::Result<Self> {
        Self::to(PathBuf::from(SOCKET))
    }

    fn to(journal: PathBuf) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        Ok(Self { socket, journal })
    }
}

impl Sink for Socket {
    fn put(&mut self, entry: &[u8]) -> io::Result<()> {
        // By its path each time: a journal that was started again has another socket there.
        match self.socket.send_to(entry, &self.journal) {
            Ok(_) => Ok(()),
            Err(error) => {
                let journal = self.journal.display();
                Err(io::Error::new(
                    error.kind(),
                    format!("cannot reach {journal}: {error}"),
                ))
            }
        }
    }
}

/// Makes entries of what is logged.
pub(super) struct Fields {
    log: Queue,
    /// The beginning of every entry.
    common: Vec<u8>,
}

impl Fields {
    pub(super) fn of(log: Queue, instance: &str) -> Self {
        let mut common = Vec::new();
        field(&mut common, "SYSLOG_IDENTIFIER", "aegis");
        field(&mut common, "AEGIS_INSTANCE", instance);
        Self { log, common }
    }
}

impl<S: Subscriber> Layer<S> for Fields {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut entry = Entry {
            bytes: self.common.clone(),
            ..Entry::default()
        };
        entry.about(event.metadata());
        event.record(&mut entry);
        self.log.push(entry.end());
    }
}

/// One entry, while it grows.
#[derive(Default)]
struct Entry {
    bytes: Vec<u8>,
    message: String,
    /// The other fields, for those who read messages only.
    rest: String,
}

impl Entry {
    fn about(&mut self, metadata: &Metadata<'_>) {
        field(&mut self.bytes, "PRIORITY", priority(*metadata.level()));
        field(&mut self.bytes, "TARGET", metadata.target());
        if let (Some(file), Some(line)) = (metadata.file(), metadata.line()) {
            field(&mut self.bytes, "CODE_FILE", file);
            field(&mut self.bytes, "CODE_LINE", &line.to_string());
        }
    }

    fn end(mut self) -> Vec<u8> {
        self.message.push_str(&self.rest);
        field(&mut self.bytes, "MESSAGE", &self.message);
        self.bytes
    }

    fn add(&mut self, name: &str, value: &str) {
        match name {
            "message" => self.message.push_str(value),
            // Where the crate `log` says what the metadata say.
            _ if name.starts_with("log.") => {}
            _ => {
                field(&mut self.bytes, &field_name(name), value);
                self.rest.push_str(&format!(" {name}={value}"));
            }
        }
    }
}

impl Visit for Entry {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field.name(), &format!("{value:?}"));
    }
}

/// Severities of syslog (RFC 5424, 6.2.1); what is logged as `info` is no notice.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        _ => "7",
    }
}

/// `src_ip` is `AEGIS_SRC_IP`.
fn field_name(name: &str) -> String {
    let plain = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_uppercase(),
        false => '_',
    };
    let name = "AEGIS_".chars().chain(name.chars().map(plain));
    name.take(LONGEST_NAME).collect()
}

/// Appends a field. A value of several lines has its length before it, little-endian.
fn field(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend(name.as_bytes());
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend((value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend(value.as_bytes());
    entry.push(b'\n');
}

#[cfg(test)]
mod tests;
