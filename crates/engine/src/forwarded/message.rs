// SPDX-License-Identifier: MIT
//! Messages of ctnetlink (`include/uapi/linux/netfilter/nfnetlink_conntrack.h`): `struct nfgenmsg`
//! and nested attributes, every number in them in network order.

use super::{Forwarded, Tuple};
use netlink_packet_core::{DecodeError, Emitable, NLA_HEADER_SIZE, NlasIterator};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// `struct nfgenmsg`: family, version, resource.
const HEADER: usize = 4;

const CTA_TUPLE_ORIG: u16 = 1;
const CTA_TUPLE_REPLY: u16 = 2;
const CTA_STATUS: u16 = 3;
const CTA_PROTOINFO: u16 = 4;
const CTA_TUPLE_IP: u16 = 1;
const CTA_TUPLE_PROTO: u16 = 2;
const CTA_IP_V4_SRC: u16 = 1;
const CTA_IP_V4_DST: u16 = 2;
const CTA_IP_V6_SRC: u16 = 3;
const CTA_IP_V6_DST: u16 = 4;
const CTA_PROTO_NUM: u16 = 1;
const CTA_PROTO_SRC_PORT: u16 = 2;
const CTA_PROTO_DST_PORT: u16 = 3;
const CTA_PROTO_ICMP_ID: u16 = 4;
const CTA_PROTO_ICMPV6_ID: u16 = 7;
const CTA_PROTOINFO_TCP: u16 = 1;
const CTA_PROTOINFO_TCP_STATE: u16 = 1;

/// Of `enum ip_conntrack_status` (`nf_conntrack_common.h`).
const IPS_SEEN_REPLY: u32 = 1 << 1;
const IPS_ASSURED: u32 = 1 << 2;
/// Of `enum tcp_conntrack` (`nf_conntrack_tcp.h`).
const TCP_CONNTRACK_ESTABLISHED: u8 = 3;

/// Asks for all connections of both families: `AF_UNSPEC`, `NFNETLINK_V0`.
pub(super) struct Question;

impl Question {
    /// `NFNL_SUBSYS_CTNETLINK`, `IPCTNL_MSG_CT_GET`.
    pub(super) const KIND: u16 = 1 << 8 | 1;
}

impl Emitable for Question {
    fn buffer_len(&self) -> usize {
        HEADER
    }

    fn emit(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

/// Reads one connection; `None` where it is of another family than IP.
pub(super) fn read(body: &[u8]) -> Result<Option<Forwarded>, DecodeError> {
    let attributes = body
        .get(HEADER..)
        .ok_or_else(|| DecodeError::invalid_buffer("nfgenmsg", body.len(), HEADER))?;
    let (mut original, mut reply) = (None, None);
    let (mut status, mut state) = (0, 0);
    for attribute in Attributes::of(attributes) {
        let (kind, value) = attribute?;
        match kind {
            CTA_TUPLE_ORIG => original = tuple(value)?,
            CTA_TUPLE_REPLY => reply = tuple(value)?,
            CTA_STATUS => status = u32::from_be_bytes(fixed(value)?),
            CTA_PROTOINFO => state = tcp_state(value)?,
            _ => {}
        }
    }
    let (Some((protocol, original)), Some((_, reply))) = (original, reply) else {
        return Ok(None);
    };
    Ok(Some(Forwarded {
        protocol,
        original,
        reply,
        replied: status & IPS_SEEN_REPLY != 0,
        assured: status & IPS_ASSURED != 0,
        tcp_established: state == TCP_CONNTRACK_ESTABLISHED,
    }))
}

/// Kinds and values of the attributes in a row.
struct Attributes<'a>(NlasIterator<&'a [u8]>);

impl<'a> Attributes<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self(NlasIterator::new(bytes))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<(u16, &'a [u8]), DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let attribute = match self.0.next()? {
            Ok(attribute) => attribute,
            Err(error) => return Some(Err(error)),
        };
        let end = NLA_HEADER_SIZE + attribute.value_length();
        let value = attribute.into_inner().get(NLA_HEADER_SIZE..end);
        Some(Ok((attribute.kind(), value.unwrap_or_default())))
    }
}

fn fixed<const N: usize>(value: &[u8]) -> Result<[u8; N], DecodeError> {
    value
        .get(..N)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| DecodeError::invalid_number(N, value.len()))
}

/// The protocol and both ends of one direction.
fn tuple(bytes: &[u8]) -> Result<Option<(u8, Tuple)>, DecodeError> {
    let mut ends = (None, None);
    let mut transport = (0, 0, 0);
    for attribute in Attributes::of(bytes) {
        let (kind, value) = attribute?;
        match kind {
            CTA_TUPLE_IP => ends = addresses(value)?,
            CTA_TUPLE_PROTO => transport = ports(value)?,
            _ => {}
        }
    }
    let (Some(source), Some(destination)) = ends else {
        return Ok(None);
    };
    let (protocol, from, to) = transport;
    let tuple = Tuple {
        source: SocketAddr::new(source, from),
        destination: SocketAddr::new(destination, to),
    };
    Ok(Some((protocol, tuple)))
}

fn addresses(bytes: &[u8]) -> Result<(Option<IpAddr>, Option<IpAddr>), DecodeError> {
    let (mut source, mut destination) = (None, None);
    for attribute in Attributes::of(bytes) {
        let (kind, value) = attribute?;
        let v4 = || fixed(value).map(|octets: [u8; 4]| Some(Ipv4Addr::from(octets).into()));
        let v6 = || fixed(value).map(|octets: [u8; 16]| Some(Ipv6Addr::from(octets).into()));
        match kind {
            CTA_IP_V4_SRC => source = v4()?,
            CTA_IP_V4_DST => destination = v4()?,
            CTA_IP_V6_SRC => source = v6()?,
            CTA_IP_V6_DST => destination = v6()?,
            _ => {}
        }
    }
    Ok((source, destination))
}

/// Protocol, source port, destination port.
fn ports(bytes: &[u8]) -> Result<(u8, u16, u16), DecodeError> {
    let (mut protocol, mut source, mut destination) = (0, 0, 0);
    for attribute in Attributes::of(bytes) {
        let (kind, value) = attribute?;
        match kind {
            CTA_PROTO_NUM => [protocol] = fixed(value)?,
            CTA_PROTO_SRC_PORT | CTA_PROTO_ICMP_ID | CTA_PROTO_ICMPV6_ID => {
                source = u16::from_be_bytes(fixed(value)?);
            }
            CTA_PROTO_DST_PORT => destination = u16::from_be_bytes(fixed(value)?),
            _ => {}
        }
    }
    Ok((protocol, source, destination))
}

/// 0 where the connection is not TCP.
fn tcp_state(bytes: &[u8]) -> Result<u8, DecodeError> {
    for attribute in Attributes::of(bytes) {
        let (CTA_PROTOINFO_TCP, tcp) = attribute? else {
            continue;
        };
        for attribute in Attributes::of(tcp) {
            if let (CTA_PROTOINFO_TCP_STATE, value) = attribute? {
                return fixed(value).map(|[state]| state);
            }
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_core::NLA_F_NESTED;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = ((NLA_HEADER_SIZE + value.len()) as u16)
            .to_ne_bytes()
            .to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn nest(kind: u16, parts: &[Vec<u8>]) -> Vec<u8> {
        attribute(kind | NLA_F_NESTED, &parts.concat())
    }

    /// The kernel's `ctnetlink_dump_tuples`.
    fn direction(kind: u16, source: IpAddr, destination: IpAddr, transport: &[Vec<u8>]) -> Vec<u8> {
        let address = |v4, v6, address| match address {
            IpAddr::V4(address) => attribute(v4, &Ipv4Addr::octets(&address)),
            IpAddr::V6(address) => attribute(v6, &Ipv6Addr::octets(&address)),
        };
        let ends = [
            address(CTA_IP_V4_SRC, CTA_IP_V6_SRC, source),
            address(CTA_IP_V4_DST, CTA_IP_V6_DST, destination),
        ];
        let ends = nest(CTA_TUPLE_IP, &ends);
        nest(kind, &[ends, nest(CTA_TUPLE_PROTO, transport)])
    }

    fn tcp(source: u16, destination: u16) -> [Vec<u8>; 3] {
        [
            attribute(CTA_PROTO_NUM, &[6]),
            attribute(CTA_PROTO_SRC_PORT, &source.to_be_bytes()),
            attribute(CTA_PROTO_DST_PORT, &destination.to_be_bytes()),
        ]
    }

    fn tcp_in_state(state: u8) -> Vec<u8> {
        let details = [
            attribute(CTA_PROTOINFO_TCP_STATE, &[state]),
            attribute(2, &[7]),
        ];
        nest(CTA_PROTOINFO, &[nest(CTA_PROTOINFO_TCP, &details)])
    }

    fn whole(parts: &[Vec<u8>]) -> Vec<u8> {
        [vec![0; HEADER], parts.concat()].concat()
    }

    fn masqueraded() -> Vec<u8> {
        let inside = "10.0.0.5".parse().unwrap();
        let outside = "198.51.100.7".parse().unwrap();
        let gateway = "192.0.2.1".parse().unwrap();
        let status = IPS_SEEN_REPLY | IPS_ASSURED | 1 << 3 | 1 << 4 | 1 << 7;
        whole(&[
            direction(CTA_TUPLE_ORIG, inside, outside, &tcp(40000, 443)),
            direction(CTA_TUPLE_REPLY, outside, gateway, &tcp(443, 50000)),
            attribute(CTA_STATUS, &status.to_be_bytes()),
            attribute(7, &431_999_u32.to_be_bytes()),
            tcp_in_state(TCP_CONNTRACK_ESTABLISHED),
        ])
    }

    #[test]
    fn a_masqueraded_connection_has_another_tuple_on_each_side() {
        let expected = Forwarded {
            protocol: 6,
            original: Tuple {
                source: "10.0.0.5:40000".parse().unwrap(),
                destination: "198.51.100.7:443".parse().unwrap(),
            },
            reply: Tuple {
                source: "198.51.100.7:443".parse().unwrap(),
                destination: "192.0.2.1:50000".parse().unwrap(),
            },
            replied: true,
            assured: true,
            tcp_established: true,
        };
        assert_eq!(read(&masqueraded()).unwrap(), Some(expected));
    }

    #[test]
    fn an_unanswered_ipv6_echo_has_its_identifier_for_a_port() {
        let (from, to) = (
            "2001:db8::1".parse().unwrap(),
            "2001:db8::2".parse().unwrap(),
        );
        let echo = |kind: u8| {
            [
                attribute(CTA_PROTO_NUM, &[58]),
                attribute(CTA_PROTO_ICMPV6_ID, &0x1234_u16.to_be_bytes()),
                attribute(8, &[kind]),
                attribute(9, &[0]),
            ]
        };
        let bytes = whole(&[
            direction(CTA_TUPLE_ORIG, from, to, &echo(128)),
            direction(CTA_TUPLE_REPLY, to, from, &echo(129)),
            attribute(CTA_STATUS, &(1_u32 << 3).to_be_bytes()),
        ]);
        let found = read(&bytes).unwrap().unwrap();
        assert_eq!(found.protocol, 58);
        assert_eq!(found.original.source, SocketAddr::new(from, 0x1234));
        assert_eq!(found.original.destination, SocketAddr::new(to, 0));
        assert!(!found.replied && !found.assured && !found.tcp_established);
    }

    #[test]
    fn a_closing_connection_is_not_established() {
        let mut bytes = masqueraded();
        let end = bytes.len() - tcp_in_state(0).len();
        bytes.truncate(end);
        bytes.extend(tcp_in_state(4));
        let found = read(&bytes).unwrap().unwrap();
        assert!(found.assured && !found.tcp_established);
    }

    #[test]
    fn a_message_without_addresses_is_passed_over() {
        assert_eq!(read(&[0; HEADER]).unwrap(), None);
        let empty = whole(&[nest(CTA_TUPLE_ORIG, &[]), nest(CTA_TUPLE_REPLY, &[])]);
        assert_eq!(read(&empty).unwrap(), None);
    }

    #[test]
    fn no_message_however_cut_or_twisted_is_read_beyond_its_end() {
        let bytes = masqueraded();
        for end in 0..bytes.len() {
            // Between two attributes a cut is no error; what counts is that none panics.
            drop(read(&bytes[..end]));
        }
        for at in HEADER..bytes.len() {
            for value in [0, 1, 3, 5, 0x7f, 0xff] {
                let mut twisted = bytes.clone();
                twisted[at] = value;
                drop(read(&twisted));
            }
        }
        assert!(read(&bytes[..HEADER - 1]).is_err());
        let short = whole(&[attribute(CTA_STATUS, &[1, 2])]);
        assert!(read(&short).is_err());
    }
}
