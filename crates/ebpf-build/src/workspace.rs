// SPDX-License-Identifier: MIT
//! Where things are: the sources to build and the folders to build them in.

use std::{
    env,
    path::{Path, PathBuf},
};

/// A checkout of this project and the folder its builds go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

/// No parent folder holds the eBPF crate.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not inside a checkout of aegis: no parent folder has an ebpf/Cargo.toml")]
pub struct NoWorkspace(PathBuf);

impl Workspace {
    /// The workspace around `inside`, with its builds in `$CARGO_TARGET_DIR` if that is set and
    /// in `target/` otherwise. A relative `$CARGO_TARGET_DIR` counts from the workspace's root:
    /// cargo starts a build script in its package's folder, not where the user typed.
    ///
    /// # Errors
    /// [`NoWorkspace`] if neither `inside` nor a folder above it has an `ebpf/Cargo.toml`.
    pub fn around(inside: &Path) -> Result<Self, NoWorkspace> {
        Self::with_target(inside, env::var_os("CARGO_TARGET_DIR").map(PathBuf::from))
    }

    fn with_target(inside: &Path, target: Option<PathBuf>) -> Result<Self, NoWorkspace> {
        let root = inside
            .ancestors()
            .find(|folder| folder.join("ebpf/Cargo.toml").is_file())
            .ok_or_else(|| NoWorkspace(inside.to_path_buf()))?;
        let target = root.join(target.unwrap_or_else(|| PathBuf::from("target")));
        Ok(Self {
            root: root.to_path_buf(),
            target,
        })
    }

    /// The folder that holds the workspace's `Cargo.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that userspace builds go to.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The sources of the kernel programs.
    pub fn ebpf(&self) -> PathBuf {
        self.root.join("ebpf")
    }

    /// Where the kernel programs are built: apart from userspace, because two compilers in one
    /// folder would rebuild each other's work for ever.
    pub fn ebpf_target(&self) -> PathBuf {
        self.target.join("ebpf")
    }

    /// Where tools are installed that the project builds for itself, as `cargo install --root`
    /// lays them out.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn the_root_is_found_from_a_folder_deep_inside() {
        let found = Workspace::with_target(&here().join("src"), None).unwrap();
        assert!(found.root().join("crates/ebpf-build").is_dir());
        assert_eq!(found.target(), found.root().join("target"));
    }

    #[test]
    fn a_relative_target_folder_counts_from_the_root() {
        let found = Workspace::with_target(here(), Some("elsewhere".into())).unwrap();
        assert_eq!(found.target(), found.root().join("elsewhere"));
    }

    #[test]
    fn an_absolute_target_folder_is_taken_as_it_is() {
        let found = Workspace::with_target(here(), Some("/var/tmp/t".into())).unwrap();
        assert_eq!(found.tools(), Path::new("/var/tmp/t/tools"));
    }

    #[test]
    fn outside_of_a_checkout_there_is_no_workspace() {
        let error = Workspace::with_target(Path::new("/"), None).unwrap_err();
        assert!(error.to_string().starts_with("/ is not inside a checkout"));
    }
}
