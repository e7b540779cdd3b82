// SPDX-License-Identifier: MIT
//! The lists: a reason a line.

use libc::*;

/// Calls that name what other processors have under a newer name alone.
#[cfg(target_arch = "x86_64")]
macro_rules! with_old {
    ([$($old:ident),* $(,)?], $($call:ident),* $(,)?) => { &[$($old,)* $($call,)*] };
}
#[cfg(not(target_arch = "x86_64"))]
macro_rules! with_old {
    ([$($old:ident),* $(,)?], $($call:ident),* $(,)?) => { &[$($call,)*] };
}

/// What the daemon does besides opening sockets, which depends on their family.
#[rustfmt::skip]
pub(super) const DAEMON: &[c_long] = with_old!(
    [
        // The C library's older way of the calls below.
        SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_unlink, SYS_rename, SYS_mkdir,
        SYS_rmdir, SYS_chmod, SYS_poll, SYS_select, SYS_epoll_wait, SYS_pipe, SYS_dup2, SYS_getdents,
        SYS_arch_prctl, SYS_time,
    ],
    // Tables, programs, links; what is mapped of tables.
    SYS_bpf, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk,
    // Sockets: the API, netlink, the service manager, the journal.
    SYS_socketpair, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_connect, SYS_shutdown,
    SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_sendto, SYS_recvfrom,
    SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg, SYS_memfd_create,
    // Files: configuration, log, state, pins, the lock.
    SYS_openat, SYS_openat2, SYS_close, SYS_close_range, SYS_read, SYS_readv, SYS_pread64, SYS_write,
    SYS_writev, SYS_pwrite64, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs,
    SYS_fstatfs, SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_getcwd,
    SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_mkdirat, SYS_fchmod, SYS_fchmodat,
    SYS_fchown, SYS_fchownat, SYS_umask, SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fdatasync,
    SYS_flock, SYS_fcntl, SYS_ioctl, SYS_dup, SYS_dup3, SYS_pipe2, SYS_copy_file_range, SYS_sendfile,
    // Waiting.
    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_ppoll, SYS_pselect6,
    SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_futex, SYS_nanosleep,
    SYS_clock_nanosleep, SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_restart_syscall,
    // Threads.
    SYS_clone, SYS_clone3, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_set_tid_address,
    SYS_gettid, SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_setaffinity, SYS_getcpu,
    SYS_membarrier, SYS_prctl, SYS_exit, SYS_exit_group,
    // Signals, of others and of a panic.
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait, SYS_sigaltstack,
    SYS_tgkill,
    // Who and where this process is; what it may use.
    SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_capget,
    SYS_capset, SYS_uname, SYS_sysinfo, SYS_prlimit64, SYS_getrusage, SYS_getrandom,
    // A daemon that executes itself again (Landlock allows no other program), and its children;
    // Landlock also sees to it that nobody else is signalled, from Linux 6.12 on.
    SYS_execve, SYS_wait4, SYS_waitid, SYS_pidfd_open, SYS_pidfd_send_signal, SYS_kill,
    // The next program confines itself, if this one could not.
    SYS_seccomp, SYS_landlock_create_ruleset, SYS_landlock_add_rule, SYS_landlock_restrict_self,
);

/// What the witness does besides opening files to read.
#[rustfmt::skip]
pub(super) const WITNESS: &[c_long] = with_old!(
    [SYS_poll],
    // Being asked, looking, answering.
    SYS_read, SYS_write, SYS_recvfrom, SYS_sendto, SYS_close, SYS_lseek, SYS_pread64, SYS_fcntl,
    SYS_fstat, SYS_newfstatat, SYS_statx, SYS_getdents64, SYS_ppoll,
    // Memory.
    SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_getrandom,
    // The end.
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_futex,
    SYS_restart_syscall, SYS_gettid, SYS_getpid, SYS_capget, SYS_tgkill, SYS_exit, SYS_exit_group,
);

/// What the courier does besides opening sockets and files, which depends on how.
#[rustfmt::skip]
pub(super) const COURIER: &[c_long] = with_old!(
    [SYS_access, SYS_lstat, SYS_poll, SYS_readlink, SYS_stat, SYS_time],
    // Who is where: names are looked up by whatever the C library is configured for.
    SYS_connect, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_shutdown,
    SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_ppoll, SYS_uname,
    // Certificates, and the configuration of names; what it brings.
    SYS_read, SYS_readv, SYS_pread64, SYS_write, SYS_writev, SYS_close, SYS_lseek, SYS_fcntl,
    SYS_fstat, SYS_newfstatat, SYS_statx, SYS_fstatfs, SYS_getdents64, SYS_readlinkat, SYS_faccessat,
    SYS_faccessat2, SYS_memfd_create,
    // Memory.
    SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_getrandom,
    // Threads.
    SYS_clone, SYS_clone3, SYS_set_robust_list, SYS_rseq, SYS_gettid, SYS_futex, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_prlimit64, SYS_exit,
    // Time.
    SYS_clock_gettime, SYS_gettimeofday, SYS_clock_nanosleep, SYS_nanosleep, SYS_restart_syscall,
    // Who it is, and the end.
    SYS_getpid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_capget, SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_tgkill, SYS_exit_group,
);
