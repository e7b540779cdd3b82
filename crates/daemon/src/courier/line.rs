// SPDX-License-Identifier: MIT
//! Between the daemon and its courier: a socket of packets, each a line of JSON and perhaps a file. One
//! is received whole or not at all, so that who takes the line over, in the middle of something,
//! never begins in the middle of one.

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
    connect, recvmsg, sendmsg, socket_with, socketpair,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// Bytes of a packet: less than what any kernel lets wait by default (unix(7)), so that four wait.
const MOST: usize = 48 << 10;

/// One end.
#[derive(Debug)]
pub(super) struct Line(OwnedFd);

impl Line {
    /// That a socket of packets is one.
    pub(super) fn of(socket: OwnedFd) -> Self {
        Self(socket)
    }

    /// Both ends.
    pub(super) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        Ok((Self(ours), theirs))
    }

    /// To whoever listens there.
    pub(super) fn connect(path: &Path) -> io::Result<Self> {
        let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
        let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
        connect(&socket, &SocketAddrUnix::new(path)?)?;
        Ok(Self(socket))
    }

    /// The socket, to be left to somebody.
    pub(super) fn try_clone(&self) -> io::Result<OwnedFd> {
        self.0.try_clone()
    }

    /// Sends a packet; without waiting for whoever does not receive, where `flags` say so.
    pub(super) fn send(
        &self,
        message: &impl Serialize,
        file: Option<BorrowedFd<'_>>,
        flags: SendFlags,
    ) -> io::Result<()> {
        let text = serde_json::to_vec(message)?;
        if text.len() > MOST {
            let why = format!("{} bytes of a request, of {MOST} at most", text.len());
            return Err(io::Error::other(why));
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let files = file.map(|file| [file]);
        if let Some(files) = &files {
            control.push(SendAncillaryMessage::ScmRights(files));
        }
        let flags = flags | SendFlags::NOSIGNAL;
        sendmsg(&self.0, &[IoSlice::new(&text)], &mut control, flags)?;
        Ok(())
    }

    /// The next packet; `None` where nobody is at the other end any more.
    pub(super) fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<(T, Option<OwnedFd>)>> {
        let mut text = vec![0; MOST];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let mut parts = [IoSliceMut::new(&mut text)];
            let flags = RecvFlags::CMSG_CLOEXEC;
            match recvmsg(self.0.as_fd(), &mut parts, &mut control, flags) {
                Err(rustix::io::Errno::INTR) => {}
                received => break received?,
            }
        };
        let mut files = control.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(files) => Some(files),
            _ => None,
        });
        let file = files.next().and_then(|mut files| files.next());
        if received.bytes == 0 {
            return Ok(None);
        }
        if received.flags.contains(ReturnFlags::TRUNC) {
            return Err(io::Error::other("a packet is longer than it may be"));
        }
        let message = serde_json::from_slice(&text[..received.bytes])?;
        Ok(Some((message, file)))
    }
}
