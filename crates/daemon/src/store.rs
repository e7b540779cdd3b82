// SPDX-License-Identifier: MIT
//! What outlives the daemon: bans, what was put on the allowlist, strikes, and the last configuration
//! that was right. All of it lies in a folder of the instance's own.
//!
//! The file `state` is a log. Changes are appended before they are acknowledged, so that no end of the
//! process loses one; what survives a loss of power follows within a second, from another thread
//! than that of the owner. Once the log has grown, it is written anew from what stands: beside it, and
//! then in its place. What is damaged is kept beside it too, and never keeps a daemon from starting.
//! `docs/state.md` has the format.

mod background;
mod lines;
mod load;
mod log;

pub use aegis_lists::whole::{Beside, replace};
pub use load::Loaded;

use aegis_lists::whole::{make_folder, remove_leftovers};
use aegis_policy::saved::Record;
use background::Background;
use lines::Change;
use log::Log;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Overrides [`STATE`]; empty counts for nothing.
pub const STATE_VARIABLE: &str = "AEGIS_STATE_DIR";
/// The folder in which each instance has one.
pub const STATE: &str = "/var/lib/aegis";
/// The last configuration that was right.
pub const GOOD: &str = "config.good";

const LOG: &str = "state";
/// How long to wait before what could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// The folder of states: `AEGIS_STATE_DIR`, else [`STATE`].
#[must_use]
pub fn folder_from_environment() -> PathBuf {
    let set = std::env::var_os(STATE_VARIABLE).filter(|value| !value.is_empty());
    set.map_or_else(|| PathBuf::from(STATE), PathBuf::from)
}

/// A log that is being written anew, and what has happened since.
#[derive(Debug)]
struct Rewrite {
    written: Background<Beside>,
    since: Vec<u8>,
}

/// The state of one instance.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// `None` as long as it could not be written.
    log: Option<Log>,
    rewrite: Option<Rewrite>,
    synced: Background<()>,
    configuration: Background<()>,
    /// What of the last daemon's was not read.
    damage: Vec<String>,
    /// Why the file does not say what stands.
    behind: Option<String>,
    /// Why the latest change is not in it.
    unsaved: Option<String>,
    tried: Option<Instant>,
}

impl Store {
    /// The state in a folder, which need not be there. Nothing keeps it from being opened: what is wrong
    /// with it is told.
    pub fn open(folder: PathBuf) -> (Self, Loaded) {
        let mut store = Self {
            folder,
            log: None,
            rewrite: None,
            synced: Background::default(),
            configuration: Background::default(),
            damage: Vec::new(),
            behind: None,
            unsaved: None,
            tried: None,
        };
        let loaded = load::load(&store.folder, &store.path());
        store.damage.clone_from(&loaded.warnings);
        if let Err(error) = store.begin_with(&loaded.records) {
            store.fall_behind(&error);
        }
        (store, loaded)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(LOG)
    }

    /// A log with nothing in it but what stands.
    fn begin_with(&mut self, records: &[Record]) -> io::Result<()> {
        make_folder(&self.folder)?;
        remove_leftovers(&self.folder);
        let written = write(&self.path(), records)?;
        let mut log = Log::new(written.put()?)?;
        log.sync_with(&self.folder)?()?;
        self.log = Some(log);
        Ok(())
    }

    /// Notes a change that was made: after this, the end of the process does not lose it. Where that
    /// fails, [`Self::unsaved`] tells.
    pub fn note(&mut self, records: &[Record]) {
        if records.is_empty() {
            return;
        }
        let bytes = Change::of(records).into_bytes();
        if let Some(rewrite) = &mut self.rewrite {
            rewrite.since.extend_from_slice(&bytes);
        }
        let appended = match &mut self.log {
            Some(log) => log.append(&bytes),
            None => Err(io::Error::other(self.behind.clone().unwrap_or_default())),
        };
        self.unsaved = None;
        if let Err(error) = appended {
            self.fall_behind(&error);
            self.unsaved.clone_from(&self.behind);
        }
    }

    fn fall_behind(&mut self, error: &io::Error) {
        if self.behind.is_none() {
            let path = self.path();
            tracing::error!(%error, path = %path.display(), "what changes is not saved");
        }
        self.behind = Some(error.to_string());
    }

    /// Why the latest change would be lost with the process, if it would.
    pub fn unsaved(&self) -> Option<String> {
        let why = self.unsaved.as_ref()?;
        let path = self.path();
        Some(format!("{} cannot be written: {why}", path.display()))
    }

    /// What the last daemon had saved and this one could not read: bans in there hold no more.
    pub fn damage(&self) -> &[String] {
        &self.damage
    }

    /// What is wrong, and what to do.
    pub fn problem(&self) -> Option<String> {
        let (why, path) = (self.behind.as_ref()?, self.path());
        let problem = format!(
            "what is banned and allowed now is not saved: {} cannot be written: {why}; make room, or see to \
             its folder: it is tried again every {} s",
            path.display(),
            AGAIN.as_secs()
        );
        Some(problem)
    }

    /// Whether the log should be written anew, from everything that stands.
    pub fn wants_rewrite(&self) -> bool {
        let idle = self.rewrite.is_none();
        let again = self.tried.is_none_or(|tried| tried.elapsed() >= AGAIN);
        let wanted = match &self.log {
            Some(log) => log.has_grown() || self.behind.is_some(),
            None => true,
        };
        idle && again && wanted
    }

    /// Writes the log anew, in the background.
    pub fn rewrite(&mut self, records: Vec<Record>) {
        self.tried = Some(Instant::now());
        let (folder, path) = (self.folder.clone(), self.path());
        let written = Background::begin(move || {
            make_folder(&folder)?;
            write(&path, &records)
        });
        self.rewrite = Some(Rewrite {
            written,
            since: Vec::new(),
        });
    }

    /// Takes what was done in the background a step further; for once a second.
    pub fn tend(&mut self) {
        if let Some(finished) = self.rewrite.as_mut().and_then(|of| of.written.finished()) {
            self.finish(finished);
        }
        if let Some(Err(error)) = self.synced.finished() {
            self.fall_behind(&error);
        }
        if let Some(Err(error)) = self.configuration.finished() {
            tracing::warn!(%error, "the configuration is not kept as the last good one");
        }
        if self.synced.is_idle() {
            let job = self.log.as_mut().filter(|log| log.is_dirty());
            match job.map(|log| log.sync_with(&self.folder)) {
                Some(Ok(job)) => self.synced = Background::begin(job),
                Some(Err(error)) => self.fall_behind(&error),
                None => {}
            }
        }
    }

    /// Puts the log that was written anew in the place of the old one.
    fn finish(&mut self, written: io::Result<Beside>) {
        let since = self.rewrite.take().map_or_else(Vec::new, |of| of.since);
        let placed = written.and_then(|mut beside| {
            beside.append(&since)?;
            Log::new(beside.put()?)
        });
        match placed {
            Ok(log) => {
                self.log = Some(log);
                if self.behind.take().is_some() {
                    tracing::info!("what stands is saved again");
                }
                self.unsaved = None;
            }
            Err(error) => self.fall_behind(&error),
        }
    }

    /// Keeps a configuration as the last one that was right, in the background.
    pub fn keep_configuration(&mut self, bytes: Vec<u8>) {
        let folder = self.folder.clone();
        self.configuration.wait();
        self.configuration = Background::begin(move || {
            make_folder(&folder)?;
            replace(&folder.join(GOOD), &bytes)
        });
    }
}

impl Drop for Store {
    /// What was begun in the background is finished.
    fn drop(&mut self) {
        if let Some(finished) = self.rewrite.as_mut().and_then(|of| of.written.wait()) {
            self.finish(finished);
        }
        for ended in [self.synced.wait(), self.configuration.wait()] {
            if let Some(Err(error)) = ended {
                tracing::warn!(%error, "the state may not survive a loss of power");
            }
        }
        let synced = self.log.as_mut().filter(|log| log.is_dirty());
        let synced = synced.map(|log| log.sync_with(&self.folder).and_then(|job| job()));
        if let Some(Err(error)) = synced {
            tracing::warn!(%error, "the state may not survive a loss of power");
        }
    }
}

/// A log of nothing but these, beside where it belongs, on the disk.
fn write(path: &Path, records: &[Record]) -> io::Result<Beside> {
    let mut beside = Beside::create(path)?;
    beside.append(&lines::file(records))?;
    beside.sync()?;
    Ok(beside)
}

#[cfg(test)]
mod tests;
