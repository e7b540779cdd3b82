// SPDX-License-Identifier: MIT
//! What the figures were measured on.

use serde::Serialize;
use std::fs;
use std::thread::available_parallelism;

/// The machine.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// CPUs.
    pub cpus: usize,
    /// Whether it runs under a hypervisor.
    pub virtual_machine: bool,
    /// The kernel's release.
    pub kernel: String,
    /// Runnable threads a minute before; more than 0 means that somebody else was at work.
    pub load: String,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let cpuinfo = read("/proc/cpuinfo");
        let line = |name: &str| {
            let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        Self {
            processor: line("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cpus: available_parallelism().map_or(1, usize::from),
            virtual_machine: line("flags").is_some_and(|flags| flags.contains("hypervisor")),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: read("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// In one line.
    pub fn line(&self) -> String {
        let kind = if self.virtual_machine {
            " (virtual machine)"
        } else {
            ""
        };
        format!(
            "{}, {} CPUs{kind}, Linux {}",
            self.processor, self.cpus, self.kernel
        )
    }
}

/// What cannot be read is not shown.
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
