// SPDX-License-Identifier: MIT
//! Frames from named layers, outermost first, for tests, demonstrations and fuzzing seeds:
//!
//! ```
//! use aegis_core::emit::Frame;
//! let syn = Frame::ethernet([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
//!     .vlan(5)
//!     .ipv4([192, 0, 2, 1], [192, 0, 2, 2])
//!     .tcp(40_000, 80, "S")
//!     .bytes();
//! assert_eq!(syn.len(), 14 + 4 + 20 + 20);
//! ```
//!
//! Lengths and checksums are right, so that a kernel accepts the frames; the methods named
//! `claiming_` make a header say something else.

mod checksum;
mod icmp;
mod ip;
mod tcp;
mod transport;

use crate::parse::ethernet::ethertype;
use ip::{Extension, Network};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use transport::Transport;

/// What headers say instead of the truth.
#[derive(Clone, Copy, Debug, Default)]
struct Claims {
    ip_version: Option<u8>,
    ip_header_words: Option<u8>,
    ip_length: Option<u16>,
    tcp_header_words: Option<u8>,
    udp_length: Option<u16>,
}

/// A frame to be: layers in any order, put together by [`Frame::bytes`].
#[derive(Clone, Debug)]
pub struct Frame {
    link: Vec<u8>,
    tags: Vec<(u16, u16)>,
    network: Network,
    hop_limit: u8,
    identification: u16,
    options: Vec<u8>,
    extensions: Vec<Extension>,
    fragment: Option<(u16, bool)>,
    transport: Transport,
    payload: Vec<u8>,
    claims: Claims,
}

/// Link.
impl Frame {
    /// Begins with an Ethernet header.
    #[must_use]
    pub fn ethernet(source: [u8; 6], destination: [u8; 6]) -> Self {
        Self {
            link: [destination, source].concat(),
            ..Self::raw_ip()
        }
    }

    /// Begins with the IP header, as on WireGuard and tun interfaces.
    #[must_use]
    pub fn raw_ip() -> Self {
        Self {
            link: Vec::new(),
            tags: Vec::new(),
            network: Network::None { ethertype: 0 },
            hop_limit: 64,
            identification: 1,
            options: Vec::new(),
            extensions: Vec::new(),
            fragment: None,
            transport: Transport::Opaque {
                protocol: ip::NO_NEXT_HEADER,
            },
            payload: Vec::new(),
            claims: Claims::default(),
        }
    }

    /// Adds an 802.1Q tag inside those already there.
    #[must_use]
    pub fn vlan(self, id: u16) -> Self {
        self.tag(ethertype::VLAN, id)
    }

    /// Adds an 802.1ad service tag: the outer one of QinQ.
    #[must_use]
    pub fn service_vlan(self, id: u16) -> Self {
        self.tag(ethertype::SERVICE_VLAN, id)
    }

    /// Adds a tag of any type with its control bits.
    #[must_use]
    pub fn tag(mut self, kind: u16, control: u16) -> Self {
        self.tags.push((kind, control));
        self
    }

    /// Carries the payload under this EtherType, without a network header.
    #[must_use]
    pub fn ethertype(self, ethertype: u16) -> Self {
        Self {
            network: Network::None { ethertype },
            ..self
        }
    }

    /// Asks who has `wanted` (ARP).
    #[must_use]
    pub fn arp(self, asker: Ipv4Addr, wanted: Ipv4Addr) -> Self {
        let asker_link: Vec<u8> = self.link.get(6..).unwrap_or(&[0; 6]).to_vec();
        let request = [0, 1, 8, 0, 6, 4, 0, 1];
        let body = [
            &request[..],
            &asker_link,
            &asker.octets(),
            &[0; 6],
            &wanted.octets(),
        ]
        .concat();
        self.ethertype(ethertype::ARP).payload(&body)
    }
}

/// Network.
impl Frame {
    /// An IPv4 header.
    #[must_use]
    pub fn ipv4(self, source: impl Into<Ipv4Addr>, destination: impl Into<Ipv4Addr>) -> Self {
        let network = Network::V4 {
            source: source.into(),
            destination: destination.into(),
        };
        Self { network, ..self }
    }

    /// An IPv6 header.
    #[must_use]
    pub fn ipv6(self, source: impl Into<Ipv6Addr>, destination: impl Into<Ipv6Addr>) -> Self {
        let network = Network::V6 {
            source: source.into(),
            destination: destination.into(),
        };
        Self { network, ..self }
    }

    /// A header of the family of both addresses.
    ///
    /// # Panics
    /// When the families differ.
    #[must_use]
    pub fn ip(self, source: IpAddr, destination: IpAddr) -> Self {
        match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => self.ipv4(source, destination),
            (IpAddr::V6(source), IpAddr::V6(destination)) => self.ipv6(source, destination),
            _ => panic!("no packet goes from {source} to {destination}: their families differ"),
        }
    }

    /// TTL or hop limit; 64 unless said otherwise.
    #[must_use]
    pub fn hop_limit(self, hop_limit: u8) -> Self {
        Self { hop_limit, ..self }
    }

    /// Which datagram fragments belong to; 1 unless said otherwise.
    #[must_use]
    pub fn identification(self, identification: u16) -> Self {
        Self {
            identification,
            ..self
        }
    }

    /// IPv4 options, padded to whole words with end-of-list.
    #[must_use]
    pub fn options(self, options: &[u8]) -> Self {
        let mut options = options.to_vec();
        options.resize(options.len().next_multiple_of(4), 0);
        Self { options, ..self }
    }

    /// Makes the payload one fragment of a datagram: at `offset` bytes (a multiple of 8), with more
    /// to come or not. In IPv6 a fragment header goes where this is called.
    #[must_use]
    pub fn fragment(mut self, offset: u16, more: bool) -> Self {
        self.fragment = Some((offset, more));
        self.extensions.push(Extension::Fragment { offset, more });
        self
    }

    /// Adds an IPv6 extension header of eight bytes with nothing but padding in it.
    #[must_use]
    pub fn extension(self, kind: u8) -> Self {
        self.extension_with(kind, &[0, 1, 4, 0, 0, 0, 0])
    }

    /// Adds an IPv6 extension header: everything after its next-header byte.
    #[must_use]
    pub fn extension_with(mut self, kind: u8, body: &[u8]) -> Self {
        self.extensions.push(Extension::Header {
            kind,
            body: body.to_vec(),
        });
        self
    }

    /// Makes the version field say this.
    #[must_use]
    pub fn claiming_version(mut self, version: u8) -> Self {
        self.claims.ip_version = Some(version);
        self
    }

    /// Makes the IPv4 header length say this many words.
    #[must_use]
    pub fn claiming_header_words(mut self, words: u8) -> Self {
        self.claims.ip_header_words = Some(words);
        self
    }

    /// Makes the IPv4 total length or IPv6 payload length say this.
    #[must_use]
    pub fn claiming_ip_length(mut self, length: u16) -> Self {
        self.claims.ip_length = Some(length);
        self
    }
}

/// Transport; TCP and ICMP have files of their own.
impl Frame {
    /// UDP.
    #[must_use]
    pub fn udp(self, source: u16, destination: u16) -> Self {
        Self {
            transport: Transport::Udp {
                source,
                destination,
            },
            ..self
        }
    }

    /// SCTP: the common header; chunks are the payload.
    #[must_use]
    pub fn sctp(self, source: u16, destination: u16) -> Self {
        Self {
            transport: Transport::Sctp {
                source,
                destination,
            },
            ..self
        }
    }

    /// Any protocol: the payload is all there is of it.
    #[must_use]
    pub fn protocol(self, protocol: u8) -> Self {
        Self {
            transport: Transport::Opaque { protocol },
            ..self
        }
    }

    /// What follows the last header.
    #[must_use]
    pub fn payload(self, payload: &[u8]) -> Self {
        Self {
            payload: payload.to_vec(),
            ..self
        }
    }

    /// Makes the TCP data offset say this many words.
    #[must_use]
    pub fn claiming_data_offset(mut self, words: u8) -> Self {
        self.claims.tcp_header_words = Some(words);
        self
    }

    /// Makes the UDP length say this.
    #[must_use]
    pub fn claiming_udp_length(mut self, length: u16) -> Self {
        self.claims.udp_length = Some(length);
        self
    }
}

/// Bytes.
impl Frame {
    /// The frame as it goes onto the wire, without padding or check sequence.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let datagram = transport::emit(self);
        self.around(&datagram)
    }

    /// The same datagram in fragments of at most `size` bytes of IP payload each (rounded down to
    /// a multiple of 8). The fragment header of IPv6 is the last extension header.
    #[must_use]
    pub fn fragments(&self, size: usize) -> Vec<Vec<u8>> {
        let datagram = transport::emit(self);
        let size = (size & !7).max(8);
        let pieces = datagram.chunks(size).enumerate();
        let piece = |(index, bytes): (usize, &[u8])| {
            let at = index * size;
            self.clone()
                .fragment(at as u16, at + bytes.len() < datagram.len())
                .around(bytes)
        };
        pieces.map(piece).collect()
    }

    fn around(&self, body: &[u8]) -> Vec<u8> {
        let mut bytes = self.link.clone();
        let network = ip::emit(self, body);
        if !self.link.is_empty() {
            for (kind, control) in &self.tags {
                bytes.extend(kind.to_be_bytes());
                bytes.extend(control.to_be_bytes());
            }
            bytes.extend(self.network.ethertype().to_be_bytes());
        }
        bytes.extend(network);
        bytes
    }
}
