// SPDX-License-Identifier: MIT
//! A compiler and a linker that fit together.

use crate::{Compiler, Linker, Workspace};

/// Everything that building the kernel programs takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// Compiles `core` and the programs.
    pub compiler: Compiler,
    /// Links them into one object with BTF.
    pub linker: Linker,
}

/// The machine cannot build the kernel programs yet.
#[derive(Debug, thiserror::Error)]
#[error("no eBPF toolchain: {}\nrun `cargo xtask setup`, which installs it", .lacks.join("; "))]
pub struct Missing {
    /// What was looked for and not found, one line each.
    pub lacks: Vec<String>,
}

impl Toolchain {
    /// Takes what the machine has; installs nothing.
    ///
    /// # Errors
    /// [`Missing`], which names every lack and the command that mends it.
    pub fn find(workspace: &Workspace) -> Result<Self, Missing> {
        let compiler = Compiler::find().map_err(|lacks| Missing { lacks })?;
        let linker =
            Linker::find(workspace, compiler.llvm).map_err(|lack| Missing { lacks: vec![lack] })?;
        Ok(Self { compiler, linker })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_toolchain_names_every_lack_and_the_one_command() {
        let missing = Missing {
            lacks: vec!["no /usr/bin/rustc".into(), "no nightly".into()],
        };
        assert_eq!(
            missing.to_string(),
            "no eBPF toolchain: no /usr/bin/rustc; no nightly\n\
             run `cargo xtask setup`, which installs it"
        );
    }
}
