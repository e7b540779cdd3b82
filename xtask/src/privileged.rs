// SPDX-License-Identifier: MIT
//! Programs of the project that need root: builds them as whoever asks, runs them as root.

use std::{
    io::{self, IsTerminal as _},
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::Path,
    process::Command,
};

use aegis_ebpf_build::Workspace;
use anyhow::{Context as _, Result, bail};

use crate::{
    build::{self, Profile},
    setup, step,
};

/// Tells the demonstration which `aegis-cli` to run.
const CLI: &str = "AEGIS_CLI";

/// Whether this process may install packages, make namespaces and load programs. A process owns
/// its own entry in `/proc` with its effective user.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Runs the demonstration.
pub fn demo(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    setup::everything(workspace)?;
    let selection = ["-p", "aegis-cli", "-p", "aegis-demo"];
    build::userspace(workspace, Profile::Release, &selection)?;
    step::head("demo (under a minute)");
    become_root(&workspace.target().join("release/aegis-demo"), arguments)
}

/// Runs the benchmark.
pub fn bench(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    setup::everything(workspace)?;
    let selection = ["-p", "aegis-cli", "-p", "aegis-bench"];
    build::userspace(workspace, Profile::Release, &selection)?;
    step::head("bench (a few minutes; a quiet machine gives steadier figures)");
    become_root(&workspace.target().join("release/aegis-bench"), arguments)
}

/// Becomes `program`, so that Ctrl-C reaches it alone and it can clean up while the shell waits.
fn become_root(program: &Path, arguments: &[String]) -> Result<()> {
    // The one built beside it: another profile's may be newer and from other sources.
    let cli = program.with_file_name("aegis-cli");
    let name = program.file_name().unwrap_or(program.as_os_str()).display();
    let mut command = if is_root() {
        let mut own = Command::new(program);
        own.env(CLI, cli);
        own
    } else if io::stdin().is_terminal() && step::answers("sudo") {
        step::note(&format!(
            "{name} needs root: sudo may ask for your password"
        ));
        let mut sudo = Command::new("sudo");
        sudo.arg(format!("{CLI}={}", cli.display())).arg(program);
        sudo
    } else {
        bail!(
            "{name} needs root; it is built: run `sudo {}`",
            program.display()
        );
    };
    Err(command.args(arguments).exec()).with_context(|| format!("cannot run {}", program.display()))
}
