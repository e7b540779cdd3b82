// SPDX-License-Identifier: MIT
//! The environment that the inner cargo runs in.
//!
//! A build script inherits the outer cargo's settings: its compiler, its flags, its profile. Any
//! of them would change the kernel programs without a word, so only what concerns the network,
//! the registry, the job server and the terminal passes.

use std::{env, ffi::OsString, process::Command};

/// Families of cargo's variables that the inner cargo needs as the user set them.
const KEPT_PREFIXES: [&str; 6] = [
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_SOURCE_",
    "CARGO_TERM_",
];

/// Single variables that pass for the same reason.
const KEPT: [&str; 2] = ["CARGO_HOME", "CARGO_MAKEFLAGS"];

/// Variables of other names that steer a compiler or name the outer build's target.
///
/// `LD_LIBRARY_PATH` is among them because cargo and rustup point it at the outer toolchain's
/// libraries, which the inner compiler and the linker must not load.
const DROPPED: [&str; 15] = [
    "CARGO",
    "DEBUG",
    "HOST",
    "LD_LIBRARY_PATH",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "TARGET",
];

fn passes(name: &str) -> bool {
    if DROPPED.contains(&name) || name.starts_with("RUSTC_") {
        return false;
    }
    !name.starts_with("CARGO_")
        || KEPT.contains(&name)
        || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Removes from `command` what it would inherit from an outer build.
pub(crate) fn clean(command: &mut Command) {
    let inherited = env::vars_os().map(|(name, _)| name);
    for name in foreign(inherited) {
        command.env_remove(name);
    }
    // Empty, not absent: an empty value also overrules a wrapper named in the user's cargo
    // configuration.
    command
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "");
}

fn foreign(names: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    names.filter(|name| name.to_str().is_some_and(|name| !passes(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(names: &[&str]) -> Vec<OsString> {
        foreign(names.iter().map(OsString::from)).collect()
    }

    #[test]
    fn the_outer_compiler_and_its_flags_are_dropped() {
        let names = [
            "CARGO",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_FEATURE_DEFAULT",
            "CARGO_PKG_NAME",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_DIR",
            "CARGO_UNSTABLE_BUILD_STD",
            "LD_LIBRARY_PATH",
            "RUSTC",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
        ];
        assert_eq!(dropped(&names), names.map(OsString::from));
    }

    #[test]
    fn network_registry_and_job_server_settings_pass() {
        let names = [
            "CARGO_HOME",
            "CARGO_HTTP_PROXY",
            "CARGO_MAKEFLAGS",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_MIRROR_INDEX",
            "CARGO_TERM_COLOR",
            "HOME",
            "PATH",
            "RUSTUP_HOME",
            "https_proxy",
        ];
        assert_eq!(dropped(&names), Vec::<OsString>::new());
    }
}
