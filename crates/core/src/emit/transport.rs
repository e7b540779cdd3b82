// SPDX-License-Identifier: MIT
//! Transport headers.

use super::{Frame, checksum};
use crate::packet::protocol;

/// The transport layer.
#[derive(Clone, Debug)]
pub enum Transport {
    Tcp {
        /// Source and destination.
        ports: [u16; 2],
        flags: u16,
        /// Sequence and acknowledgement.
        numbers: [u32; 2],
        options: Vec<u8>,
    },
    Udp {
        source: u16,
        destination: u16,
    },
    Sctp {
        source: u16,
        destination: u16,
    },
    Icmp {
        kind: u8,
        code: u8,
        rest: [u8; 4],
    },
    Opaque {
        protocol: u8,
    },
}

impl Transport {
    pub fn protocol(&self, v6: bool) -> u8 {
        match self {
            Self::Tcp { .. } => protocol::TCP,
            Self::Udp { .. } => protocol::UDP,
            Self::Sctp { .. } => protocol::SCTP,
            Self::Icmp { .. } if v6 => protocol::ICMPV6,
            Self::Icmp { .. } => protocol::ICMP,
            Self::Opaque { protocol } => *protocol,
        }
    }
}

/// The bits of flags named by their letters.
pub fn flags(letters: &str) -> u16 {
    let bit = |letter| "FSRPAUECN".find(letter).map_or(0, |at| 1 << at);
    letters.chars().fold(0, |flags, letter| flags | bit(letter))
}

/// The transport header, checksummed, and the payload.
pub fn emit(frame: &Frame) -> Vec<u8> {
    let payload = &frame.payload;
    match &frame.transport {
        Transport::Tcp {
            ports: [source, destination],
            flags,
            numbers,
            options,
        } => {
            let header = [
                &ports(*source, *destination)[..],
                &numbers.map(u32::to_be_bytes).concat(),
                &tcp_word(frame, *flags, options).to_be_bytes(),
                &[0xff, 0xff, 0, 0, 0, 0],
                options,
            ];
            finished(frame, [header.concat(), payload.clone()].concat(), 16)
        }
        Transport::Udp {
            source,
            destination,
        } => {
            let length = frame
                .claims
                .udp_length
                .unwrap_or((8 + payload.len()) as u16);
            let header = [
                &ports(*source, *destination)[..],
                &length.to_be_bytes(),
                &[0, 0],
            ];
            finished(frame, [header.concat(), payload.clone()].concat(), 6)
        }
        Transport::Sctp {
            source,
            destination,
        } => {
            let header = [&ports(*source, *destination)[..], &[0; 4], &[0; 4]].concat();
            let mut bytes = [header, payload.clone()].concat();
            let crc = checksum::crc32c(&bytes);
            bytes[8..12].copy_from_slice(&crc);
            bytes
        }
        Transport::Icmp { kind, code, rest } => {
            let header = [&[*kind, *code, 0, 0][..], rest].concat();
            finished(frame, [header, payload.clone()].concat(), 2)
        }
        Transport::Opaque { .. } => payload.clone(),
    }
}

/// Data offset, reserved bits and flags.
fn tcp_word(frame: &Frame, flags: u16, options: &[u8]) -> u16 {
    let honest = (20 + options.len() as u8) / 4;
    let words = frame.claims.tcp_header_words.unwrap_or(honest);
    u16::from(words & 0x0f) << 12 | flags & 0x0fff
}

fn ports(source: u16, destination: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (source.to_be_bytes(), destination.to_be_bytes());
    [a, b, c, d]
}

/// The segment with its checksum at offset `at`.
fn finished(frame: &Frame, mut segment: Vec<u8>, at: usize) -> Vec<u8> {
    let v6 = frame.network.is_v6();
    let protocol = frame.transport.protocol(v6);
    let covers_addresses = v6 || protocol != protocol::ICMP;
    let pseudo = match covers_addresses {
        true => frame.network.pseudo_header(protocol, segment.len()),
        false => Vec::new(),
    };
    let sum = match checksum::internet(&[&pseudo, &segment]) {
        // RFC 768: 0 would mean that there is none.
        0 if protocol == protocol::UDP => 0xffff,
        sum => sum,
    };
    segment[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    segment
}
