// SPDX-License-Identifier: MIT
//! The whole of a build script that embeds kernel programs.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{BuildError, Missing, NoWorkspace, Toolchain, Workspace};

/// Crates whose sources go into the kernel programs, besides `ebpf` itself.
const SHARED_CRATES: [&str; 2] = ["crates/abi", "crates/core"];

#[derive(Debug, thiserror::Error)]
enum EmbedError {
    #[error("${0} is not set: this runs only in a build script")]
    NotABuildScript(&'static str),
    #[error(transparent)]
    Workspace(#[from] NoWorkspace),
    #[error(transparent)]
    Toolchain(#[from] Missing),
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Builds the named binaries of the `ebpf` crate and copies each to `$OUT_DIR/<name>.o`.
///
/// Meant to be all that a build script's `main` does. Cargo runs it again when a source of the
/// programs, or a tool that built them, changes. An error is told in cargo's own form, without a
/// panic's noise around it.
pub fn embed(bins: &[&str]) -> ExitCode {
    match objects(bins) {
        Ok(watched) => {
            for path in watched {
                instruct("rerun-if-changed", &path.display().to_string());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            for line in error.to_string().lines() {
                instruct("error", line);
            }
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "a build script speaks to cargo through its stdout"
)]
fn instruct(name: &str, value: &str) {
    println!("cargo::{name}={value}");
}

fn objects(bins: &[&str]) -> Result<Vec<PathBuf>, EmbedError> {
    let workspace = Workspace::around(&folder("CARGO_MANIFEST_DIR")?)?;
    let out = folder("OUT_DIR")?;
    let toolchain = Toolchain::find(&workspace)?;
    for (bin, object) in bins.iter().zip(toolchain.build(&workspace, bins)?) {
        let copy = out.join(format!("{bin}.o"));
        fs::copy(&object, &copy).map_err(BuildError::file("write", &copy))?;
    }
    let mut watched = sources(workspace.root());
    watched.extend([toolchain.compiler.rustc, toolchain.linker.path]);
    Ok(watched)
}

fn folder(variable: &'static str) -> Result<PathBuf, EmbedError> {
    env::var_os(variable)
        .map(PathBuf::from)
        .ok_or(EmbedError::NotABuildScript(variable))
}

/// What the programs are made of. A path that does not exist is left out: cargo would take it for
/// changed at every build.
fn sources(root: &Path) -> Vec<PathBuf> {
    let crates = ["ebpf"].into_iter().chain(SHARED_CRATES);
    crates
        .flat_map(|folder| {
            ["src", "Cargo.toml", "Cargo.lock", "build.rs"].map(|file| (folder, file))
        })
        .map(|(folder, file)| root.join(folder).join(file))
        .filter(|path| path.exists())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_exist_are_watched() {
        let workspace = Workspace::around(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let watched = sources(workspace.root());
        assert!(watched.contains(&workspace.ebpf().join("Cargo.toml")));
        assert!(watched.iter().all(|path| path.exists()), "{watched:?}");
    }
}
