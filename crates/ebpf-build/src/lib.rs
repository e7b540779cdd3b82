// SPDX-License-Identifier: MIT
//! Builds the programs in `ebpf/`, for the build script of `aegis-engine` and for `cargo xtask`.
//!
//! The kernel programs need another compiler than the rest of the workspace: one that can compile
//! `core` for the BPF target, and a linker that speaks LLVM bitcode. [`Toolchain::find`] takes what
//! the machine has (a distribution's `rustc` with its library source, or a rustup nightly with
//! `rust-src`), [`Toolchain::build`] runs it with an environment of its own, and [`embed`] does
//! both for a build script.
//!
//! Nothing is ever installed from here. What is missing is named, together with the one command
//! that installs it: `cargo xtask setup`.

mod compiler;
mod embed;
mod environment;
mod linker;
mod object;
mod toolchain;
mod workspace;

pub use compiler::{Compiler, Kind, MINIMUM_RUST};
pub use embed::embed;
pub use linker::{LINKER_VERSION, Linker, user_cache};
pub use object::BuildError;
pub use toolchain::{Missing, Toolchain};
pub use workspace::{NoWorkspace, Workspace};
