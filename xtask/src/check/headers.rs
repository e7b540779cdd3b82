// SPDX-License-Identifier: MIT
//! Every source file says its licence near the top.

use std::{fs, path::Path};

use aegis_ebpf_build::Workspace;
use anyhow::{Result, bail};

use super::{Outcome, sources};
use crate::step;

/// The kernel programs are also under the GPL, which some of the kernel's helpers ask for.
const LICENCES: [&str; 3] = ["MIT", "MIT OR GPL-2.0-only", "MIT OR GPL-2.0-or-later"];

/// Formats that have comments and that people write.
const EXTENSIONS: [&str; 9] = [
    "rs", "toml", "sh", "bash", "py", "yml", "yaml", "nft", "service",
];

/// A script's first line is for the kernel, and a second may be for an editor.
const TOP: usize = 3;

pub fn check(workspace: &Workspace) -> Result<Outcome> {
    let mut without = 0_usize;
    for file in sources::files(workspace)? {
        let bytes = fs::read(workspace.root().join(&file))?;
        if is_source(&file, &bytes) && !says_its_licence(&bytes) {
            step::note(&format!(
                "{}: no SPDX-License-Identifier: MIT in its first lines",
                file.display()
            ));
            without += 1;
        }
    }
    if without > 0 {
        bail!("{without} files do not say their licence");
    }
    Ok(Outcome::Passed)
}

fn is_source(path: &Path, bytes: &[u8]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) || bytes.starts_with(b"#!/")
}

fn says_its_licence(bytes: &[u8]) -> bool {
    let mut top = bytes
        .split(|byte| *byte == b'\n')
        .take(TOP)
        .map(String::from_utf8_lossy);
    top.any(|line| {
        line.split_once("SPDX-License-Identifier: ")
            .is_some_and(|(_, licence)| LICENCES.contains(&licence.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In two parts, so that no line of this file looks like a header.
    fn header(licence: &str) -> Vec<u8> {
        format!("// SPDX-License-{}: {licence}\n", "Identifier").into_bytes()
    }

    #[test]
    fn the_projects_licences_are_accepted_and_no_others() {
        assert!(says_its_licence(&header("MIT")));
        assert!(says_its_licence(&header("MIT OR GPL-2.0-only")));
        assert!(!says_its_licence(&header("GPL-2.0-only")));
        assert!(!says_its_licence(&header("MIT AND Beerware")));
    }

    #[test]
    fn a_header_below_the_first_lines_does_not_count() {
        let late = [b"\n\n\n".to_vec(), header("MIT")].concat();
        assert!(!says_its_licence(&late));
        let script = [b"#!/usr/bin/env bash\n".to_vec(), header("MIT")].concat();
        assert!(says_its_licence(&script));
    }

    #[test]
    fn scripts_are_sources_without_an_extension() {
        assert!(is_source(Path::new(".ci/run"), b"#!/usr/bin/env bash\n"));
        assert!(is_source(Path::new("src/lib.rs"), b""));
        assert!(!is_source(Path::new("README.md"), b"# Aegis\n"));
        assert!(!is_source(Path::new("Cargo.lock"), b"# generated\n"));
    }
}
