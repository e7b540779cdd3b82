// SPDX-License-Identifier: MIT
//! The kernel's own words for refusing an XDP program.
//!
//! Attaching by bpf_link gives an error number only. The same request over rtnetlink is answered
//! with an extended acknowledgement, which says what the driver minds.

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use std::io;
use std::os::fd::RawFd;

const HEADER: usize = 16;
const RTM_SETLINK: u16 = 19;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLM_F_CAPPED: u16 = 0x100;
const NLM_F_ACK_TLVS: u16 = 0x200;
const NLA_F_NESTED: u16 = 1 << 15;
const IFLA_XDP: u16 = 43;
const IFLA_XDP_FD: u16 = 1;
const IFLA_XDP_FLAGS: u16 = 3;
const NLMSGERR_ATTR_MSG: u16 = 1;
/// `XDP_FLAGS_UPDATE_IF_NOEXIST`: never replace what is there.
const UPDATE_IF_NOEXIST: u32 = 1;
/// `XDP_FLAGS_DRV_MODE`.
const DRIVER: u32 = 1 << 2;

/// Asks the driver of interface `index` to take the program, and returns what it says against it.
///
/// Only for a program that was just refused: were it accepted this time, it is taken off again.
pub(crate) fn driver_refusal(index: u32, program: RawFd) -> io::Result<Option<String>> {
    let refusal = request(index, program)?;
    if refusal.is_none() {
        request(index, -1)?;
    }
    Ok(refusal.filter(|text| !text.is_empty()))
}

/// `None` where the request was granted; an empty text where it was refused without a word.
fn request(index: u32, program: RawFd) -> io::Result<Option<String>> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.set_ext_ack(true)?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&set_xdp(index, program), 0)?;
    let (answer, _) = socket.recv_from_full()?;
    Ok(refusal(&answer))
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = 4 + value.len();
    let mut bytes = Vec::with_capacity(length.next_multiple_of(4));
    bytes.extend((length as u16).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(length.next_multiple_of(4), 0);
    bytes
}

fn set_xdp(index: u32, program: RawFd) -> Vec<u8> {
    let flags = if program < 0 {
        DRIVER
    } else {
        DRIVER | UPDATE_IF_NOEXIST
    };
    let mut nested = attribute(IFLA_XDP_FD, &program.to_ne_bytes());
    nested.extend(attribute(IFLA_XDP_FLAGS, &flags.to_ne_bytes()));
    let xdp = attribute(IFLA_XDP | NLA_F_NESTED, &nested);
    // struct ifinfomsg: family, padding, type, index, flags, change mask.
    let mut link = [0; 16];
    link[4..8].copy_from_slice(&index.to_ne_bytes());
    let length = HEADER + link.len() + xdp.len();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend((length as u32).to_ne_bytes());
    bytes.extend(RTM_SETLINK.to_ne_bytes());
    bytes.extend((NLM_F_REQUEST | NLM_F_ACK).to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(link);
    bytes.extend(xdp);
    bytes
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// Reads `struct nlmsgerr` and the attributes behind the echoed request.
fn refusal(answer: &[u8]) -> Option<String> {
    let kind = u16::from_ne_bytes(word(answer, 4)?);
    let flags = u16::from_ne_bytes(word(answer, 6)?);
    let code = i32::from_ne_bytes(word(answer, HEADER)?);
    if kind != NLMSG_ERROR || code == 0 {
        return None;
    }
    let request = u32::from_ne_bytes(word(answer, HEADER + 4)?) as usize;
    let echoed = if flags & NLM_F_CAPPED != 0 {
        HEADER
    } else {
        request
    };
    let attributes = HEADER + 4 + echoed.next_multiple_of(4);
    let words = if flags & NLM_F_ACK_TLVS == 0 {
        None
    } else {
        message(answer.get(attributes..)?)
    };
    Some(words.unwrap_or_default())
}

/// The text among the attributes of an extended acknowledgement.
fn message(mut attributes: &[u8]) -> Option<String> {
    loop {
        let length = usize::from(u16::from_ne_bytes(word(attributes, 0)?));
        let kind = u16::from_ne_bytes(word(attributes, 2)?);
        if kind == NLMSGERR_ATTR_MSG {
            let text = String::from_utf8_lossy(attributes.get(4..length)?);
            return Some(text.trim_end_matches('\0').to_owned());
        }
        // An attribute is at least its own header.
        attributes = attributes.get(length.max(4).next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with error `code`, the echoed request cut to its header, and attributes.
    fn answer(code: i32, attributes: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&NLMSG_ERROR.to_ne_bytes());
        bytes[6..8].copy_from_slice(&(NLM_F_CAPPED | NLM_F_ACK_TLVS).to_ne_bytes());
        bytes.extend(code.to_ne_bytes());
        bytes.extend([0; HEADER]);
        bytes.extend(attributes);
        bytes
    }

    #[test]
    fn the_kernels_words_are_found_behind_other_attributes() {
        let mut attributes = attribute(2, &[0; 4]);
        attributes.extend(attribute(NLMSGERR_ATTR_MSG, b"MTU too large\0"));
        assert_eq!(
            refusal(&answer(-34, &attributes)),
            Some("MTU too large".to_owned())
        );
    }

    #[test]
    fn a_refusal_without_words_is_a_refusal_and_consent_is_none() {
        assert_eq!(refusal(&answer(-34, &[])), Some(String::new()));
        assert_eq!(refusal(&answer(0, &[])), None);
    }

    #[test]
    fn no_answer_however_cut_or_senseless_is_read_beyond_its_end() {
        let whole = answer(-34, &attribute(NLMSGERR_ATTR_MSG, b"words\0"));
        for end in 0..whole.len() {
            refusal(&whole[..end]);
        }
        for length in [0_u8, 1, 3, 5, 255] {
            refusal(&answer(-34, &[length, 0, 9, 0, 1, 2, 3, 4]));
        }
    }
}
