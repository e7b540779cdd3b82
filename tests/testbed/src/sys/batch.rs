// SPDX-License-Identifier: MIT
//! Many frames with one system call: `sendmmsg` and `recvmmsg` on packet sockets.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd};

/// Sends frames of `length` bytes that lie one after the other, whole; returns how many the kernel took.
pub(crate) fn send_batch(socket: &OwnedFd, frames: &[u8], length: usize) -> io::Result<usize> {
    let mut parts: Vec<libc::iovec> = frames
        .chunks_exact(length)
        .map(|frame| libc::iovec {
            iov_base: frame.as_ptr().cast_mut().cast(),
            iov_len: length,
        })
        .collect();
    let mut messages = messages(&mut parts);
    // SAFETY: every message points to an iovec of `parts`, and that to a frame of `frames`; both outlive the call,
    // and the kernel only reads frames that are to be sent.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            messages.as_mut_ptr(),
            messages.len() as libc::c_uint,
            0,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Fills slots of `slot` bytes with the frames that are there, without waiting, and `lengths` with theirs.
///
/// A frame longer than a slot is cut. Returns how many there were; zero when none was.
pub(crate) fn receive_batch(
    socket: &OwnedFd,
    slots: &mut [u8],
    slot: usize,
    lengths: &mut Vec<usize>,
) -> io::Result<()> {
    lengths.clear();
    let mut parts: Vec<libc::iovec> = slots
        .chunks_exact_mut(slot)
        .map(|room| libc::iovec {
            iov_base: room.as_mut_ptr().cast(),
            iov_len: slot,
        })
        .collect();
    let mut messages = messages(&mut parts);
    // SAFETY: every message points to an iovec of `parts`, and that to a slot of its own in `slots`, which is
    // exclusively borrowed; a null timeout is allowed, as MSG_DONTWAIT never waits.
    let received = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            messages.as_mut_ptr(),
            messages.len() as libc::c_uint,
            libc::MSG_DONTWAIT,
            std::ptr::null_mut(),
        )
    };
    match usize::try_from(received) {
        Ok(received) => {
            let filled = messages.iter().take(received);
            lengths.extend(filled.map(|message| message.msg_len as usize));
            Ok(())
        }
        Err(_) => match io::Error::last_os_error() {
            nothing if nothing.kind() == io::ErrorKind::WouldBlock => Ok(()),
            error => Err(error),
        },
    }
}

/// One message for every part.
fn messages(parts: &mut [libc::iovec]) -> Vec<libc::mmsghdr> {
    let message = |part: &mut libc::iovec| {
        // SAFETY: mmsghdr is plain integers and pointers; all zeroes is a valid value.
        let mut message: libc::mmsghdr = unsafe { mem::zeroed() };
        message.msg_hdr.msg_iov = part;
        message.msg_hdr.msg_iovlen = 1;
        message
    };
    parts.iter_mut().map(message).collect()
}
