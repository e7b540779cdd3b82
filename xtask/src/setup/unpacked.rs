// SPDX-License-Identifier: MIT
//! CrowdSec, unpacked from Debian's package rather than installed: its installation announces the
//! machine to a service on the Internet and starts a daemon, and tests want neither.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aegis_ebpf_build::Workspace;
use anyhow::{Context as _, Result, bail};

use super::{apt, machine::Machine};
use crate::step;

const PACKAGE: &str = "crowdsec";
/// What its programs are linked with, beside the C library.
const LIBRARY: &str = "libsqlite3-0";
/// What is kept of it.
const PROGRAMS: [&str; 2] = ["crowdsec", "cscli"];

/// Makes sure of it, where there are Debian packages.
pub fn ensure(workspace: &Workspace, machine: &Machine) -> Result<()> {
    if is_there(workspace) {
        step::head("CrowdSec: here");
        return Ok(());
    }
    if !machine.has_apt {
        step::head("CrowdSec: missing");
        step::note(
            "install it with your package manager; tests that need it are skipped and say so",
        );
        return Ok(());
    }
    apt::install("what CrowdSec is linked with", &[LIBRARY.to_owned()])?;
    let text = "CrowdSec: unpack Debian's package, without installing it";
    step::timed(text, "about 10 s, once", || unpack(workspace))
}

/// Whether it was unpacked, or is installed.
pub fn is_there(workspace: &Workspace) -> bool {
    let is_in = |folder: &Path| PROGRAMS.iter().all(|name| folder.join(name).is_file());
    is_in(&programs(workspace)) || is_in(Path::new("/usr/bin"))
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.tools().join(PACKAGE)
}

fn programs(workspace: &Workspace) -> PathBuf {
    folder(workspace).join("usr/bin")
}

/// In a folder of its own, which takes its place whole or not at all.
fn unpack(workspace: &Workspace) -> Result<()> {
    let draft = workspace
        .tools()
        .join(format!("{PACKAGE}.{}", std::process::id()));
    let made = unpack_in(&draft).and_then(|()| {
        let place = folder(workspace);
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::rename(&draft, &place).with_context(|| format!("cannot write {}", place.display()))
    });
    if made.is_err() {
        fs::remove_dir_all(&draft).ok();
    }
    made
}

fn unpack_in(draft: &Path) -> Result<()> {
    let all = draft.join("all");
    fs::create_dir_all(&all).with_context(|| format!("cannot create {}", all.display()))?;
    step::run(apt::download(PACKAGE).current_dir(draft))?;
    let mut dpkg = Command::new("dpkg-deb");
    step::run(dpkg.arg("-x").arg(package_in(draft)?).arg(&all))?;
    let kept = draft.join("usr/bin");
    fs::create_dir_all(&kept)?;
    for name in PROGRAMS {
        fs::rename(all.join("usr/bin").join(name), kept.join(name))
            .with_context(|| format!("{PACKAGE} has no {name}"))?;
    }
    fs::remove_dir_all(&all)?;
    fs::remove_file(package_in(draft)?).context("cannot remove what was downloaded")
}

fn package_in(folder: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            return Ok(path);
        }
    }
    bail!("apt has downloaded no package of {PACKAGE}")
}
