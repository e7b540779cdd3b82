// SPDX-License-Identifier: MIT
//! Generic netlink (`include/uapi/linux/genetlink.h`): families by name, questions about one
//! interface, attributes of the answer.

use crate::netlink::Channel;
use netlink_packet_core::{DecodeError, Emitable, NLA_F_NESTED, NlaBuffer, NlasIterator};
use netlink_sys::protocols::NETLINK_GENERIC;
use std::collections::BTreeMap;
use std::io;

const CONTROLLER: u16 = 0x10;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;
/// Bytes of `struct genlmsghdr`.
const HEADER: usize = 4;

/// Values of attributes by kind; of a kind that comes several times, the last.
pub(super) type Attributes = BTreeMap<u16, Vec<u8>>;

/// A family, and the socket to ask it through.
pub(super) struct Family {
    channel: Channel,
    id: u16,
}

impl Family {
    /// Finds a family; an error of kind `NotFound` where the kernel has none of this name.
    pub(super) fn find(name: &str) -> io::Result<Self> {
        let mut channel = Channel::open(NETLINK_GENERIC)?;
        let name = [name.as_bytes(), &[0]].concat();
        let question = Question::new(GET_FAMILY).with(FAMILY_NAME, &name);
        let answer = answer(&mut channel, CONTROLLER, &question)?;
        let id = answer
            .get(&FAMILY_ID)
            .and_then(|id| id.as_slice().try_into().ok());
        let id = id.map(u16::from_ne_bytes).ok_or(io::ErrorKind::NotFound)?;
        Ok(Self { channel, id })
    }

    /// Asks one question.
    pub(super) fn ask(&mut self, question: &Question) -> io::Result<Attributes> {
        answer(&mut self.channel, self.id, question)
    }
}

fn answer(channel: &mut Channel, family: u16, question: &Question) -> io::Result<Attributes> {
    let mut found = Attributes::new();
    channel.question(family, question, |body| {
        found.extend(attributes(body.get(HEADER..).unwrap_or_default())?);
        Ok(())
    })?;
    Ok(found)
}

/// A command with attributes.
pub(super) struct Question(Vec<u8>);

impl Question {
    pub(super) fn new(command: u8) -> Self {
        Self(vec![command, 1, 0, 0])
    }

    pub(super) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        self.0.extend(attribute(kind, value));
        self
    }

    /// With attributes inside one.
    pub(super) fn around(self, kind: u16, inner: (u16, &[u8])) -> Self {
        self.with(kind | NLA_F_NESTED, &attribute(inner.0, inner.1))
    }
}

impl Emitable for Question {
    fn buffer_len(&self) -> usize {
        self.0.len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        buffer[..self.0.len()].copy_from_slice(&self.0);
    }
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = (HEADER + value.len()) as u16;
    let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The attributes in these bytes.
pub(super) fn attributes(bytes: &[u8]) -> Result<Attributes, DecodeError> {
    each(bytes).collect()
}

/// The attributes in these bytes, in their order.
pub(super) fn each(bytes: &[u8]) -> impl Iterator<Item = Result<(u16, Vec<u8>), DecodeError>> + '_ {
    let attributes = NlasIterator::new(bytes);
    attributes.map(|attribute| {
        attribute.map(|found: NlaBuffer<&[u8]>| (found.kind(), found.value().to_vec()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_cut_attribute_is_an_error() {
        let question = Question::new(7).with(2, b"abc").around(3, (1, &[9; 4]));
        let mut bytes = vec![0; question.buffer_len()];
        question.emit(&mut bytes);
        assert_eq!(bytes[..HEADER], [7, 1, 0, 0]);
        let read = attributes(&bytes[HEADER..]).unwrap();
        assert_eq!(read[&2], b"abc");
        assert_eq!(attributes(&read[&3]).unwrap()[&1], [9; 4]);
        assert!(attributes(&bytes[HEADER..HEADER + 6]).is_err());
    }
}
