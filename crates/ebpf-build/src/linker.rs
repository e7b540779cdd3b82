// SPDX-License-Identifier: MIT
//! Finds `bpf-linker`, which turns LLVM bitcode into the object that the kernel loads.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::Workspace;

/// The release that this project is built with. `cargo xtask setup` installs this one.
pub const LINKER_VERSION: &str = "0.13.0";

/// A `bpf-linker` that runs and has the right version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linker {
    /// The executable.
    pub path: PathBuf,
}

impl Linker {
    /// Looks in the project's tools, then in the user's cache, then on `PATH`.
    ///
    /// `llvm` is the compiler's LLVM major version: the cache holds one linker for each.
    ///
    /// # Errors
    /// A line that says where was looked, or which other version is there.
    pub fn find(workspace: &Workspace, llvm: u32) -> Result<Self, String> {
        let mut unfit = None;
        for path in candidates(workspace, llvm) {
            match version(&path) {
                Ok(found) if found == LINKER_VERSION => return Ok(Self { path }),
                Ok(found) => unfit = Some(format!("{} is version {found}", path.display())),
                Err(error) if path.is_file() => unfit = Some(error),
                Err(_) => {}
            }
        }
        let place = workspace.tools().join("bin");
        let why = unfit.unwrap_or_else(|| format!("neither in {} nor on PATH", place.display()));
        Err(format!("no bpf-linker {LINKER_VERSION}: {why}"))
    }
}

/// Where a linker for this `llvm` is kept across checkouts, as `cargo install --root` lays it out.
/// `None` where the user has no home.
pub fn user_cache(llvm: u32) -> Option<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join(format!("aegis/bpf-linker-{LINKER_VERSION}-llvm{llvm}")))
}

fn candidates(workspace: &Workspace, llvm: u32) -> Vec<PathBuf> {
    let roots = [Some(workspace.tools()), user_cache(llvm)];
    let ours = roots.into_iter().flatten().map(|root| root.join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    ours.chain(env::split_paths(&path))
        .map(|folder| folder.join("bpf-linker"))
        .collect()
}

/// What `path --version` says. A linker whose LLVM library is gone does not start.
fn version(path: &Path) -> Result<String, String> {
    let mut linker = Command::new(path);
    linker
        .arg("--version")
        .env_remove("LD_LIBRARY_PATH")
        .stdin(Stdio::null());
    let output = linker
        .output()
        .ok()
        .filter(|output| output.status.success());
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok());
    text.as_deref()
        .and_then(parse_version)
        .map(str::to_owned)
        .ok_or_else(|| format!("{} does not run", path.display()))
}

fn parse_version(text: &str) -> Option<&str> {
    text.strip_prefix("bpf-linker ")?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_second_word() {
        assert_eq!(parse_version("bpf-linker 0.13.0\n"), Some("0.13.0"));
        assert_eq!(parse_version("bpf-linker 0.9.14 (abc)\n"), Some("0.9.14"));
        assert_eq!(parse_version("another 1.0\n"), None);
    }

    #[test]
    fn the_projects_own_linker_is_preferred() {
        let workspace = Workspace::around(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let first = candidates(&workspace, 22).remove(0);
        assert_eq!(first, workspace.tools().join("bin/bpf-linker"));
    }

    #[test]
    fn a_program_that_is_no_linker_has_no_version() {
        assert_eq!(
            version(Path::new("/bin/true")),
            Err("/bin/true does not run".into())
        );
        assert!(version(Path::new("/nowhere/bpf-linker")).is_err());
    }
}
