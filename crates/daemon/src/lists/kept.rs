// SPDX-License-Identifier: MIT
//! What of lists outlives the daemon, beside their copies: what numbers mean, what was counted, and
//! what the operator has said by hand. Three files, each seen whole or not at all.

use super::book::Written;
use super::hits::{Readings, Tally};
use super::peers::Peers;
use crate::store;
use aegis_api::{ListAttempt, ListQuarantine};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What numbers of classes mean.
pub const CLASSES: &str = "lists.classes.json";
/// What was counted.
pub const COUNTED: &str = "lists.counted.json";
/// What was said by hand.
pub const SAID: &str = "lists.json";

/// What was counted of one list, and what came of it last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Packets that were dropped.
    pub hits: Tally,
    /// Packets that would have been.
    pub would_hit: Tally,
    /// Whose they would have been.
    pub peers: Peers,
    /// The last attempt to have the newest copy.
    pub last: Option<ListAttempt>,
    /// The copy that was put aside.
    pub quarantine: Option<ListQuarantine>,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counted {
    /// Where the kernel's counters stood.
    pub readings: Readings,
    /// By list.
    pub lists: BTreeMap<String, Record>,
}

/// How somebody has switched a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// On or off, where they said so.
    pub enabled: Option<bool>,
    /// `block` or `alert`, where they said so.
    pub action: Option<String>,
    /// How the configuration had the list then.
    pub configured: String,
}

/// A list that was loaded from a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// What it is called.
    pub name: String,
    /// How it is written.
    pub format: String,
    /// What whom it names does; empty: nothing in particular.
    pub category: String,
    /// `block` or `alert`.
    pub action: String,
    /// `both`, `in` or `out`.
    pub direction: String,
}

/// What was said by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// By list.
    pub switches: BTreeMap<String, Switch>,
    /// Lists that are nowhere else.
    pub loaded: Vec<ByHand>,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Kept {
    /// What numbers mean.
    pub classes: Written,
    /// What was counted.
    pub counted: Counted,
    /// What was said by hand.
    pub said: Said,
}

impl Kept {
    /// What is in a folder. What is not there, or is damaged, begins anew; the log tells of damage.
    pub fn read(folder: &Path) -> Self {
        let classes = read(&folder.join(CLASSES));
        // Counters are by number: without the numbers they mean nothing.
        let known = classes.is_some();
        let mut counted: Counted = read(&folder.join(COUNTED)).unwrap_or_default();
        if !known {
            counted.readings = Readings::default();
        }
        Self {
            classes: classes.unwrap_or_default(),
            counted,
            said: read(&folder.join(SAID)).unwrap_or_default(),
        }
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "it cannot be read, and begins anew");
            return None;
        }
    };
    serde_json::from_slice(&text)
        .inspect_err(|error| {
            tracing::warn!(%error, path = %path.display(), "it is damaged, and begins anew");
        })
        .ok()
}

/// A file that is to be written.
#[derive(Debug)]
pub struct Page {
    path: PathBuf,
    text: Vec<u8>,
}

impl Page {
    /// One of the three.
    pub fn of(folder: &Path, name: &str, content: &impl Serialize) -> Self {
        Self {
            path: folder.join(name),
            text: serde_json::to_vec(content).expect("its keys are texts"),
        }
    }

    /// Writes it, in the place of what was there, on the disk.
    ///
    /// # Errors
    /// Of the file system.
    pub fn write(&self) -> io::Result<()> {
        store::replace(&self.path, &self.text)
            .map_err(|error| io::Error::other(format!("{}: {error}", self.path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = format!("aegis-lists-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(folder);
            fs::create_dir_all(&folder).expect("there is room");
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn what_is_written_is_read_and_damage_begins_anew() {
        let folder = Folder::new("kept");
        let said = Said {
            switches: BTreeMap::from([("drop".to_owned(), Switch::default())]),
            loaded: vec![ByHand::default()],
        };
        let page = Page::of(&folder.0, SAID, &said);
        page.write().expect("there is room");
        let counted = Counted {
            lists: BTreeMap::from([("drop".to_owned(), Record::default())]),
            ..Counted::default()
        };
        let page = Page::of(&folder.0, COUNTED, &counted);
        page.write().expect("there is room");
        let kept = Kept::read(&folder.0);
        assert_eq!((kept.said, kept.counted), (said, counted));
        fs::write(folder.0.join(SAID), b"{\"loaded\": 7").expect("there is room");
        assert_eq!(Kept::read(&folder.0).said, Said::default());
    }
}
