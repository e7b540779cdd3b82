// SPDX-License-Identifier: MIT
//! The last good copy of each list, so that a host without a network starts with all of them and a
//! publisher that is gone takes none away.
//!
//! `NAME.list` is what was fetched, byte for byte; `NAME.json` says of it when, from where and what to
//! ask with next time. Each is seen whole or not at all, and on the disk before it is counted on. The
//! two are bound together by a hash: where a loss of power has come between them the list is still
//! good, and fetched anew unconditionally.

use crate::fetch::{Condition, Fetched, Request, Source, sha256};
use crate::whole;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Characters that a name may have.
const LONGEST: usize = 64;
/// Bytes that what is said of a list may have.
const MOST_SAID: u64 = 64 << 10;

/// What a list is called: small letters, digits, `-` and `_`, and a letter or a digit first. So it is the
/// name of a file anywhere, and of no other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = text.len() <= LONGEST
            && text.starts_with(plain)
            && text.chars().all(|c| plain(c) || c == '-' || c == '_');
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError(text.chars().take(LONGEST).collect()))
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// No name of a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no name of a list: at most 64 small letters, digits, - and _, a letter or a digit first"
)]
pub struct NameError(String);

/// What is known of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Where it is from, as it may be shown.
    pub source: String,
    /// Of the whole address: what is from another one is another list. Copies of earlier times have
    /// none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    origin: String,
    /// Of the whole address, and of what it had to prove: another one is not asked with this
    /// condition.
    terms: String,
    /// What to ask with next time.
    condition: Condition,
    /// When it was fetched.
    pub fetched: Timestamp,
    /// When it was last found to be what its publisher has.
    pub checked: Timestamp,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// How long it is.
    pub bytes: u64,
    /// Its signature, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Meta {
    fn of(request: &Request, fetched: &Fetched, now: Timestamp) -> Self {
        Self {
            source: request.source.to_string(),
            origin: origin(&request.source),
            terms: terms(request),
            condition: fetched.condition.clone(),
            fetched: now,
            checked: now,
            sha256: fetched.sha256.clone(),
            bytes: fetched.bytes,
            signature: fetched.signature.clone(),
        }
    }

    /// What to send with a request that this is a copy of; nothing, where it is of another one, or
    /// could not be proven once more.
    pub fn condition_for(&self, request: &Request) -> Condition {
        let provable = request.proof.minisign.is_none() || self.signature.is_some();
        if provable && self.terms == terms(request) {
            return self.condition.clone();
        }
        Condition::default()
    }
}

impl Meta {
    /// Whether it is what was fetched from there.
    pub fn is_from(&self, source: &Source) -> bool {
        match self.origin.as_str() {
            "" => self.source == source.to_string(),
            known => known == origin(source),
        }
    }
}

/// Addresses may have keys in them, so only a hash is kept.
fn origin(source: &Source) -> String {
    sha256(String::from(source.clone()).as_bytes())
}

/// Likewise.
fn terms(request: &Request) -> String {
    let source = String::from(request.source.clone());
    let proof = &request.proof;
    let key = proof.minisign.as_ref().map(|minisign| &minisign.key);
    // The first page alone is another list than all of them.
    let pages = if request.pages > 0 { "\npages" } else { "" };
    sha256(format!("{source}\n{key:?}\n{:?}{pages}", proof.sha256).as_bytes())
}

/// A copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// As it was fetched.
    pub bytes: Vec<u8>,
    /// `None` where what is said there is of another one, or cannot be read.
    pub meta: Option<Meta>,
}

/// The copies in a folder.
#[derive(Clone, Debug)]
pub struct Copies {
    folder: PathBuf,
}

impl Copies {
    /// Those in a folder, which need not be there yet. What processes left there that were killed is
    /// removed.
    pub fn of(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        whole::remove_leftovers(&folder);
        Self { folder }
    }

    /// The copy of a list, of at most so many bytes; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`], where it cannot be read. No reason not to start.
    pub fn read(&self, name: &Name, most: u64) -> Result<Option<Kept>, StoreError> {
        let path = self.list(name);
        let bytes = match bounded(&path, most) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::of(&path)(error)),
        };
        let hash = sha256(&bytes);
        let meta = self.meta(name).filter(|meta| meta.sha256 == hash);
        Ok(Some(Kept { bytes, meta }))
    }

    /// What is said of a copy, which may be of another one until that is read.
    pub fn meta(&self, name: &Name) -> Option<Meta> {
        let text = bounded(&self.said(name), MOST_SAID).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps what was fetched, in the place of what was there.
    ///
    /// # Errors
    /// [`StoreError`]; then the last copy is still there.
    pub fn keep(
        &self,
        name: &Name,
        (request, fetched): (&Request, &Fetched),
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<Meta, StoreError> {
        whole::make_folder(&self.folder).map_err(StoreError::of(&self.folder))?;
        let path = self.list(name);
        whole::replace(&path, bytes).map_err(StoreError::of(&path))?;
        let meta = Meta::of(request, fetched, now);
        self.say(name, &meta)?;
        Ok(meta)
    }

    /// Keeps what somebody has seen, such as a text that they have loaded, in the place of what was
    /// there: as if it were from `source`, with its signature if it has one.
    ///
    /// # Errors
    /// As [`Self::keep`].
    pub fn keep_by_hand(
        &self,
        name: &Name,
        source: Source,
        (bytes, signature): (&[u8], Option<&str>),
        now: Timestamp,
    ) -> Result<Meta, StoreError> {
        let fetched = Fetched {
            sha256: sha256(bytes),
            bytes: bytes.len() as u64,
            signature: signature.map(str::to_owned),
            ..Fetched::default()
        };
        self.keep(name, (&Request::of(source), &fetched), bytes, now)
    }

    /// Notes that the copy is what the publisher has now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn confirm(&self, name: &Name, now: Timestamp) -> Result<(), StoreError> {
        match self.meta(name) {
            None => Ok(()),
            Some(meta) => self.say(
                name,
                &Meta {
                    checked: now,
                    ..meta
                },
            ),
        }
    }

    fn say(&self, name: &Name, meta: &Meta) -> Result<(), StoreError> {
        let path = self.said(name);
        let text = serde_json::to_vec_pretty(meta).map_err(io::Error::other);
        let said = text.and_then(|text| whole::replace(&path, &text));
        said.map_err(StoreError::of(&path))
    }

    /// Removes the copy of a list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget(&self, name: &Name) -> Result<(), StoreError> {
        for path in [self.list(name), self.said(name)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::of(&path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Of which lists there are copies, in order.
    pub fn names(&self) -> Vec<Name> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let name = |entry: fs::DirEntry| {
            let file = entry.file_name().into_string().ok()?;
            file.strip_suffix(".list")?.parse().ok()
        };
        let mut names: Vec<Name> = entries.filter_map(name).collect();
        names.sort_unstable();
        names
    }

    fn list(&self, name: &Name) -> PathBuf {
        self.folder.join(format!("{name}.list"))
    }

    fn said(&self, name: &Name) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

fn bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = whole::open(path)?;
    let mut bytes = Vec::new();
    let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if read as u64 > most {
        return Err(io::Error::other(format!("longer than {most} bytes")));
    }
    Ok(bytes)
}

/// A copy cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {error}", path = path.display())]
pub struct StoreError {
    path: PathBuf,
    error: io::Error,
}

impl StoreError {
    fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |error| Self { path, error }
    }
}

#[cfg(test)]
mod tests;
