// SPDX-License-Identifier: MIT
//! Whether a file is another than the one that was read.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What differs where a file was written, or another one was put in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl From<Metadata> for Stamp {
    fn from(file: Metadata) -> Self {
        Self {
            place: (file.dev(), file.ino()),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }
}

/// A file, as it was dealt with and as it was seen last; `None` where it is not there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watched {
    dealt_with: Option<Stamp>,
    seen: Option<Stamp>,
}

impl Watched {
    /// The file is dealt with as it is now.
    pub(super) fn deal_with(&mut self, path: &Path) {
        *self = Self::from(stamp(path));
    }

    /// Whether the file is another one by now, and was so the last time: who writes it may not have
    /// come to an end. It is dealt with then, whatever comes of that.
    pub(super) fn is_another(&mut self, path: &Path) -> bool {
        self.settles_at(stamp(path))
    }

    fn settles_at(&mut self, now: Option<Stamp>) -> bool {
        let settled = self.seen == now;
        self.seen = now;
        let differs = settled && now != self.dealt_with;
        if differs {
            self.dealt_with = now;
        }
        differs
    }
}

impl From<Option<Stamp>> for Watched {
    fn from(now: Option<Stamp>) -> Self {
        Self {
            dealt_with: now,
            seen: now,
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().map(Stamp::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(at: i64) -> Option<Stamp> {
        Some(Stamp {
            place: (1, 2),
            size: 3,
            modified: (at, 0),
            changed: (at, 0),
        })
    }

    #[test]
    fn a_file_is_another_once_it_stays_so() {
        let mut watched = Watched::from(written(1));
        assert!(!watched.settles_at(written(1)));
        assert!(!watched.settles_at(written(2)), "it may still be written");
        assert!(!watched.settles_at(written(3)), "it was");
        assert!(watched.settles_at(written(3)));
        assert!(!watched.settles_at(written(3)), "once is enough");
        assert!(!watched.settles_at(None), "it may be about to come back");
        assert!(watched.settles_at(None));
    }
}
