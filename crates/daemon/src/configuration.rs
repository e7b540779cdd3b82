// SPDX-License-Identifier: MIT
//! The configuration file of a daemon: where it is, reading it again, and keeping the allowlist in
//! it. What holds is decided by `aegis_policy::config`.

mod good;
mod stamp;

pub use good::{Fallback, Started};

use crate::store::Beside;
use aegis_policy::config::{
    AllowEdit, EditError, Edited, Effective, File, Given, Layers, Mistakes, Origin, edit_allowlist,
};
use stamp::Watched;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// Overrides [`CONFIG`]; empty counts for nothing.
pub const CONFIG_VARIABLE: &str = "AEGIS_CONFIG";
/// The file that is read where none is named.
pub const CONFIG: &str = "/etc/aegis/config.toml";

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}; name another with --config FILE", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What was set is wrong.
    #[error("the configuration is wrong:\n{0}")]
    Wrong(#[from] Mistakes),
}

/// Why the allowlist is not in the file as it holds.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    #[error("cannot change {}: {source}; edit it by hand", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("{0} sets the allowlist, and the file cannot: change that by hand")]
    Elsewhere(Origin),
}

/// What a daemon is configured by.
#[derive(Clone, Debug)]
pub struct Configuration {
    options: Vec<Given>,
    environment: Vec<Given>,
    path: PathBuf,
    /// Then it is a failure that the file is not there: somebody named it, or it was there before.
    needed: bool,
    /// What the file said when it was last right.
    right: Option<Vec<u8>>,
    watched: Watched,
}

impl Configuration {
    /// Options of the command line, this process's environment, and the named file, else that of
    /// `AEGIS_CONFIG`, else [`CONFIG`] where it is there.
    ///
    /// # Errors
    /// Variables whose values are wrong.
    pub fn new(options: Vec<Given>, named: Option<PathBuf>) -> Result<Self, ConfigurationError> {
        let set = std::env::var_os(CONFIG_VARIABLE).filter(|value| !value.is_empty());
        let named = named.or_else(|| set.map(PathBuf::from));
        // It is read again, from wherever the process is then.
        let named = named.map(|path| std::path::absolute(&path).unwrap_or(path));
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("AEGIS_"))
            .collect();
        let pairs = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(Self {
            options,
            environment: Given::environment(pairs)?,
            needed: named.is_some(),
            path: named.unwrap_or_else(|| PathBuf::from(CONFIG)),
            right: None,
            watched: Watched::default(),
        })
    }

    /// The file alone, which has to be there: the named one, or [`CONFIG`].
    #[must_use]
    pub fn of_file(named: Option<PathBuf>) -> Self {
        Self {
            options: Vec::new(),
            environment: Vec::new(),
            path: named.unwrap_or_else(|| PathBuf::from(CONFIG)),
            needed: true,
            right: None,
            watched: Watched::default(),
        }
    }

    /// The file, whether or not it is there.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that has been read, if any.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.needed.then_some(self.path.as_path())
    }

    /// Reads the file, and decides what holds.
    ///
    /// # Errors
    /// A file that is needed and not there, or cannot be read, or is wrong; and options, variables
    /// and file that contradict each other.
    pub fn load(&mut self) -> Result<Effective, ConfigurationError> {
        // Before it is read: what is written meanwhile is seen as another file.
        self.watched.deal_with(&self.path);
        let bytes = match read(&self.path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.needed => None,
            Err(source) => {
                let path = self.path.clone();
                return Err(ConfigurationError::Unreadable { path, source });
            }
        };
        self.needed |= bytes.is_some();
        let effective = self.decide(&self.path, bytes.as_deref())?;
        self.right = bytes;
        Ok(effective)
    }

    /// Whether the file is another than the one that was read, for the second time that this is
    /// asked; once for each.
    pub(crate) fn is_another(&mut self) -> bool {
        self.watched.is_another(&self.path)
    }

    /// What holds by a file of that name, options and environment.
    fn decide(&self, path: &Path, file: Option<&[u8]>) -> Result<Effective, Mistakes> {
        let name = path.to_string_lossy();
        let file = file.map(|bytes| File::read(&name, bytes)).transpose()?;
        let layers = Layers {
            options: &self.options,
            environment: &self.environment,
            file: file.as_ref(),
        };
        Effective::merge(&layers)
    }

    /// The file, as it was when it was last read and right.
    pub(crate) fn right(&self) -> Option<&[u8]> {
        self.right.as_deref()
    }

    /// Makes the file's allowlist say so too, if there is a file.
    pub(crate) fn keep(&mut self, edit: AllowEdit) -> Result<Option<&Path>, KeepError> {
        if !self.needed {
            return Ok(None);
        }
        let failed = |source| KeepError::File {
            path: self.path.clone(),
            source,
        };
        let elsewhere = self.options.iter().chain(&self.environment);
        if let Some(given) = elsewhere
            .rev()
            .find(|given| given.name() == "allowlist.ips")
        {
            return Err(KeepError::Elsewhere(given.origin()));
        }
        let bytes = read(&self.path).map_err(failed)?;
        match edit_allowlist(&self.path.to_string_lossy(), &bytes, edit)? {
            Edited::Unchanged => {}
            Edited::Text(text) => {
                replace(&self.path, text.as_bytes()).map_err(failed)?;
                self.right = Some(text.into_bytes());
                self.watched.deal_with(&self.path);
            }
        }
        Ok(Some(&self.path))
    }
}

/// The bytes of a file, up to one more than a configuration may have.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Opening what is no file, such as a pipe, may take for ever.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let most = File::MOST_BYTES as u64 + 1;
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts a file in the place of another one, with the same owner and rights: readers see the one or
/// the other, whole, whenever the power goes.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays one.
    let path = fs::canonicalize(path)?;
    let like = fs::metadata(&path)?;
    let mut beside = Beside::create(&path)?;
    beside.append(bytes)?;
    fchown(beside.file(), Some(like.uid()), Some(like.gid()))?;
    let rights = fs::Permissions::from_mode(like.mode() & 0o7777);
    beside.file().set_permissions(rights)?;
    beside.sync()?;
    beside.put()?;
    fs::File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_policy::Target;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("aegis-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).expect("there is room for a folder");
            Self(path)
        }

        fn file(&self, text: &str) -> PathBuf {
            let path = self.0.join("config.toml");
            fs::write(&path, text).expect("there is room for a file");
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).expect("the folder is the test's own");
        }
    }

    fn of(path: PathBuf, needed: bool) -> Configuration {
        Configuration {
            options: Vec::new(),
            environment: Vec::new(),
            path,
            needed,
            right: None,
            watched: Watched::default(),
        }
    }

    fn add() -> AllowEdit {
        let target: Target = "192.0.2.1".parse().expect("it is an address");
        AllowEdit::Add(target)
    }

    #[test]
    fn a_file_is_needed_once_it_was_named_or_there() {
        let folder = Folder::new("needed");
        let path = folder.0.join("config.toml");
        let mut configuration = of(path.clone(), false);
        assert!(configuration.load().is_ok() && configuration.file().is_none());
        folder.file("[modules]\nverbose = true\n");
        assert!(configuration.load().is_ok() && configuration.file() == Some(&path));
        fs::remove_file(&path).expect("the test wrote it");
        let gone = configuration.load().expect_err("it was there").to_string();
        assert!(
            gone.starts_with("cannot read ") && gone.contains("config.toml"),
            "{gone}"
        );
        let mut folder = of(folder.0.clone(), true);
        assert!(folder.load().is_err(), "a folder is no file");
    }

    #[test]
    fn the_allowlist_is_kept_with_owner_and_rights_and_through_links() {
        let folder = Folder::new("kept");
        let path = folder.file("# mine\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is ours");
        let link = folder.0.join("link.toml");
        std::os::unix::fs::symlink(&path, &link).expect("there is room for a link");
        let mut kept = of(link.clone(), true);
        assert_eq!(
            kept.keep(add()).expect("it can be changed"),
            Some(link.as_path())
        );
        let text = fs::read_to_string(&path).expect("it is there");
        assert_eq!(text, "# mine\n\n[allowlist]\nips = [\"192.0.2.1\"]\n");
        let mode = fs::metadata(&path).expect("it is there").mode();
        assert_eq!(mode & 0o7777, 0o640);
        assert!(
            fs::symlink_metadata(&link)
                .expect("it is there")
                .is_symlink()
        );
        assert_eq!(fs::read_dir(&folder.0).expect("it is there").count(), 2);
    }

    #[test]
    fn without_a_file_nothing_is_kept_and_a_wrong_one_is_left_alone() {
        let folder = Folder::new("wrong");
        let path = folder.file("[modules]\nverbos = true\n");
        assert!(
            of(path.clone(), false)
                .keep(add())
                .is_ok_and(|kept| kept.is_none())
        );
        let error = of(path.clone(), true).keep(add()).expect_err("it is wrong");
        assert!(error.to_string().contains("config.toml:2:1: "), "{error}");
        let text = fs::read_to_string(&path).expect("it is there");
        assert_eq!(text, "[modules]\nverbos = true\n");
    }
}
