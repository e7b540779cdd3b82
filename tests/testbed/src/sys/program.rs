// SPDX-License-Identifier: MIT
//! The smallest XDP program there is, attached: `bpf(2)`, Linux 5.9.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

const PROG_LOAD: libc::c_long = 5;
const LINK_CREATE: libc::c_long = 28;
const TYPE_XDP: u32 = 6;
const ATTACH_XDP: u32 = 37;
/// `XDP_FLAGS_DRV_MODE`.
const BY_THE_DRIVER: u32 = 1 << 2;
/// `r0 = XDP_PASS; exit`.
const PASS: [u64; 2] = [2 << 32 | 0xb7, 0x95];

/// `union bpf_attr` for `BPF_PROG_LOAD`, up to what is used here.
#[repr(C)]
struct Load {
    kind: u32,
    instructions: u32,
    code: u64,
    license: u64,
}

/// `union bpf_attr` for `BPF_LINK_CREATE`.
#[repr(C)]
struct Attach {
    program: u32,
    interface: u32,
    kind: u32,
    flags: u32,
}

/// Has the driver of an interface, one of the calling thread's namespace, run a program that lets everything pass
/// for as long as the descriptor is open.
pub(crate) fn attach_passing_xdp(interface: libc::c_int) -> io::Result<OwnedFd> {
    let program = bpf(
        PROG_LOAD,
        &Load {
            kind: TYPE_XDP,
            instructions: PASS.len() as u32,
            code: PASS.as_ptr() as u64,
            license: c"MIT".as_ptr() as u64,
        },
    )?;
    bpf(
        LINK_CREATE,
        &Attach {
            program: program.as_raw_fd() as u32,
            interface: interface as u32,
            kind: ATTACH_XDP,
            flags: BY_THE_DRIVER,
        },
    )
}

fn bpf<T>(command: libc::c_long, attributes: &T) -> io::Result<OwnedFd> {
    let at = std::ptr::from_ref(attributes);
    // SAFETY: pointer and size describe a live `#[repr(C)]` part of `union bpf_attr` without padding, which neither
    // command writes to; the code and the license that it points to are constants.
    let fd = unsafe { libc::syscall(libc::SYS_bpf, command, at, mem::size_of::<T>()) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as libc::c_int) })
}
