// SPDX-License-Identifier: MIT
//! The programs that Rust's harness makes of tests, as cargo says that it has built them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A test binary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binary {
    /// The source that it begins with, seen from the workspace's root: `tests/tests/scans.rs`.
    pub source: String,
    program: PathBuf,
    /// Its package's folder, where its harness expects to be run.
    folder: PathBuf,
}

impl Binary {
    /// The command that runs its tests.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder);
        command
    }

    /// A name for files about it: that of the program, which is the only one of its kind.
    pub fn name(&self) -> String {
        let name = self.program.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// What `message` tells of, if that is a test binary.
    fn told(message: &Value, root: &Path) -> Option<Self> {
        if message["profile"]["test"] != true {
            return None;
        }
        let path = |value: &Value| value.as_str().map(PathBuf::from);
        let source = path(&message["target"]["src_path"])?;
        Some(Self {
            source: source
                .strip_prefix(root)
                .unwrap_or(&source)
                .display()
                .to_string(),
            program: path(&message["executable"])?,
            folder: path(&message["manifest_path"])?.parent()?.to_owned(),
        })
    }
}

/// The test binaries of which cargo tells with `--message-format=json`, by source.
///
/// # Errors
/// Where a line is not JSON.
pub fn read(messages: &str, root: &Path) -> Result<Vec<Binary>> {
    let mut binaries = Vec::new();
    for line in messages.lines() {
        let message = serde_json::from_str(line)
            .with_context(|| format!("cargo said what is not JSON: {line}"))?;
        binaries.extend(Binary::told(&message, root));
    }
    binaries.sort();
    Ok(binaries)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"{"reason":"compiler-artifact","manifest_path":"/w/tests/Cargo.toml","target":{"kind":["test"],"name":"scans","src_path":"/w/tests/tests/scans.rs"},"profile":{"test":true},"executable":"/w/target/debug/deps/scans-1"}
{"reason":"compiler-artifact","manifest_path":"/w/crates/abi/Cargo.toml","target":{"kind":["lib"],"name":"aegis_abi","src_path":"/w/crates/abi/src/lib.rs"},"profile":{"test":true},"executable":"/w/target/debug/deps/aegis_abi-2"}
{"reason":"compiler-artifact","manifest_path":"/w/crates/abi/Cargo.toml","target":{"kind":["lib"],"name":"aegis_abi","src_path":"/w/crates/abi/src/lib.rs"},"profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","manifest_path":"/w/crates/cli/Cargo.toml","target":{"kind":["bin"],"name":"aegis-cli","src_path":"/w/crates/cli/src/main.rs"},"profile":{"test":false},"executable":"/w/target/debug/aegis-cli"}
{"reason":"build-finished","success":true}
"#;

    #[test]
    fn test_binaries_are_told_from_all_else_that_is_built() {
        let binaries = read(MESSAGES, Path::new("/w")).unwrap();
        let sources: Vec<&str> = binaries.iter().map(|it| it.source.as_str()).collect();
        assert_eq!(sources, ["crates/abi/src/lib.rs", "tests/tests/scans.rs"]);
        assert_eq!(binaries[1].name(), "scans-1");
        let command = binaries[1].command();
        assert_eq!(command.get_program(), "/w/target/debug/deps/scans-1");
        assert_eq!(command.get_current_dir(), Some(Path::new("/w/tests")));
    }

    #[test]
    fn what_is_no_json_is_shown() {
        let error = read("warning: odd\n", Path::new("/w")).unwrap_err();
        assert!(error.to_string().contains("warning: odd"), "{error}");
    }
}
