// SPDX-License-Identifier: MIT
//! Makes sure of a compiler that can build `core` for the BPF target.

use std::process::Command;

use aegis_ebpf_build::Compiler;
use anyhow::{Context as _, Result, anyhow, bail};

use super::{apt, machine::Machine};
use crate::step;

/// Debian's name for the Rust that its browsers are built with: as new as theirs need it.
const DEBIAN_RUST: [&str; 3] = ["rustc-web", "rust-web-src", "cargo-web"];

/// The compiler that is there, or else the one that this machine can have.
pub fn ensure(machine: &Machine) -> Result<Compiler> {
    let lacks = match Compiler::find() {
        Ok(found) => return Ok(found),
        Err(lacks) => lacks,
    };
    step::head("eBPF compiler: none yet");
    lacks.iter().for_each(|lack| step::note(lack));
    if machine.packages_rust {
        apt::install(
            "Rust with its library source",
            &DEBIAN_RUST.map(str::to_owned),
        )?;
        return Compiler::distribution()
            .map_err(|lack| anyhow!("apt installed {}, yet {lack}", DEBIAN_RUST.join(" ")));
    }
    if !step::answers("rustup") {
        bail!(
            "{} packages no suitable Rust and rustup is not on PATH: install rustup, then run this \
             command again",
            machine.name
        );
    }
    nightly()
}

/// Adds the library source to rustup's nightly, or installs both. An existing nightly is not
/// updated: other projects may depend on it.
fn nightly() -> Result<Compiler> {
    let mut rustup = Command::new("rustup");
    if step::read(Command::new("rustup").args(["toolchain", "list"]))?.contains("nightly-") {
        rustup.args(["component", "add", "rust-src", "--toolchain", "nightly"]);
    } else {
        rustup.args(["toolchain", "install", "nightly", "--profile", "minimal"]);
        rustup.args(["--component", "rust-src"]);
    }
    let typed = step::shown(&rustup);
    step::timed(&typed, "up to 2 minutes, once", || step::run(&mut rustup)).with_context(|| {
        format!("the eBPF compiler is missing; run `{typed}` where there is a network")
    })?;
    Compiler::rustup_nightly()
        .map_err(|lack| anyhow!("`{typed}` went well, yet {lack}; try `rustup update nightly`"))
}
