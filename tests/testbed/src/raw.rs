// SPDX-License-Identifier: MIT
//! Raw frames: exactly these bytes onto the wire, exactly the bytes that came off it.
//!
//! What packet sockets do not show by themselves:
//! - The kernel takes the outer VLAN tag off a received frame before packet sockets see it and reports it beside
//!   the frame (`PACKET_AUXDATA`). [`RawSocket::receive`] puts it back, so frames arrive as they were sent.
//! - Frames sent by a kernel stack with checksum offload carry unfinished checksums, and segmentation offload makes
//!   them larger than the MTU: use links made `without_offloads()` where bytes are compared.
//! - A received frame is seen after XDP and before TC ingress; a sent one passes TC egress unless
//!   [`RawSocket::bypass_qdisc`] is on, which goes straight to the driver.

use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::error::{Doing, Result};
use crate::host::Host;
use crate::sys::{self, StrippedTag};

/// Longest frame received: a 64 KiB super-packet with Ethernet header and tags.
const MAX_FRAME: usize = 65_536 + 64;
/// Receive buffer: room for a burst of some ten thousand small frames.
const RECEIVE_BUFFER: libc::c_int = 16 << 20;
/// Where a stripped tag goes back in: after the two hardware addresses.
const TAG_AT: usize = 12;

/// A packet socket on one interface of one host.
#[derive(Debug)]
pub struct RawSocket {
    socket: OwnedFd,
    index: libc::c_int,
    name: String,
}

/// How long a queue that is full is left alone.
const FULL_QUEUE: Duration = Duration::from_micros(50);

impl RawSocket {
    /// Opens the socket. It sees what comes in from now on, not what the host itself sends.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when there is no such interface or root is missing.
    pub fn open(host: &Host, interface: &str) -> Result<Self> {
        let opened = host.enter(|| {
            let index = sys::interface_index(interface)?;
            // No protocol yet: nothing may be queued before the socket is bound to its interface.
            let socket = sys::socket(libc::AF_PACKET, libc::SOCK_RAW, 0)?;
            let on: libc::c_int = 1;
            sys::set_option(&socket, libc::SOL_PACKET, libc::PACKET_AUXDATA, &on)?;
            sys::set_option(&socket, libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, &on)?;
            let room = RECEIVE_BUFFER;
            sys::set_option(&socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &room)?;
            sys::bind_packet(&socket, index)?;
            Ok((socket, index))
        })?;
        let (socket, index) =
            opened.doing(|| format!("open a raw socket on {interface} of {}", host.label()))?;
        Ok(Self {
            socket,
            index,
            name: interface.to_owned(),
        })
    }

    /// Also receives frames for other stations while this socket lives.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the interface is gone.
    pub fn promiscuous(self) -> Result<Self> {
        let joined = sys::join_promiscuous(&self.socket, self.index);
        joined.doing(|| format!("listen to everything on {}", self.name))?;
        Ok(self)
    }

    /// Hands sent frames straight to the driver: faster, but they pass no qdisc and **no TC egress program**.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) on kernels before 3.14.
    pub fn bypass_qdisc(self, bypass: bool) -> Result<Self> {
        let value = libc::c_int::from(bypass);
        sys::set_option(
            &self.socket,
            libc::SOL_PACKET,
            libc::PACKET_QDISC_BYPASS,
            &value,
        )
        .doing(|| format!("bypass the queue of {}", self.name))?;
        Ok(self)
    }

    /// Sends one frame, Ethernet header included, tags in the frame where the test put them.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the interface is down, or the frame shorter than a header or longer than the MTU.
    pub fn send(&self, frame: &[u8]) -> Result<()> {
        sys::send(&self.socket, frame)
            .doing(|| format!("send {} bytes on {}", frame.len(), self.name))
    }

    /// Sends frames of `length` bytes that lie one after the other in `frames`, in as few system calls as it takes.
    ///
    /// # Errors
    /// As [`RawSocket::send`].
    pub fn send_batch(&self, frames: &[u8], length: usize) -> Result<()> {
        let sending = || format!("send frames of {length} bytes on {}", self.name);
        let mut left = frames;
        while left.len() >= length {
            match sys::send_batch(&self.socket, left, length) {
                Ok(sent) => left = &left[sent * length..],
                // The queue is full (`packet(7)`), and is emptied meanwhile.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    std::thread::sleep(FULL_QUEUE);
                }
                Err(error) => return Err(error).doing(sending),
            }
        }
        Ok(())
    }

    /// Calls `each` for every frame that waits, as far as `batch` has room; waits for the first until `timeout`.
    /// Returns how many there were.
    ///
    /// Long frames are cut, and the tag that the kernel took off one is not put back.
    ///
    /// # Errors
    /// As [`RawSocket::receive`].
    pub(crate) fn receive_batch(
        &self,
        batch: &mut Batch,
        timeout: Duration,
        mut each: impl FnMut(&[u8]),
    ) -> Result<usize> {
        let receiving = || format!("receive on {}", self.name);
        if !sys::wait_readable(self.socket.as_raw_fd(), timeout).doing(receiving)? {
            return Ok(0);
        }
        let Batch { slots, lengths } = batch;
        sys::receive_batch(&self.socket, slots, Batch::SLOT, lengths).doing(receiving)?;
        for (room, length) in slots.chunks_exact(Batch::SLOT).zip(&*lengths) {
            each(&room[..*length]);
        }
        Ok(lengths.len())
    }

    /// Next frame as it was on the wire; `None` when none comes within `timeout`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the interface is gone or down.
    pub fn receive(&self, timeout: Duration) -> Result<Option<Vec<u8>>> {
        let receiving = || format!("receive on {}", self.name);
        if !sys::wait_readable(self.socket.as_raw_fd(), timeout).doing(receiving)? {
            return Ok(None);
        }
        let mut frame = vec![0; MAX_FRAME];
        let (length, tag) = sys::receive_packet(&self.socket, &mut frame).doing(receiving)?;
        frame.truncate(length);
        if let Some(tag) = tag {
            put_back(&mut frame, tag);
        }
        Ok(Some(frame))
    }

    /// First frame that `wanted` accepts; others are dropped. `None` when none comes within `timeout`.
    ///
    /// # Errors
    /// As [`RawSocket::receive`].
    pub fn find(
        &self,
        timeout: Duration,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<Vec<u8>>> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.receive(left)? {
                Some(frame) if wanted(&frame) => return Ok(Some(frame)),
                None if left.is_zero() => return Ok(None),
                _ => {}
            }
        }
    }

    /// Every frame that `wanted` accepts within `time`.
    ///
    /// # Errors
    /// As [`RawSocket::receive`].
    pub fn collect(&self, time: Duration, wanted: impl Fn(&[u8]) -> bool) -> Result<Vec<Vec<u8>>> {
        let deadline = Instant::now() + time;
        let mut frames = Vec::new();
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            frames.extend(self.receive(left)?.filter(|frame| wanted(frame)));
        }
        Ok(frames)
    }
}

/// Room for frames that are received together, cut to their headers.
#[derive(Debug)]
pub(crate) struct Batch {
    slots: Vec<u8>,
    lengths: Vec<usize>,
}

impl Batch {
    /// Bytes kept of each frame: more than its headers.
    pub(crate) const SLOT: usize = 256;

    /// Room for so many frames.
    pub(crate) fn of(frames: usize) -> Self {
        Self {
            slots: vec![0; frames * Self::SLOT],
            lengths: Vec::with_capacity(frames),
        }
    }
}

fn put_back(frame: &mut Vec<u8>, tag: StrippedTag) {
    let ([a, b], [c, d]) = (tag.tpid.to_be_bytes(), tag.tci.to_be_bytes());
    let at = TAG_AT.min(frame.len());
    frame.splice(at..at, [a, b, c, d]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stripped_tag_goes_back_between_addresses_and_type() {
        let mut frame = vec![0xaa; 12];
        frame.extend([0x08, 0x00]);
        put_back(
            &mut frame,
            StrippedTag {
                tpid: 0x8100,
                tci: 0x2005,
            },
        );
        assert_eq!(frame[12..], [0x81, 0x00, 0x20, 0x05, 0x08, 0x00]);
    }
}
