// SPDX-License-Identifier: MIT
//! Builds the kernel programs and the binary that carries them.

use std::path::Path;

use aegis_ebpf_build::{Toolchain, Workspace};
use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::{setup, step};

/// The binaries of the `ebpf` crate: what is shipped, and what only measuring and testing load.
const EBPF_BINS: [&str; 2] = ["aegis-ebpf", "aegis-bench"];

/// How userspace is compiled. The kernel programs are always optimised: the verifier refuses
/// them otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Optimised, as it is shipped
    Release,
    /// Quick to compile
    Debug,
}

impl Profile {
    /// What cargo calls it.
    fn cargo_name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Debug => "dev",
        }
    }

    /// What cargo calls the folder that it builds into.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Debug => "debug",
        }
    }
}

/// Builds every binary of the `ebpf` crate.
pub fn ebpf(workspace: &Workspace) -> Result<()> {
    let toolchain = Toolchain::find(workspace)?;
    let text = format!("build the kernel programs with {}", toolchain.compiler);
    let objects = step::timed(&text, "a minute the first time, then seconds", || {
        Ok(toolchain.build(workspace, &EBPF_BINS)?)
    })?;
    objects.iter().try_for_each(|object| tell(object))
}

/// Builds the kernel programs and `aegis-cli`, after making sure of the toolchain.
pub fn all(workspace: &Workspace, profile: Profile) -> Result<()> {
    setup::toolchain(workspace)?;
    ebpf(workspace)?;
    userspace(workspace, profile, &["-p", "aegis-cli"])?;
    tell(&workspace.target().join(profile.folder()).join("aegis-cli"))
}

/// Runs `cargo build` for what `selection` selects.
pub fn userspace(workspace: &Workspace, profile: Profile, selection: &[&str]) -> Result<()> {
    let mut cargo = step::cargo();
    cargo
        .current_dir(workspace.root())
        .args(["build", "--profile", profile.cargo_name()]);
    cargo.args(selection);
    let text = format!("build userspace: {}", step::shown(&cargo));
    step::timed(&text, "2 to 5 minutes the first time, then seconds", || {
        step::run(&mut cargo)
    })
}

/// Builds everything, tests as well; returns what cargo tells of it, a JSON object a line.
pub fn all_targets(workspace: &Workspace) -> Result<String> {
    let mut cargo = step::cargo();
    cargo
        .current_dir(workspace.root())
        .args(["build", "--workspace", "--all-targets"]);
    let text = format!("build userspace and tests: {}", step::shown(&cargo));
    cargo.arg("--message-format=json-render-diagnostics");
    step::timed(&text, "4 minutes the first time, then seconds", || {
        step::read(&mut cargo)
    })
}

fn tell(file: &Path) -> Result<()> {
    let size = file
        .metadata()
        .with_context(|| format!("cannot find {}", file.display()))?
        .len();
    step::note(&format!("{} ({} KiB)", file.display(), size.div_ceil(1024)));
    Ok(())
}
