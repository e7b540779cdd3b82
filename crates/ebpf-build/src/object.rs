// SPDX-License-Identifier: MIT
//! Runs the build and puts the finished objects where others read them.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use crate::{Kind, Toolchain, Workspace, environment};

const TARGET: &str = "bpfel-unknown-none";

/// What every command to the inner cargo is given.
const OPTIONS: [&str; 4] = ["--release", "--target", TARGET, "-Zbuild-std=core"];

/// BTF is made from full debug information; cpu v3 has the 32-bit registers and jumps that every
/// promised kernel (5.10 and later) runs, v4 is refused by the older ones.
///
/// Where the linker expands copies in order, it leaves filling memory to a loop over bytes.
///
/// What is to be a function of its own says so (`inline(never)`); everything else becomes part of its
/// caller, however large: a call costs several nanoseconds where returns are mitigated.
const FLAGS: [&str; 5] = [
    "-Clink-arg=--llvm-args=-inline-threshold=5000",
    "-Clink-arg=--btf",
    "-Clink-arg=--disable-expand-memcpy-in-order",
    "-Ctarget-cpu=v3",
    "-Cdebuginfo=2",
];

/// What went wrong between finding the toolchain and having an object.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A tool could not be started.
    #[error("cannot run {tool}: {source}\nrun `cargo xtask setup`")]
    Start {
        /// The program that was to run.
        tool: PathBuf,
        /// Why the system refused.
        source: io::Error,
    },
    /// The compiler ran and refused; its own messages stand above.
    #[error("the eBPF programs do not build with {with} ({status})")]
    Compile {
        /// The compiler that was used.
        with: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// `objcopy` ran and failed.
    #[error("cannot strip {object} with {tool} ({status})")]
    Strip {
        /// The object to strip.
        object: PathBuf,
        /// The program that was used.
        tool: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// The linker left out the type information that the loader needs.
    #[error("{object} has no BTF: the linker ignored --btf; run `cargo xtask setup`")]
    NoBtf {
        /// The object without BTF.
        object: PathBuf,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why the system refused.
        source: io::Error,
    },
}

impl BuildError {
    pub(crate) fn file<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::File {
            action,
            path: path.to_path_buf(),
            source,
        }
    }
}

impl Toolchain {
    /// Builds the named binaries of the `ebpf` crate, and returns the path of each finished
    /// object, in the same order: `<target>/ebpf/objects/<name>.o`.
    ///
    /// The compiler's messages go to stderr. Several builds may run at once: they take turns, and
    /// an object is replaced in one step.
    ///
    /// # Errors
    /// [`BuildError`]; objects of an earlier build stay as they were.
    pub fn build(&self, workspace: &Workspace, bins: &[&str]) -> Result<Vec<PathBuf>, BuildError> {
        let folder = workspace.ebpf_target().join("objects");
        fs::create_dir_all(&folder).map_err(BuildError::file("create", &folder))?;
        // Held until return: cargo's own lock ends with cargo, before its output is copied.
        let _turn = lock(&workspace.ebpf_target().join("objects.lock"))?;
        self.compile(workspace, bins)?;
        let built = workspace.ebpf_target().join(TARGET).join("release");
        bins.iter()
            .map(|bin| self.finish(&built.join(bin), &folder.join(format!("{bin}.o"))))
            .collect()
    }

    /// The clippy of the same release, if it is installed.
    pub fn clippy(&self) -> Option<PathBuf> {
        let clippy = self.compiler.cargo.with_file_name("cargo-clippy");
        clippy.is_file().then_some(clippy)
    }

    /// Runs `clippy` over the `ebpf` crate as it is compiled for the kernel; a warning is an error.
    ///
    /// # Errors
    /// [`BuildError::Compile`] if it finds anything; its messages go to stderr.
    pub fn lint(&self, workspace: &Workspace, clippy: &Path) -> Result<(), BuildError> {
        let mut cargo = self.cargo(workspace, clippy);
        cargo
            .env("CARGO", &self.compiler.cargo)
            .arg("clippy")
            .args(OPTIONS);
        self.run(cargo.args(["--", "-Dwarnings"]))
    }

    fn compile(&self, workspace: &Workspace, bins: &[&str]) -> Result<(), BuildError> {
        let mut cargo = self.cargo(workspace, &self.compiler.cargo);
        cargo.arg("build").args(OPTIONS);
        self.run(cargo.args(bins.iter().flat_map(|bin| ["--bin", bin])))
    }

    fn run(&self, cargo: &mut Command) -> Result<(), BuildError> {
        // A build script's stdout is read by the outer cargo, so nothing may slip into it.
        let status = cargo.stdin(Stdio::null()).stdout(Stdio::null()).status();
        let tool = || PathBuf::from(cargo.get_program());
        let status = status.map_err(|source| BuildError::Start {
            tool: tool(),
            source,
        })?;
        if status.success() {
            return Ok(());
        }
        Err(BuildError::Compile {
            with: self.compiler.to_string(),
            status,
        })
    }

    /// The toolchain's cargo, or its clippy that stands in for it, in the `ebpf` folder, with
    /// nothing inherited from an outer build.
    fn cargo(&self, workspace: &Workspace, program: &Path) -> Command {
        let linker = format!("-Clinker={}", self.linker.path.display());
        let mut flags = FLAGS.to_vec();
        flags.push(&linker);
        let mut cargo = Command::new(program);
        environment::clean(&mut cargo);
        cargo
            .current_dir(workspace.ebpf())
            .env("RUSTC", &self.compiler.rustc)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            .env("CARGO_TARGET_DIR", workspace.ebpf_target());
        if self.compiler.kind == Kind::Distribution {
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
        cargo
    }

    fn finish(&self, built: &Path, object: &Path) -> Result<PathBuf, BuildError> {
        let draft = object.with_extension("o.new");
        match strip_tool(self.compiler.llvm) {
            Some(tool) => strip(&tool, built, &draft)?,
            None => {
                fs::copy(built, &draft).map_err(BuildError::file("copy", built))?;
            }
        }
        let bytes = fs::read(&draft).map_err(BuildError::file("read", &draft))?;
        if !has_btf(&bytes) {
            return Err(BuildError::NoBtf { object: draft });
        }
        fs::rename(&draft, object).map_err(BuildError::file("write", object))?;
        Ok(object.to_path_buf())
    }
}

fn lock(path: &Path) -> Result<File, BuildError> {
    let file = File::create(path).map_err(BuildError::file("create", path))?;
    file.lock().map_err(BuildError::file("lock", path))?;
    Ok(file)
}

/// The section's name stands in the object's string table, alone or as the tail of another such as
/// `.rel.BTF`. Debug information goes when the object is stripped, BTF must stay.
fn has_btf(object: &[u8]) -> bool {
    let name = b".BTF\0";
    object.windows(name.len()).any(|window| window == name)
}

/// Without an `objcopy` the object stays five times larger, which costs nothing but space.
fn strip_tool(llvm: u32) -> Option<PathBuf> {
    let known = [
        format!("/usr/bin/llvm-objcopy-{llvm}"),
        format!("/usr/lib/llvm-{llvm}/bin/llvm-objcopy"),
        "/usr/bin/llvm-objcopy".to_owned(),
    ];
    known
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.is_file())
}

fn strip(tool: &Path, built: &Path, draft: &Path) -> Result<(), BuildError> {
    let mut objcopy = Command::new(tool);
    objcopy
        .arg("--strip-debug")
        .arg(built)
        .arg(draft)
        .stdout(Stdio::null());
    let status = objcopy.status();
    let status = status.map_err(|source| BuildError::Start {
        tool: tool.to_path_buf(),
        source,
    })?;
    if status.success() {
        return Ok(());
    }
    Err(BuildError::Strip {
        object: built.into(),
        tool: tool.into(),
        status,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn btf_is_told_from_its_extension_section() {
        assert!(has_btf(b"\0.text\0.BTF\0.BTF.ext\0"));
        assert!(has_btf(b"\0.rel.BTF\0.rel.BTF.ext\0"));
        assert!(!has_btf(b"\0.text\0.BTF.ext\0"));
        assert!(!has_btf(b""));
    }

    #[test]
    fn a_second_builder_waits_for_the_first() {
        let path = std::env::temp_dir().join(format!("aegis-lock-{}", std::process::id()));
        let first = lock(&path).unwrap();
        let second = File::open(&path).unwrap();
        assert!(second.try_lock().is_err());
        drop(first);
        assert!(second.try_lock().is_ok());
        fs::remove_file(&path).unwrap();
    }
}
