// SPDX-License-Identifier: MIT
//! What confines the daemon, as the kernel says.

use super::{capabilities, landlock};
use aegis_api::{Confinement, CourierSight, SessionSight, Status};
use aegis_policy::config::{Choice, Confine};
use rustix::thread::CapabilitySet;
use std::collections::BTreeSet;
use std::fs;

/// A thread of this process, as `/proc` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Thread {
    /// Its name.
    name: String,
    /// Every capability in any of its sets but the bounding one.
    held: CapabilitySet,
    /// What it could get.
    bounding: CapabilitySet,
    no_new_privs: bool,
    /// System calls are filtered.
    seccomp: bool,
}

/// A status with what holds, and warnings of what should. Reads files: not for the owner's task.
pub(crate) fn with_report(
    mut status: Status,
    (sessions, courier): (SessionSight, CourierSight),
) -> Status {
    let found = Confinement {
        mode: std::mem::take(&mut status.confinement.mode),
        sessions,
        courier,
        ..read_back(&threads())
    };
    status.warnings.extend(missing(&found));
    status.confinement = found;
    status
}

/// What this process, the courier, is and may do.
pub(crate) fn sight(problem: Option<String>) -> CourierSight {
    let found = read_back(&threads());
    let all: BTreeSet<String> = found
        .capabilities
        .into_iter()
        .chain(found.bounding)
        .collect();
    CourierSight {
        process: Some(std::process::id()),
        user: Some(rustix::process::geteuid().as_raw()),
        capabilities: all.into_iter().collect(),
        no_new_privs: found.no_new_privs,
        seccomp: found.seccomp,
        landlock: found.landlock,
        problem,
    }
}

/// Of all threads, the weakest counts.
fn read_back(threads: &[Thread]) -> Confinement {
    let every = |holds: fn(&Thread) -> bool| !threads.is_empty() && threads.iter().all(holds);
    let any =
        |set: fn(&Thread) -> CapabilitySet| capabilities::names(threads.iter().map(set).collect());
    Confinement {
        capabilities: any(|thread| thread.held),
        bounding: any(|thread| thread.bounding),
        no_new_privs: every(|thread| thread.no_new_privs),
        seccomp: every(|thread| thread.seccomp),
        landlock: landlock::is_in_force(),
        ..Confinement::default()
    }
}

/// What should hold and does not, one line each. That an operator wants it so is no warning.
fn missing(found: &Confinement) -> Vec<String> {
    let sessions = found.sessions.problem.iter();
    let sessions = sessions.map(|problem| format!("login sessions may be overlooked: {problem}"));
    let courier = found.courier.problem.iter();
    let courier = courier.map(|problem| format!("fetching: {problem}"));
    let mut lines: Vec<String> = sessions.chain(courier).collect();
    if found.mode != Confine::Auto.label() {
        return lines;
    }
    let kept = capabilities::names(capabilities::DAEMON);
    let all = found.capabilities.iter().chain(&found.bounding);
    let excess: BTreeSet<&str> = all
        .map(String::as_str)
        .filter(|name| !kept.iter().any(|k| k == name))
        .collect();
    let excess: Vec<&str> = excess.into_iter().collect();
    let parts = [
        (
            !excess.is_empty(),
            format!("it keeps {}", excess.join(", ")),
        ),
        (!found.no_new_privs, "no_new_privs is not set".to_owned()),
        (!found.seccomp, "system calls are not filtered".to_owned()),
        (!found.landlock, "Landlock is not in force".to_owned()),
    ];
    let amiss: Vec<String> = parts
        .into_iter()
        .filter_map(|(amiss, line)| amiss.then_some(line))
        .collect();
    if !amiss.is_empty() {
        lines.push(format!(
            "the daemon is not confined as it should be: {}",
            amiss.join("; ")
        ));
    }
    lines
}

/// Names of threads that have more than a confined daemon has.
pub(super) fn privileged_threads() -> Vec<String> {
    let privileged = threads()
        .into_iter()
        .filter(|thread| !capabilities::DAEMON.contains(thread.held) || !thread.no_new_privs);
    privileged.map(|thread| thread.name).collect()
}

/// Every thread of this process.
fn threads() -> Vec<Thread> {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    // A thread that ends meanwhile is none.
    let statuses = tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("status")).ok());
    statuses.map(|status| thread(&status)).collect()
}

/// From `/proc/PID/status` (proc(5)). What an older kernel does not tell counts as not in force.
fn thread(status: &str) -> Thread {
    let field = |name: &str| {
        let rest = |line: &'_ str| {
            Some(
                line.strip_prefix(name)?
                    .strip_prefix(':')?
                    .trim()
                    .to_owned(),
            )
        };
        status.lines().find_map(rest)
    };
    let set = |name| {
        let bits = field(name).and_then(|text| u64::from_str_radix(&text, 16).ok());
        CapabilitySet::from_bits_retain(bits.unwrap_or(u64::MAX))
    };
    Thread {
        name: field("Name").unwrap_or_default(),
        held: ["CapInh", "CapPrm", "CapEff", "CapAmb"]
            .map(set)
            .into_iter()
            .collect(),
        bounding: set("CapBnd"),
        no_new_privs: field("NoNewPrivs").as_deref() == Some("1"),
        seccomp: field("Seccomp").as_deref() == Some("2"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\taegis-cli\nCapInh:\t0000000000000000\nCapPrm:\t000000c000001000\n\
        CapEff:\t000000c000001000\nCapBnd:\t000000c000001000\nCapAmb:\t0000000000000000\n\
        NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";

    #[test]
    fn a_confined_thread_is_read_as_the_kernel_shows_it() {
        let kept = CapabilitySet::BPF | CapabilitySet::PERFMON | CapabilitySet::NET_ADMIN;
        let expected = Thread {
            name: "aegis-cli".to_owned(),
            held: kept,
            bounding: kept,
            no_new_privs: true,
            seccomp: true,
        };
        assert_eq!(thread(STATUS), expected);
    }

    #[test]
    fn what_is_not_told_counts_as_not_in_force() {
        let unknown = thread("Name:\tx\nSeccomp:\t0\n");
        assert!(!unknown.no_new_privs && !unknown.seccomp);
        assert!(unknown.held.contains(CapabilitySet::SYS_ADMIN));
    }

    #[test]
    fn the_weakest_thread_counts_and_is_warned_of() {
        let confined = thread(STATUS);
        let loose = Thread {
            held: confined.held | CapabilitySet::SYS_ADMIN,
            seccomp: false,
            ..confined.clone()
        };
        let found = Confinement {
            mode: "auto".to_owned(),
            landlock: true,
            ..read_back(&[confined.clone(), loose])
        };
        let expected = "the daemon is not confined as it should be: it keeps CAP_SYS_ADMIN; \
                        system calls are not filtered";
        assert_eq!(missing(&found), [expected]);
        let wanted = Confinement {
            mode: "off".to_owned(),
            ..found.clone()
        };
        assert!(missing(&wanted).is_empty());
        let whole = Confinement {
            landlock: true,
            mode: "auto".to_owned(),
            ..read_back(&[confined])
        };
        assert!(missing(&whole).is_empty());
    }

    #[test]
    fn this_process_has_threads() {
        assert!(!threads().is_empty());
    }
}
