// SPDX-License-Identifier: MIT
//! Finds a Rust compiler that can build `core` for the BPF target.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest compiler that the kernel programs and their dependencies build with.
pub const MINIMUM_RUST: (u32, u32) = (1, 91);

/// Where a compiler comes from, which decides how its unstable options are unlocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The distribution's `/usr/bin/rustc` with its packaged library source.
    Distribution,
    /// A rustup nightly with the `rust-src` component.
    RustupNightly,
}

/// A compiler that has the library source beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// Where it comes from.
    pub kind: Kind,
    /// The compiler itself, never a rustup proxy: those would consult the outer build's settings.
    pub rustc: PathBuf,
    /// The cargo of the same release.
    pub cargo: PathBuf,
    /// As `rustc -vV` says it, such as `1.96.0`.
    pub release: String,
    /// Major version of the compiler's LLVM, which `bpf-linker` must match.
    pub llvm: u32,
}

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Distribution => "the distribution's",
            Kind::RustupNightly => "rustup's nightly",
        };
        write!(f, "{kind} Rust {} (LLVM {})", self.release, self.llvm)
    }
}

impl Compiler {
    /// The distribution's compiler if that is complete, else rustup's nightly.
    ///
    /// # Errors
    /// One line for each kind: what it lacks.
    pub fn find() -> Result<Self, Vec<String>> {
        let distribution = match Self::distribution() {
            Ok(found) => return Ok(found),
            Err(lack) => lack,
        };
        Self::rustup_nightly().map_err(|lack| vec![distribution, lack])
    }

    /// The compiler in `/usr/bin`.
    ///
    /// # Errors
    /// What it lacks.
    pub fn distribution() -> Result<Self, String> {
        let rustc = Path::new("/usr/bin/rustc");
        if !rustc.is_file() {
            return Err("no /usr/bin/rustc".into());
        }
        Self::inspect(Kind::Distribution, rustc.into(), "/usr/bin/cargo".into())
    }

    /// The compiler of rustup's toolchain `nightly`.
    ///
    /// # Errors
    /// What it lacks.
    pub fn rustup_nightly() -> Result<Self, String> {
        let rustc = rustup_which("rustc")?;
        let cargo = rustup_which("cargo")?;
        Self::inspect(Kind::RustupNightly, rustc, cargo)
    }

    fn inspect(kind: Kind, rustc: PathBuf, cargo: PathBuf) -> Result<Self, String> {
        let version = Version::parse(&output(Command::new(&rustc).arg("-vV"))?)
            .ok_or_else(|| format!("{} -vV says nothing of its version", rustc.display()))?;
        if version.number < MINIMUM_RUST {
            let (major, minor) = MINIMUM_RUST;
            let release = version.release;
            return Err(format!(
                "{} is {release}, older than {major}.{minor}",
                rustc.display()
            ));
        }
        if !cargo.is_file() {
            return Err(format!("no {}", cargo.display()));
        }
        let sysroot = output(Command::new(&rustc).args(["--print", "sysroot"]))?;
        let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core");
        if !source.join("Cargo.toml").is_file() {
            return Err(format!(
                "{} has no library source ({})",
                rustc.display(),
                source.display()
            ));
        }
        Ok(Self {
            kind,
            rustc,
            cargo,
            release: version.release,
            llvm: version.llvm,
        })
    }
}

fn rustup_which(tool: &str) -> Result<PathBuf, String> {
    let mut rustup = Command::new("rustup");
    // Looking must not install: that is what `cargo xtask setup` is for.
    rustup
        .args(["which", "--toolchain", "nightly", tool])
        .env("RUSTUP_AUTO_INSTALL", "0");
    let path = output(&mut rustup).map_err(|_| "no rustup toolchain named nightly".to_owned())?;
    Ok(PathBuf::from(path.trim()))
}

fn output(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_owned();
    let name = program.display();
    let output = command
        .output()
        .map_err(|error| format!("cannot run {name}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} failed ({})", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{name} printed no text"))
}

#[derive(Debug, PartialEq, Eq)]
struct Version {
    release: String,
    number: (u32, u32),
    llvm: u32,
}

impl Version {
    fn parse(verbose: &str) -> Option<Self> {
        let field = |name| {
            verbose
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        let release = field("release:")?;
        let mut parts = release.split(['.', '-']);
        let number = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let llvm = field("LLVM version:")?.split('.').next()?.parse().ok()?;
        Some(Self {
            release: release.to_owned(),
            number,
            llvm,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_and_llvm_are_read_from_the_verbose_version() {
        let text = "rustc 1.97.0-nightly (e50aa6fba 2026-05-19)\nbinary: rustc\n\
                    release: 1.97.0-nightly\nLLVM version: 22.1.4\n";
        let version = Version::parse(text).unwrap();
        assert_eq!(version.release, "1.97.0-nightly");
        assert_eq!((version.number, version.llvm), ((1, 97), 22));
    }

    #[test]
    fn a_compiler_without_llvm_is_not_understood() {
        assert_eq!(
            Version::parse("release: 1.96.0\nCranelift version: 0.1\n"),
            None
        );
    }

    #[test]
    fn minor_versions_are_compared_as_numbers() {
        let text = "release: 1.100.0\nLLVM version: 25.0.0\n";
        assert!(Version::parse(text).unwrap().number > MINIMUM_RUST);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = output(&mut Command::new("/nowhere/rustc")).unwrap_err();
        assert!(error.starts_with("cannot run /nowhere/rustc: "), "{error}");
    }
}
