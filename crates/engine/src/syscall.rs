// SPDX-License-Identifier: MIT
//! bpf(2), for the commands that aya has no call for.

use aya_obj::generated::{bpf_attr, bpf_cmd};
use std::io;

/// Makes the call; what it answers is a descriptor or 0, by the command.
///
/// Every pointer in the attribute must be to memory of the caller's, as large as the command makes
/// it with the other members.
pub(crate) fn bpf(command: bpf_cmd, attribute: &mut bpf_attr) -> io::Result<i32> {
    // SAFETY: as the caller vouches.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command as libc::c_long,
            std::ptr::from_mut(attribute),
            size_of::<bpf_attr>(),
        )
    };
    i32::try_from(result)
        .ok()
        .filter(|result| *result >= 0)
        .ok_or_else(io::Error::last_os_error)
}
