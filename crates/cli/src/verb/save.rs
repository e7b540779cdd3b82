// SPDX-License-Identifier: MIT
//! `save`: bans and the allowlist, to be restored another time.

use crate::arguments::{GlobalOptions, Save};
use crate::failure::{Failure, exit};
use crate::output::{self, saved};
use std::fs;
use std::io;
use std::path::Path;

/// A file has all of it, or is as it was.
pub async fn run(options: &GlobalOptions, arguments: &Save) -> Result<u8, Failure> {
    let answer = options.client()?.save().await?;
    match super::restore::named(arguments.file.as_deref()) {
        Some(path) => {
            write(path, answer.text.as_bytes()).map_err(|error| unwritten(path, &error))?;
            let saved = saved::Saved::in_file(path, &answer);
            output::answer(options.json, &saved, || saved::saved(&saved))?;
        }
        None => output::answer(options.json, &answer, || saved::text(&answer))?,
    }
    Ok(exit::DONE)
}

/// What is there and no file, such as a link or /dev/null, stays.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => Err(io::Error::other("it is a symbolic link")),
        Ok(there) if !there.is_file() => Err(io::Error::other("it is not a regular file")),
        _ => aegis_daemon::replace_file(path, bytes),
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::failed(format!(
        "cannot write {path}: {error}; name another with -f FILE, or leave that out for standard output"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn only_a_file_is_replaced_and_only_its_owner_may_read_it() {
        let folder = std::env::temp_dir().join(format!("aegis-save-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("there is room");
        let (path, link) = (folder.join("bans"), folder.join("link"));
        write(&path, b"one").expect("there is room");
        write(&path, b"two").expect("there is room");
        assert_eq!(fs::read(&path).expect("it is there"), b"two");
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        symlink(&path, &link).expect("there is room");
        let refused = unwritten(&link, &write(&link, b"three").expect_err("it is a link"));
        assert!(refused.to_string().contains("symbolic link"), "{refused}");
        assert!(write(&folder, b"three").is_err(), "it is a folder");
        assert_eq!(fs::read(&path).expect("it is there"), b"two");
        fs::remove_dir_all(&folder).expect("it is the test's own");
    }
}
