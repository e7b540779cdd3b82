// SPDX-License-Identifier: MIT
//! Where lines are remembered: a file of the user who types them, which nobody else reads.

use rustix::process::geteuid;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The most lines that are remembered.
pub const LINES: usize = 1_000;
/// For the folder; the file's own mode is rustyline's, 0600.
const PRIVATE: u32 = 0o700;

/// The file, in a folder that is there; `None` where there is no place for it.
pub fn file() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name);
    let state = state_folder(variable("XDG_STATE_HOME"), variable("HOME"))?;
    // sudo may leave HOME as it was: root's files do not belong there.
    is_own(&state).then_some(())?;
    let folder = state.join("aegis");
    let made = DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE)
        .create(&folder);
    made.ok().map(|()| folder.join("history"))
}

/// Where programs keep such state (XDG Base Directory Specification 0.8): a relative path is to be
/// ignored.
fn state_folder(state: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    let in_home = || Some(home.and_then(absolute)?.join(".local/state"));
    state.and_then(absolute).or_else(in_home)
}

/// Whether what is there of the path belongs to this user.
fn is_own(path: &Path) -> bool {
    let owner = path
        .ancestors()
        .find_map(|folder| fs::metadata(folder).ok());
    owner.is_some_and(|folder| folder.uid() == geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_one_that_the_environment_names() {
        let folder = |state: Option<&str>, home: Option<&str>| {
            state_folder(state.map(OsString::from), home.map(OsString::from))
        };
        assert_eq!(folder(Some("/s"), Some("/h")), Some(PathBuf::from("/s")));
        let in_home = Some(PathBuf::from("/h/.local/state"));
        for none in [None, Some(""), Some("relative")] {
            assert_eq!(folder(none, Some("/h")), in_home);
        }
        assert_eq!(folder(None, None), None);
        assert_eq!(folder(None, Some("relative")), None);
    }

    #[test]
    fn a_folder_of_somebody_else_is_no_place() {
        assert!(!is_own(Path::new("relative/and/absent")));
        let nobody = std::env::temp_dir().join(format!("aegis-history-{}", std::process::id()));
        fs::create_dir(&nobody).expect("the name is our own");
        assert!(is_own(&nobody.join("not/yet/there")));
        if geteuid().is_root() {
            std::os::unix::fs::chown(&nobody, Some(65_534), None).expect("root may");
            assert!(!is_own(&nobody.join("not/yet/there")));
        }
        fs::remove_dir(&nobody).expect("it is empty");
    }
}
