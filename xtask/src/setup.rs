// SPDX-License-Identifier: MIT
//! `cargo xtask setup`: makes this machine able to build and test the project.
//!
//! It may run as often as anybody likes. Each step says what it looked for, and where something
//! is missing, what it does about it and how long that takes. Only what is missing is installed.

mod apt;
mod compiler;
mod linker;
mod machine;
mod unpacked;

use std::{collections::BTreeSet, process::ExitCode};

use aegis_ebpf_build::{Compiler, Kind, Linker, Workspace};
use anyhow::Result;

use crate::{privileged::is_root, step};
use machine::{Machine, Peer};

/// Makes sure of all that building and testing needs.
pub fn everything(workspace: &Workspace) -> Result<()> {
    let machine = Machine::detect();
    let compiler = toolchain_on(workspace, &machine)?;
    programs(&machine, compiler.kind)?;
    unpacked::ensure(workspace, &machine)
}

/// Makes sure of what building the kernel programs needs, and of nothing else.
pub fn toolchain(workspace: &Workspace) -> Result<()> {
    toolchain_on(workspace, &Machine::detect()).map(drop)
}

fn toolchain_on(workspace: &Workspace, machine: &Machine) -> Result<Compiler> {
    let compiler = compiler::ensure(machine)?;
    step::head(&format!("eBPF compiler: {compiler}"));
    let linker = linker::ensure(workspace, machine, &compiler)?;
    step::head(&format!("eBPF linker: {}", linker.path.display()));
    Ok(compiler)
}

/// Installs the programs that tests, checks and the demonstration run.
fn programs(machine: &Machine, compiler: Kind) -> Result<()> {
    let peers = machine::peers(compiler);
    let missing: Vec<&Peer> = peers.iter().filter(|peer| !peer.is_there()).collect();
    if missing.is_empty() {
        step::head(&format!("test programs: all {} are here", peers.len()));
        return Ok(());
    }
    if machine.has_apt {
        // A set, because a package may hold two of the programs.
        let packages: BTreeSet<String> = missing.iter().map(|peer| peer.package.into()).collect();
        return apt::install("test programs", &Vec::from_iter(packages));
    }
    step::head(&format!(
        "test programs: {} of {} missing",
        missing.len(),
        peers.len()
    ));
    for peer in missing {
        step::note(&format!(
            "{} ({}): install it with your package manager",
            peer.name, peer.purpose
        ));
    }
    step::note("building works without them; tests that need one are skipped and say so");
    Ok(())
}

/// Reports what is there and what is missing, and changes nothing.
pub fn report(workspace: &Workspace) -> ExitCode {
    let machine = Machine::detect();
    let root = if is_root() {
        "root"
    } else {
        "not root: tests that need it are skipped"
    };
    step::head(&format!("machine: {}, {root}", machine.name));
    let mut missing = 0_usize;
    for (name, state) in inventory(workspace) {
        missing += usize::from(state.is_err());
        match state {
            Ok(text) => step::note(&format!("present  {name}: {text}")),
            Err(text) => step::note(&format!("MISSING  {name}: {text}")),
        }
    }
    if missing == 0 {
        step::head("nothing is missing");
        return ExitCode::SUCCESS;
    }
    step::head(&format!("{missing} missing: run `cargo xtask setup`"));
    ExitCode::FAILURE
}

/// Each thing that is needed: what is there, or what it lacks.
fn inventory(workspace: &Workspace) -> Vec<(&'static str, Result<String, String>)> {
    let compiler = Compiler::find();
    let linker = match &compiler {
        Ok(compiler) => Linker::find(workspace, compiler.llvm),
        Err(_) => Err("the compiler decides which one".into()),
    };
    let kind = compiler
        .as_ref()
        .map_or(Kind::RustupNightly, |compiler| compiler.kind);
    let mut inventory = vec![
        (
            "eBPF compiler",
            compiler
                .map(|it| it.to_string())
                .map_err(|lacks| lacks.join("; ")),
        ),
        (
            "eBPF linker",
            linker.map(|linker| linker.path.display().to_string()),
        ),
    ];
    let purpose = "decisions of others, and alerts to them".to_owned();
    inventory.push(match unpacked::is_there(workspace) {
        true => ("crowdsec", Ok(purpose)),
        false => ("crowdsec", Err(purpose)),
    });
    inventory.extend(machine::peers(kind).iter().map(|peer| {
        let purpose = peer.purpose.to_owned();
        (
            peer.name,
            if peer.is_there() {
                Ok(purpose)
            } else {
                Err(purpose)
            },
        )
    }));
    inventory
}
