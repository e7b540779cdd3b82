// SPDX-License-Identifier: MIT
//! How often the kernel ran a program and how long that took (`bpf_prog_info`, Linux 5.1).
//!
//! It counts while `kernel.bpf_stats_enabled` is 1, which costs every program of the host two readings of a
//! clock a run; Aegis never switches it on. A tail call goes on in the run that makes it
//! (`__bpf_prog_run` in include/linux/filter.h counts around the first program), so that programs of
//! the second leg have no figures of their own and are part of those of the program they are called
//! from. Rehearsals count like packets.

use crate::syscall::bpf;
use aya::programs::ProgramFd;
use aya_obj::generated::{bpf_attr, bpf_cmd, bpf_prog_info};
use std::fs;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _};

const SWITCH: &str = "/proc/sys/kernel/bpf_stats_enabled";

/// Runs of a program since it was loaded, as far as they were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    /// How many.
    pub count: u64,
    /// How long they took, nanoseconds.
    pub nanoseconds: u64,
}

/// The runs of a program; `None` while the kernel does not count.
pub(crate) fn of(program: &ProgramFd) -> Option<Runs> {
    is_on(&fs::read_to_string(SWITCH).ok()?)
        .then(|| read(program).ok())
        .flatten()
}

fn is_on(switch: &str) -> bool {
    switch.trim() == "1"
}

fn read(program: &ProgramFd) -> io::Result<Runs> {
    // SAFETY: a plain structure of integers.
    let mut info: bpf_prog_info = unsafe { std::mem::zeroed() };
    // SAFETY: a union of integers.
    let mut attribute: bpf_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the member of this command.
    let request = unsafe { &mut attribute.info };
    request.bpf_fd = program.as_fd().as_raw_fd() as u32;
    request.info_len = size_of::<bpf_prog_info>() as u32;
    request.info = std::ptr::from_mut(&mut info) as u64;
    bpf(bpf_cmd::BPF_OBJ_GET_INFO_BY_FD, &mut attribute)?;
    Ok(Runs {
        count: info.run_cnt,
        nanoseconds: info.run_time_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_on() {
        assert!(is_on("1\n"));
        assert!(!is_on("0\n") && !is_on(""));
    }
}
