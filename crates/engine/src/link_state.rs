// SPDX-License-Identifier: MIT
//! What the kernel says of a pinned link (`BPF_OBJ_GET_INFO_BY_FD`, Linux 5.8), for which aya tells
//! the program and not the interface. No more is needed for it than to open the pin.

use crate::syscall::bpf;
use aya_obj::generated::{bpf_attr, bpf_cmd, bpf_link_info, bpf_link_type};
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkState {
    pub(crate) id: u32,
    pub(crate) program: u32,
    /// Index of the interface; 0 where it is gone, or the link was detached by force.
    pub(crate) index: u32,
}

/// Reads the state of the link that is pinned there.
pub(crate) fn read(path: &Path) -> io::Result<LinkState> {
    let link = open(path)?;
    // SAFETY: a plain structure of integers.
    let mut info: bpf_link_info = unsafe { std::mem::zeroed() };
    // SAFETY: a union of integers.
    let mut attribute: bpf_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the member of this command.
    let request = unsafe { &mut attribute.info };
    request.bpf_fd = link.as_raw_fd() as u32;
    request.info_len = size_of::<bpf_link_info>() as u32;
    request.info = std::ptr::from_mut(&mut info) as u64;
    bpf(bpf_cmd::BPF_OBJ_GET_INFO_BY_FD, &mut attribute)?;
    // SAFETY: both members begin with the interface's index, as integers.
    let index = unsafe {
        match info.type_ {
            kind if kind == bpf_link_type::BPF_LINK_TYPE_XDP as u32 => {
                info.__bindgen_anon_1.xdp.ifindex
            }
            kind if kind == bpf_link_type::BPF_LINK_TYPE_TCX as u32 => {
                info.__bindgen_anon_1.tcx.ifindex
            }
            _ => 0,
        }
    };
    Ok(LinkState {
        id: info.id,
        program: info.prog_id,
        index,
    })
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: a union of integers.
    let mut attribute: bpf_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the member of this command.
    let request = unsafe { &mut attribute.__bindgen_anon_4 };
    request.pathname = path.as_ptr() as u64;
    let opened = bpf(bpf_cmd::BPF_OBJ_GET, &mut attribute)?;
    // SAFETY: the kernel has just opened it for nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(opened) })
}
