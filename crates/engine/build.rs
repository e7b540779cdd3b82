// SPDX-License-Identifier: MIT
//! Builds the kernel programs and puts them where `include_bytes!` finds them.

use std::process::ExitCode;

fn main() -> ExitCode {
    aegis_ebpf_build::embed(&["aegis-ebpf", "aegis-bench"])
}
