// SPDX-License-Identifier: MIT
//! Network headers.

use super::{Frame, checksum};
use crate::parse::ethernet::ethertype;
use std::net::{Ipv4Addr, Ipv6Addr};

const FRAGMENT_HEADER: u8 = 44;
/// Nothing follows (RFC 8200 section 4.7).
pub const NO_NEXT_HEADER: u8 = 59;

/// The network layer.
#[derive(Clone, Copy, Debug)]
pub enum Network {
    None {
        ethertype: u16,
    },
    V4 {
        source: Ipv4Addr,
        destination: Ipv4Addr,
    },
    V6 {
        source: Ipv6Addr,
        destination: Ipv6Addr,
    },
}

impl Network {
    pub fn ethertype(&self) -> u16 {
        match self {
            Self::None { ethertype } => *ethertype,
            Self::V4 { .. } => ethertype::IPV4,
            Self::V6 { .. } => ethertype::IPV6,
        }
    }

    /// What transport checksums cover besides the segment (RFC 9293 section 3.1, RFC 8200 section 8.1).
    pub fn pseudo_header(&self, protocol: u8, length: usize) -> Vec<u8> {
        let length = (length as u32).to_be_bytes();
        match self {
            Self::None { .. } => Vec::new(),
            Self::V4 {
                source,
                destination,
            } => [
                &source.octets()[..],
                &destination.octets(),
                &[0, protocol],
                &length[2..],
            ]
            .concat(),
            Self::V6 {
                source,
                destination,
            } => [
                &source.octets()[..],
                &destination.octets(),
                &length,
                &[0, 0, 0, protocol],
            ]
            .concat(),
        }
    }

    pub fn is_v6(&self) -> bool {
        matches!(self, Self::V6 { .. })
    }
}

/// An IPv6 extension header.
#[derive(Clone, Debug)]
pub enum Extension {
    Fragment { offset: u16, more: bool },
    Header { kind: u8, body: Vec<u8> },
}

impl Extension {
    fn kind(&self) -> u8 {
        match self {
            Self::Fragment { .. } => FRAGMENT_HEADER,
            Self::Header { kind, .. } => *kind,
        }
    }

    fn bytes(&self, next: u8, identification: u16) -> Vec<u8> {
        let mut bytes = vec![next];
        match self {
            Self::Fragment { offset, more } => {
                bytes.push(0);
                bytes.extend(((offset & !7) | u16::from(*more)).to_be_bytes());
                bytes.extend(u32::from(identification).to_be_bytes());
            }
            Self::Header { body, .. } => bytes.extend(body),
        }
        bytes
    }
}

/// The network header and what it carries.
pub fn emit(frame: &Frame, body: &[u8]) -> Vec<u8> {
    match frame.network {
        Network::None { .. } => body.to_vec(),
        Network::V4 {
            source,
            destination,
        } => [v4(frame, [source, destination], body.len()), body.to_vec()].concat(),
        Network::V6 {
            source,
            destination,
        } => v6(frame, [source, destination], body),
    }
}

fn v4(frame: &Frame, [source, destination]: [Ipv4Addr; 2], body: usize) -> Vec<u8> {
    let claims = &frame.claims;
    let words = (20 + frame.options.len()) / 4;
    let total = claims.ip_length.unwrap_or((words * 4 + body) as u16);
    let version = claims.ip_version.unwrap_or(4) << 4;
    let fragment = frame
        .fragment
        .map_or(0, |(offset, more)| (offset / 8) | (u16::from(more) << 13));
    let mut header = vec![
        version | claims.ip_header_words.unwrap_or(words as u8) & 0x0f,
        0,
    ];
    header.extend(total.to_be_bytes());
    header.extend(frame.identification.to_be_bytes());
    header.extend(fragment.to_be_bytes());
    header.extend([frame.hop_limit, frame.transport.protocol(false), 0, 0]);
    header.extend(source.octets());
    header.extend(destination.octets());
    header.extend(&frame.options);
    let sum = checksum::internet(&[&header]);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header
}

fn v6(frame: &Frame, [source, destination]: [Ipv6Addr; 2], body: &[u8]) -> Vec<u8> {
    let protocol = frame.transport.protocol(true);
    let mut next = protocol;
    let mut chain = body.to_vec();
    for extension in frame.extensions.iter().rev() {
        chain = [extension.bytes(next, frame.identification), chain].concat();
        next = extension.kind();
    }
    let length = frame.claims.ip_length.unwrap_or(chain.len() as u16);
    let mut bytes = vec![frame.claims.ip_version.unwrap_or(6) << 4, 0, 0, 0];
    bytes.extend(length.to_be_bytes());
    bytes.extend([next, frame.hop_limit]);
    bytes.extend(source.octets());
    bytes.extend(destination.octets());
    bytes.extend(chain);
    bytes
}
