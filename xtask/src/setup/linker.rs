// SPDX-License-Identifier: MIT
//! Makes sure of `bpf-linker`, built against the LLVM that the compiler has.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aegis_ebpf_build::{Compiler, LINKER_VERSION, Linker, Workspace, user_cache};
use anyhow::{Context as _, Result, anyhow, bail};

use super::{apt, machine::Machine};
use crate::step;

/// The LLVM releases that this release of the linker can be built against.
const SUPPORTED_LLVM: std::ops::RangeInclusive<u32> = 21..=23;

/// The linker that is there, or else a fresh one in the project's tools.
pub fn ensure(workspace: &Workspace, machine: &Machine, compiler: &Compiler) -> Result<Linker> {
    let llvm = compiler.llvm;
    if let Ok(found) = Linker::find(workspace, llvm) {
        return Ok(found);
    }
    if !SUPPORTED_LLVM.contains(&llvm) {
        bail!("{compiler} is not supported: bpf-linker {LINKER_VERSION} knows LLVM 21 to 23");
    }
    let prefix = llvm_prefix(machine, llvm)?;
    let text = format!("eBPF linker: build bpf-linker {LINKER_VERSION} for LLVM {llvm}");
    step::timed(&text, "35 to 90 s, once", || {
        install(workspace, llvm, &prefix)
    })?;
    if let Err(error) = keep(workspace, llvm) {
        step::note(&format!("it is not kept for other checkouts: {error:#}"));
    }
    Linker::find(workspace, llvm).map_err(|lack| anyhow!("bpf-linker was built, yet {lack}"))
}

fn install(workspace: &Workspace, llvm: u32, prefix: &Path) -> Result<()> {
    // Of its own, so that a build that was interrupted goes on where it stopped.
    let scratch = workspace.target().join("tools-build");
    let mut cargo = step::cargo();
    cargo.args([
        "install",
        "bpf-linker",
        "--version",
        LINKER_VERSION,
        "--locked",
        "--force",
    ]);
    cargo.args([
        "--no-default-features",
        "--features",
        &format!("llvm-{llvm}"),
    ]);
    cargo
        .arg("--root")
        .arg(workspace.tools())
        .arg("--target-dir")
        .arg(&scratch);
    cargo.env("LLVM_PREFIX", prefix);
    step::run(&mut cargo).context(
        "cannot build the eBPF linker (it is fetched over the network; see the message above)",
    )?;
    fs::remove_dir_all(&scratch).with_context(|| format!("cannot remove {}", scratch.display()))
}

/// Copies the linker to the user's cache, where the next checkout finds it.
fn keep(workspace: &Workspace, llvm: u32) -> Result<()> {
    let folder = user_cache(llvm)
        .context("there is no home folder")?
        .join("bin");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let draft = folder.join(format!("bpf-linker.{}", std::process::id()));
    let place = folder.join("bpf-linker");
    fs::copy(workspace.tools().join("bin/bpf-linker"), &draft)
        .and_then(|_| fs::rename(&draft, &place))
        .with_context(|| format!("cannot write {}", place.display()))?;
    step::note(&format!("kept for other checkouts: {}", place.display()));
    Ok(())
}

/// Where the LLVM of this major version is installed.
fn llvm_prefix(machine: &Machine, llvm: u32) -> Result<PathBuf> {
    let debian = PathBuf::from(format!("/usr/lib/llvm-{llvm}"));
    let config = debian.join("bin/llvm-config");
    if !config.is_file() && machine.packages_rust {
        apt::install("LLVM's development files", &[format!("llvm-{llvm}-dev")])?;
    }
    if config.is_file() {
        return Ok(debian);
    }
    let names = [format!("llvm-config-{llvm}"), "llvm-config".to_owned()];
    names.iter().find_map(|name| prefix_of(name, llvm)).with_context(|| {
        format!(
            "building the eBPF linker needs LLVM {llvm} with its development files (llvm-config \
             {llvm}), which was not found: install them with your package manager, or put a \
             released bpf-linker {LINKER_VERSION} on PATH (`cargo binstall bpf-linker@{LINKER_VERSION}`)"
        )
    })
}

fn prefix_of(config: &str, llvm: u32) -> Option<PathBuf> {
    let ask = |option| {
        let output = Command::new(config).arg(option).output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let version = ask("--version")?;
    let fits = version.split('.').next()?.trim().parse() == Ok(llvm);
    let prefix = ask("--prefix")?;
    fits.then(|| PathBuf::from(prefix.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_llvm_of_another_version_is_not_taken() {
        assert_eq!(prefix_of("/nowhere/llvm-config", 22), None);
        assert_eq!(prefix_of("/bin/echo", 22), None);
    }
}
