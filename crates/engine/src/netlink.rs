// SPDX-License-Identifier: MIT
//! Questions to the kernel over netlink whose answers are read message by message.
//!
//! Blocking: a list of a hundred thousand entries takes the kernel tens of milliseconds, so
//! callers run this beside their tokio tasks.

use netlink_packet_core::{
    DecodeError, Emitable, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR,
    NetlinkBuffer, NetlinkHeader, parse_i32,
};
use netlink_sys::{Socket, SocketAddr};
use std::io;

/// The kernel fills at most 32 KiB a datagram of a list (`netlink_dump`).
const ROOM: usize = 64 * 1024;
const HEADER: usize = 16;

/// One netlink socket, bound to the network namespace of the thread that opened it.
pub(crate) struct Channel {
    socket: Socket,
    answer: Vec<u8>,
    sequence: u32,
}

/// Whether the answer goes on.
enum Progress {
    More,
    Done,
}

impl Channel {
    /// Opens a socket that hears the kernel only.
    pub(crate) fn open(protocol: isize) -> io::Result<Self> {
        let mut socket = Socket::new(protocol)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self {
            socket,
            answer: Vec::with_capacity(ROOM),
            sequence: 0,
        })
    }

    /// Asks for a list, and hands the body of each of its messages to `each`.
    ///
    /// # Errors
    /// The kernel's refusal as an operating system error; an answer that is none as
    /// [`io::ErrorKind::InvalidData`].
    pub(crate) fn list(
        &mut self,
        kind: u16,
        question: &impl Emitable,
        mut each: impl FnMut(&[u8]) -> Result<(), DecodeError>,
    ) -> io::Result<()> {
        self.ask(kind, NLM_F_REQUEST | NLM_F_DUMP, question)?;
        self.hear(&mut each)
    }

    /// Asks one question, and hands the body of the answer to `each`.
    ///
    /// # Errors
    /// As [`Channel::list`].
    pub(crate) fn question(
        &mut self,
        kind: u16,
        question: &impl Emitable,
        mut each: impl FnMut(&[u8]) -> Result<(), DecodeError>,
    ) -> io::Result<()> {
        self.ask(kind, NLM_F_REQUEST | NLM_F_ACK, question)?;
        self.hear(&mut each)
    }

    /// Tells the kernel to do something and waits until it has.
    ///
    /// # Errors
    /// As [`Channel::list`].
    pub(crate) fn order(&mut self, kind: u16, order: &impl Emitable) -> io::Result<()> {
        self.ask(kind, NLM_F_REQUEST | NLM_F_ACK, order)?;
        self.hear(&mut |_| Ok(()))
    }

    fn ask(&mut self, kind: u16, flags: u16, question: &impl Emitable) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let length = HEADER + question.buffer_len();
        let mut header = NetlinkHeader::default();
        header.length = u32::try_from(length).map_err(io::Error::other)?;
        header.message_type = kind;
        header.flags = flags;
        header.sequence_number = self.sequence;
        let mut bytes = vec![0; length];
        header.emit(&mut bytes);
        question.emit(&mut bytes[HEADER..]);
        self.socket.send(&bytes, 0).map(drop)
    }

    fn hear(&mut self, each: &mut impl FnMut(&[u8]) -> Result<(), DecodeError>) -> io::Result<()> {
        loop {
            self.answer.clear();
            match self.socket.recv(&mut self.answer, 0) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                received => received?,
            };
            if let Progress::Done = datagram(&self.answer, self.sequence, each)? {
                return Ok(());
            }
        }
    }
}

/// Reads the messages of one datagram.
fn datagram(
    mut rest: &[u8],
    sequence: u32,
    each: &mut impl FnMut(&[u8]) -> Result<(), DecodeError>,
) -> io::Result<Progress> {
    while !rest.is_empty() {
        let message = NetlinkBuffer::new_checked(rest).map_err(unreadable)?;
        let end = (message.length() as usize).next_multiple_of(4);
        rest = rest.get(end..).unwrap_or_default();
        if message.sequence_number() != sequence {
            continue;
        }
        match message.message_type() {
            NLMSG_DONE | NLMSG_ERROR => {
                return outcome(message.payload()).map(|()| Progress::Done);
            }
            _ => each(message.payload()).map_err(unreadable)?,
        }
    }
    Ok(Progress::More)
}

/// The end of a list and an acknowledgement both begin with zero or a negative error number.
fn outcome(body: &[u8]) -> io::Result<()> {
    let code = match body.get(..4) {
        Some(code) => parse_i32(code).map_err(unreadable)?,
        None => 0,
    };
    if code < 0 {
        return Err(io::Error::from_raw_os_error(code.saturating_neg()));
    }
    Ok(())
}

fn unreadable(error: DecodeError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let mut header = NetlinkHeader::default();
        header.length = (HEADER + body.len()) as u32;
        header.message_type = kind;
        header.sequence_number = sequence;
        let mut bytes = vec![0; HEADER];
        header.emit(&mut bytes);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn bodies(bytes: &[u8]) -> (Vec<Vec<u8>>, io::Result<bool>) {
        let mut found = Vec::new();
        let end = datagram(bytes, 7, &mut |body| {
            found.push(body.to_vec());
            Ok(())
        });
        (found, end.map(|end| matches!(end, Progress::Done)))
    }

    #[test]
    fn a_datagram_is_read_to_the_end_of_the_list_and_strangers_are_passed_over() {
        let mut bytes = message(20, 7, b"first");
        bytes.extend(message(20, 6, b"somebody else's"));
        bytes.extend(message(20, 7, b"second"));
        assert!(!bodies(&bytes).1.unwrap());
        bytes.extend(message(NLMSG_DONE, 7, &0_i32.to_ne_bytes()));
        bytes.extend(message(20, 7, b"behind the end"));
        let (found, end) = bodies(&bytes);
        assert_eq!(found, [b"first".to_vec(), b"second".to_vec()]);
        assert!(end.unwrap());
    }

    #[test]
    fn a_refusal_is_an_error_of_the_operating_system() {
        for kind in [NLMSG_DONE, NLMSG_ERROR] {
            let (_, end) = bodies(&message(kind, 7, &(-95_i32).to_ne_bytes()));
            assert_eq!(end.unwrap_err().raw_os_error(), Some(95));
        }
    }

    #[test]
    fn a_cut_datagram_is_an_error_and_no_panic() {
        let whole = message(20, 7, b"four");
        for end in 1..whole.len() {
            assert!(bodies(&whole[..end]).1.is_err(), "cut at {end}");
        }
        let mut short = whole;
        short[..4].copy_from_slice(&3_u32.to_ne_bytes());
        assert!(bodies(&short).1.is_err());
    }
}
