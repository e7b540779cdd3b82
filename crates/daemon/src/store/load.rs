// SPDX-License-Identifier: MIT
//! What the last daemon left behind.

use super::lines::{self, Wrong};
use aegis_policy::saved::Record;
use rustix::fs::OFlags;
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A log that was damaged.
const DAMAGED: &str = "state.damaged";
/// A log of another version.
const OTHER: &str = "state.other";

/// What stood, as far as it can be read, and what is wrong with the rest, one line each.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What stood.
    pub records: Vec<Record>,
    /// What is wrong.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// Tells the log what is wrong.
    pub fn log(&self) {
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
    }
}

/// Reads a log; one that is wrong is kept beside its place.
pub fn load(folder: &Path, path: &Path) -> Loaded {
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Loaded::default(),
        Err(error) => {
            let kept = kept(path, &folder.join(DAMAGED));
            let warning = format!("{} cannot be read: {error}; {kept}", path.display());
            return Loaded {
                records: Vec::new(),
                warnings: vec![warning],
            };
        }
    };
    let reading = lines::read(&bytes);
    let warning = reading.wrong.map(|wrong| match wrong {
        Wrong::Version(version) => {
            let kept = kept(path, &folder.join(OTHER));
            let (path, own) = (path.display(), env!("CARGO_PKG_VERSION"));
            format!("{path} is of version {version}, which aegis {own} cannot read: nothing in it was restored; {kept}")
        }
        Wrong::Damage { line, lost } => {
            let (used, kept) = (reading.records.len(), kept(path, &folder.join(DAMAGED)));
            let path = path.display();
            format!("{path}:{line}: damaged: the {lost} bytes from there on were not used, {used} records before them were; {kept}")
        }
    });
    Loaded {
        records: reading.records,
        warnings: warning.into_iter().collect(),
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    // Opening what is no file, such as a pipe, could take for ever.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.read(true).custom_flags(flags.bits().cast_signed());
    let mut bytes = Vec::new();
    options.open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Gives a file a second name, as another one will take its first; says so.
fn kept(path: &Path, aside: &PathBuf) -> String {
    let linked = match fs::remove_file(aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::hard_link(path, aside).or_else(|_| fs::rename(path, aside)),
    };
    match linked {
        Ok(()) => format!("it is kept as {}", aside.display()),
        Err(error) => format!("it cannot be kept as {}: {error}", aside.display()),
    }
}
