// SPDX-License-Identifier: MIT
//! System calls (seccomp(2)). Whatever is not listed is answered with EPERM: programs and libraries
//! find another way or tell what failed, and a firewall that is killed guards nobody.
//!
//! The lists come from traces of every verb, and from what libraries do on other kernels and
//! processors; the end-to-end tests all run under them.

mod calls;

use calls::{COURIER, DAEMON, WITNESS};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

/// Of the flags of openat(2), those of who writes.
const CHANGING: libc::c_int = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND;
/// Of the kind of a socket, what is not its flags (socket(2)).
const KIND: libc::c_int = 0xf;
/// Every bit.
const ALL: libc::c_int = -1;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Filters the daemon's system calls, in every thread.
///
/// # Errors
/// Where the processor is not known here, or the kernel refuses.
pub(super) fn daemon() -> Result<(), String> {
    let mut rules = plain(DAEMON);
    let families = [libc::AF_UNIX, libc::AF_NETLINK];
    rules.insert(libc::SYS_socket, any_of(0, &families)?);
    apply(rules)
}

/// Filters the system calls of the process that only looks: files are read, never written.
///
/// # Errors
/// As [`daemon`].
pub(super) fn witness() -> Result<(), String> {
    let mut rules = plain(WITNESS);
    rules.insert(libc::SYS_openat, vec![masked(2, CHANGING, 0)?]);
    apply(rules)
}

/// Filters the system calls of the process that talks to the Internet, in every thread: connections to
/// others, by TCP and UDP, none from them; files are read, never written, but for those in memory.
///
/// # Errors
/// As [`daemon`].
pub(super) fn courier() -> Result<(), String> {
    apply(courier_rules()?)
}

fn courier_rules() -> Result<Rules, String> {
    let mut rules = plain(COURIER);
    rules.insert(libc::SYS_openat, vec![masked(2, CHANGING, 0)?]);
    rules.insert(libc::SYS_prctl, any_of(0, &[libc::PR_SET_NAME])?);
    let reading = [libc::FIONREAD, libc::FIONBIO].map(|request| request as libc::c_int);
    rules.insert(libc::SYS_ioctl, any_of(1, &reading)?);
    let mut sockets = Vec::new();
    for family in [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6] {
        for kind in [libc::SOCK_STREAM, libc::SOCK_DGRAM] {
            let both = vec![condition(0, ALL, family)?, condition(1, KIND, kind)?];
            sockets.push(SeccompRule::new(both).map_err(|error| error.to_string())?);
        }
    }
    rules.insert(libc::SYS_socket, sockets);
    Ok(rules)
}

fn plain(calls: &[libc::c_long]) -> Rules {
    calls.iter().map(|&call| (call, Vec::new())).collect()
}

/// The argument is one of these.
fn any_of(argument: u8, values: &[libc::c_int]) -> Result<Vec<SeccompRule>, String> {
    values
        .iter()
        .map(|&value| masked(argument, ALL, value))
        .collect()
}

/// The argument, with only the bits of `mask`, is `value`.
fn masked(argument: u8, mask: libc::c_int, value: libc::c_int) -> Result<SeccompRule, String> {
    let condition = condition(argument, mask, value)?;
    SeccompRule::new(vec![condition]).map_err(|error| error.to_string())
}

fn condition(
    argument: u8,
    mask: libc::c_int,
    value: libc::c_int,
) -> Result<SeccompCondition, String> {
    let bits = |number: libc::c_int| u64::from(number.cast_unsigned());
    let (length, compare) = (SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(bits(mask)));
    let condition = SeccompCondition::new(argument, length, compare, bits(value));
    condition.map_err(|error| error.to_string())
}

fn apply(rules: Rules) -> Result<(), String> {
    let processor = TargetArch::try_from(std::env::consts::ARCH)
        .map_err(|_| format!("no filter for {}", std::env::consts::ARCH))?;
    let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, refused, SeccompAction::Allow, processor)
        .map_err(|error| error.to_string())?;
    let program = BpfProgram::try_from(filter).map_err(|error| error.to_string())?;
    seccompiler::apply_filter_all_threads(&program).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_system_call_is_listed_once() {
        for list in [COURIER, DAEMON, WITNESS] {
            let calls: BTreeSet<_> = list.iter().collect();
            assert_eq!(calls.len(), list.len());
        }
    }

    #[test]
    fn what_a_firewall_has_no_use_for_is_on_no_list() {
        let dangerous = [
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_mount,
            libc::SYS_unshare,
            libc::SYS_setns,
            libc::SYS_init_module,
            libc::SYS_kexec_load,
            libc::SYS_setuid,
            libc::SYS_io_uring_setup,
        ];
        for call in dangerous {
            for list in [COURIER, DAEMON, WITNESS] {
                assert!(!list.contains(&call), "{call}");
            }
        }
        assert!(!WITNESS.contains(&libc::SYS_socket) && !WITNESS.contains(&libc::SYS_execve));
        let others = [
            libc::SYS_bpf,
            libc::SYS_execve,
            libc::SYS_bind,
            libc::SYS_listen,
            libc::SYS_accept4,
            libc::SYS_unlinkat,
            libc::SYS_renameat2,
            libc::SYS_kill,
            libc::SYS_seccomp,
        ];
        for call in others {
            assert!(!COURIER.contains(&call), "{call}");
        }
    }

    #[test]
    fn filters_can_be_compiled_for_this_processor() {
        let courier = courier_rules().expect("consistent");
        let rules = [plain(DAEMON), plain(WITNESS), courier];
        for rules in rules {
            let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
            let processor = TargetArch::try_from(std::env::consts::ARCH).expect("a known one");
            let filter = SeccompFilter::new(rules, refused, SeccompAction::Allow, processor);
            let program = BpfProgram::try_from(filter.expect("consistent")).expect("short enough");
            assert!(!program.is_empty());
        }
    }
}
