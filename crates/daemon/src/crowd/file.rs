// SPDX-License-Identifier: MIT
//! The file that decisions outlive outages and daemons in.

use aegis_lists::crowdsec::decision::Others;
use aegis_lists::crowdsec::{Decisions, Saved};
use aegis_lists::whole::replace;
use jiff::Timestamp;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Lifted;

/// In the folder of the state.
const LISTS: &str = "lists";
const NAME: &str = "crowdsec.json";
/// The least and the most time between two times that it is written.
const SOON: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(60);

/// Where the file is.
#[derive(Clone, Debug)]
pub(super) struct Place(PathBuf);

impl Place {
    /// In that folder.
    pub(super) fn in_state(state: &Path) -> Self {
        Self(state.join(LISTS).join(NAME))
    }

    /// What is in there, and what is wrong with it. No file is nothing wrong.
    pub(super) fn load(&self, others: Others, now: Timestamp) -> (Saved, Option<String>) {
        let path = self.0.display();
        let nothing = || Saved {
            decisions: Decisions::new(others),
            ..Saved::default()
        };
        let bytes = match fs::read(&self.0) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (nothing(), None),
            Err(error) => return (nothing(), Some(format!("{path} cannot be read: {error}"))),
        };
        match Saved::read(&bytes, others, now) {
            Ok(saved) => (saved, None),
            Err(error) => (nothing(), Some(format!("{path}: {error}; it was left out"))),
        }
    }

    /// Puts another one in its place.
    pub(super) fn save(&self, decisions: &Decisions, lifted: &Lifted) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        replace(&self.0, &Saved::write(decisions, lifted))
    }
}

/// How long to wait before so many decisions are written again: a millisecond for each.
pub(super) fn pause(decisions: usize) -> Duration {
    Duration::from_millis(decisions as u64).clamp(SOON, LATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_and_is_nothing() {
        let folder = std::env::temp_dir().join(format!("aegis-crowd-{}", std::process::id()));
        let place = Place::in_state(&folder);
        let load = || place.load(Others::Ignore, Timestamp::UNIX_EPOCH);
        assert_eq!(load().1, None);
        place
            .save(&Decisions::default(), &Lifted::new())
            .expect("there is room");
        assert_eq!(load().1, None);
        fs::write(&place.0, b"{").expect("there is room");
        let (saved, damage) = load();
        assert!(saved.decisions.is_empty());
        assert!(damage.is_some_and(|told| told.contains("crowdsec.json")));
        fs::remove_dir_all(&folder).expect("it is ours");
    }

    #[test]
    fn few_are_written_soon_and_very_many_once_a_minute() {
        assert_eq!(pause(3), SOON);
        assert_eq!(pause(15_000), Duration::from_secs(15));
        assert_eq!(pause(200_000), LATE);
    }
}
