// SPDX-License-Identifier: MIT
//! The kernel, the host around it, and who asks: from `/proc` and `/sys`.

use super::Host;
use crate::{pins, probe};
use rustix::process::{Resource, getrlimit};
use std::fs;
use std::path::Path;

/// Reads what there is to know, with pins in a folder.
pub fn read(pin_dir: &Path) -> Host {
    Host {
        release: text("/proc/sys/kernel/osrelease").unwrap_or_default(),
        features: probe::features(),
        btf: Path::new("/sys/kernel/btf/vmlinux").exists(),
        jit: number("/proc/sys/net/core/bpf_jit_enable"),
        unprivileged_disabled: number("/proc/sys/kernel/unprivileged_bpf_disabled"),
        bpf_file_system: pins::is_bpffs(pin_dir),
        locked_memory: getrlimit(Resource::Memlock).current,
        clock_source: text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        syn_cookies: number("/proc/sys/net/ipv4/tcp_syncookies"),
        reverse_path: number("/proc/sys/net/ipv4/conf/all/rp_filter"),
        conntrack: Path::new("/proc/sys/net/netfilter/nf_conntrack_max").exists(),
        firewalls: firewalls(),
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        capabilities: capabilities(&text("/proc/self/status").unwrap_or_default()),
        container: container(),
        own_users: own_users(&text("/proc/self/uid_map").unwrap_or_default()),
    }
}

fn text(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

fn number(path: &str) -> Option<u32> {
    text(path)?.parse().ok()
}

/// `CapEff` of `/proc/self/status`.
fn capabilities(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .unwrap_or(0)
}

/// Modules of netfilter that rules live in, where they are loaded or built in.
fn firewalls() -> Vec<String> {
    let modules = text("/proc/modules").unwrap_or_default();
    let known = ["nf_tables", "ip_tables", "ip6_tables", "ebtables"];
    let is_there = |name: &&str| {
        let loaded = |line: &str| line.split(' ').next() == Some(name);
        modules.lines().any(loaded) || Path::new("/sys/module").join(name).exists()
    };
    known
        .into_iter()
        .filter(is_there)
        .map(str::to_owned)
        .collect()
}

/// As systemd, podman and docker tell those inside.
fn container() -> Option<String> {
    if let Some(manager) = text("/run/systemd/container").filter(|name| !name.is_empty()) {
        return Some(manager);
    }
    let marks = [("/run/.containerenv", "podman"), ("/.dockerenv", "docker")];
    let found = marks.into_iter().find(|(path, _)| Path::new(path).exists());
    found.map(|(_, name)| name.to_owned())
}

/// Whether every user id is itself.
fn own_users(map: &str) -> bool {
    let words: Vec<&str> = map.split_whitespace().collect();
    words.is_empty() || words == ["0", "0", "4294967295"]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_in_effect_are_those_and_no_others() {
        let status = "CapPrm:\tffff\nCapEff:\t000001c000003000\nCapBnd:\tffff";
        assert_eq!(capabilities(status), 0x1c0_0000_3000);
        assert_eq!(capabilities(""), 0);
    }

    #[test]
    fn a_map_of_users_is_ones_own_or_another() {
        assert!(own_users("         0          0 4294967295"));
        assert!(!own_users("0 100000 65536"));
    }
}
