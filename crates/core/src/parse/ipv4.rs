// SPDX-License-Identifier: MIT
//! IPv4 (RFC 791), options skipped, fragments told apart.

use super::Network;
use super::transport::{self, Segment};
use crate::address::V4;
use crate::frame::Frame;
use crate::malformed::Malformed;
use crate::packet::{Fragment, Head, Header, Offsets, Packet, Rest, protocol};
use zerocopy::{FromBytes, Immutable, KnownLayout};

const HEADER: usize = 20;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET_MASK: u16 = 0x1fff;
/// The end of the largest datagram (RFC 791 section 3.1).
pub const MAX_DATAGRAM: usize = 65_535;

/// A header without options.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Wire {
    start: [u8; 8],
    hop_limit: u8,
    protocol: u8,
    _checksum: [u8; 2],
    source: [u8; 4],
    destination: [u8; 4],
}

impl Network for V4 {
    #[inline(always)]
    fn head<F: Frame>(frame: &F, at: usize) -> Result<Head<Self>, Malformed> {
        let header = frame.header::<HEADER>(at).ok_or(Malformed::Ipv4Truncated)?;
        let Wire {
            start: [version, _, high, low, _, _, flags, offset],
            hop_limit,
            protocol,
            source,
            destination,
            ..
        } = zerocopy::transmute!(header.0);
        if version >> 4 != 4 {
            return Err(Malformed::IpVersion);
        }
        let header_length = (version & 0x0f) as usize * 4;
        if header_length < HEADER {
            return Err(Malformed::Ipv4HeaderLength);
        }
        let available = frame.length().saturating_sub(at);
        let total = total_length(u16::from_be_bytes([high, low]), available);
        if total < HEADER || total > available {
            return Err(Malformed::Ipv4TotalLength);
        }
        if header_length > total {
            return Err(Malformed::Ipv4HeaderLength);
        }
        Ok(Head {
            source: V4::new(source),
            destination: V4::new(destination),
            hop_limit,
            rest: Rest {
                next: protocol,
                fragment: u16::from_be_bytes([flags, offset]),
                network: at,
                at: at + header_length,
                end: at + total,
            },
        })
    }

    #[inline(always)]
    fn packet<F: Frame>(head: &Head<Self>, frame: &F) -> Packet<Self> {
        let Rest { next, at, end, .. } = head.rest;
        let (fragment, sound) = fragment(head.rest.fragment, next, end - at);
        let segment = Segment { at, end, fragment };
        Packet {
            source: head.source,
            destination: head.destination,
            protocol: next,
            hop_limit: head.hop_limit,
            fragment,
            header: (match sound {
                Ok(()) => transport::parse(frame, segment, next),
                Err(malformed) => Header::malformed(malformed),
            })
            .obscured(frame),
            at: Offsets {
                network: head.rest.network as u16,
                transport: at as u16,
            },
        }
    }
}

/// A length of 0 means "too long to say" in a super-packet of the stack's (BIG TCP, Linux 6.3).
#[inline(always)]
fn total_length(field: u16, available: usize) -> usize {
    if field == 0 && available > MAX_DATAGRAM {
        available
    } else {
        field as usize
    }
}

#[inline(always)]
fn fragment(word: u16, protocol: u8, payload: usize) -> (Fragment, Result<(), Malformed>) {
    let offset = (word & OFFSET_MASK) as usize * 8;
    if offset == 0 {
        let more = word & MORE_FRAGMENTS != 0;
        return (
            if more {
                Fragment::First
            } else {
                Fragment::Whole
            },
            Ok(()),
        );
    }
    let sound = if offset == 8 && protocol == protocol::TCP {
        // RFC 1858 section 4: it would overwrite flags that were judged in the first fragment.
        Err(Malformed::FragmentOverlap)
    } else if offset + payload > MAX_DATAGRAM {
        Err(Malformed::FragmentBeyond)
    } else {
        Ok(())
    };
    (Fragment::Later, sound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit;
    use crate::model::Partial;
    use crate::packet::{Ports, Transport};
    use crate::tcp::{Numbers, TcpFlags};

    const HERE: [u8; 4] = [192, 0, 2, 1];
    const THERE: [u8; 4] = [198, 51, 100, 7];

    fn packet() -> emit::Frame {
        emit::Frame::raw_ip().ipv4(HERE, THERE).hop_limit(57)
    }

    fn parsed(frame: &emit::Frame) -> Result<Packet<V4>, Malformed> {
        V4::parse(&frame.bytes().as_slice(), 0)
    }

    fn transport(frame: &emit::Frame) -> Transport {
        parsed(frame).unwrap().transport()
    }

    #[test]
    fn a_captured_synchronisation_is_read_byte_by_byte() {
        let bytes: &[u8] = &[
            0x45, 0x10, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06, 0xb1, 0xe6, 0xac, 0x10,
            0x0a, 0x63, 0xac, 0x10, 0x0a, 0x0c, 0xe7, 0x0f, 0x01, 0xbb, 0x12, 0x34, 0x56, 0x78,
            0x00, 0x00, 0x00, 0x00, 0xa0, 0xc2, 0xfa, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x02, 0x04,
            0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a, 0x00, 0x01, 0x02, 0x03, 0x00, 0x00, 0x00, 0x00,
            0x01, 0x03, 0x03, 0x07,
        ];
        let packet = V4::parse(&bytes, 0).unwrap();
        assert_eq!(packet.source, V4::new([172, 16, 10, 99]));
        assert_eq!(packet.destination, V4::new([172, 16, 10, 12]));
        let ports = Ports {
            source: 59_151,
            destination: 443,
        };
        assert_eq!(
            packet.transport(),
            Transport::Tcp {
                ports,
                flags: TcpFlags(0x0c2),
                numbers: Numbers {
                    sequence: 0x1234_5678,
                    acknowledgement: 0,
                    payload: 0,
                }
            }
        );
        assert_eq!((packet.hop_limit, packet.fragment), (64, Fragment::Whole));
    }

    #[test]
    fn options_do_not_hide_the_ports() {
        let plain = transport(&packet().tcp(1, 2, "S"));
        for length in [1, 4, 7, 40] {
            let options = vec![1; length];
            assert_eq!(
                transport(&packet().options(&options).tcp(1, 2, "S")),
                plain,
                "{length} bytes"
            );
        }
    }

    #[test]
    fn a_packet_cut_short_anywhere_in_its_header_is_truncated() {
        let bytes = packet().udp(1, 2).bytes();
        for end in 0..HEADER {
            assert_eq!(
                V4::parse(&&bytes[..end], 0),
                Err(Malformed::Ipv4Truncated),
                "{end} bytes"
            );
        }
        for end in HEADER..bytes.len() {
            assert_eq!(
                V4::parse(&&bytes[..end], 0),
                Err(Malformed::Ipv4TotalLength),
                "{end} bytes"
            );
        }
    }

    #[test]
    fn a_header_length_below_20_bytes_or_beyond_the_packet_is_a_lie() {
        for words in 0..5 {
            let short = parsed(&packet().udp(1, 2).claiming_header_words(words));
            assert_eq!(short, Err(Malformed::Ipv4HeaderLength), "{words} words");
        }
        let beyond = parsed(&packet().udp(1, 2).claiming_header_words(8));
        assert_eq!(beyond, Err(Malformed::Ipv4HeaderLength));
        let exactly = parsed(&packet().udp(1, 2).claiming_header_words(7)).unwrap();
        assert_eq!(
            exactly.transport(),
            Transport::Malformed(Malformed::UdpTruncated)
        );
    }

    #[test]
    fn a_total_length_beyond_the_frame_or_below_the_header_is_a_lie() {
        for length in [0, 1, 19, 29, 1_500, u16::MAX] {
            let lie = parsed(&packet().udp(1, 2).claiming_ip_length(length));
            assert_eq!(lie, Err(Malformed::Ipv4TotalLength), "{length}");
        }
    }

    #[test]
    fn link_padding_is_not_part_of_the_packet() {
        let mut bytes = packet().tcp(1, 2, "S").bytes();
        bytes.truncate(30);
        bytes[3] = 30;
        bytes.resize(46, 0);
        let transport = V4::parse(&bytes.as_slice(), 0).unwrap().transport();
        assert_eq!(transport, Transport::Malformed(Malformed::TcpTruncated));
    }

    #[test]
    fn another_version_is_refused() {
        for version in (0..16).filter(|version| *version != 4) {
            let frame = packet().udp(1, 2).claiming_version(version);
            assert_eq!(parsed(&frame), Err(Malformed::IpVersion));
        }
    }

    #[test]
    fn a_first_fragment_has_ports_and_a_later_one_has_none() {
        let fragments = packet().udp(1_000, 53).payload(&[7; 100]).fragments(48);
        let parsed: Vec<_> = fragments
            .iter()
            .map(|bytes| V4::parse(&bytes.as_slice(), 0).unwrap())
            .collect();
        let ports = Ports {
            source: 1_000,
            destination: 53,
        };
        assert_eq!(parsed.len(), 3);
        assert_eq!(
            (parsed[0].fragment, parsed[0].ports()),
            (Fragment::First, Some(ports))
        );
        for later in &parsed[1..] {
            assert_eq!(
                (later.fragment, later.transport()),
                (Fragment::Later, Transport::Opaque)
            );
            assert_eq!(later.protocol, protocol::UDP);
        }
    }

    #[test]
    fn a_first_fragment_without_its_whole_transport_header_is_tiny() {
        let tiny = Transport::Malformed(Malformed::FragmentTiny);
        for fragments in [
            packet().tcp(1, 2, "S").fragments(8),
            packet().tcp(1, 2, "S").fragments(16),
            packet().tcp(1, 2, "S").tcp_options(&[1; 8]).fragments(24),
            packet().sctp(1, 2).fragments(8),
        ] {
            assert_eq!(
                V4::parse(&fragments[0].as_slice(), 0).unwrap().transport(),
                tiny
            );
        }
        // Eight bytes are all of UDP and ICMP.
        for fragments in [
            packet().udp(1, 2).payload(&[0; 8]).fragments(8),
            packet().icmp(8, 0).payload(&[0; 8]).fragments(8),
        ] {
            assert_ne!(
                V4::parse(&fragments[0].as_slice(), 0).unwrap().transport(),
                tiny
            );
        }
    }

    #[test]
    fn a_fragment_that_would_overwrite_tcp_flags_is_an_overlap() {
        let at = |protocol, offset| {
            transport(
                &packet()
                    .fragment(offset, false)
                    .protocol(protocol)
                    .payload(&[0; 24]),
            )
        };
        assert_eq!(
            at(protocol::TCP, 8),
            Transport::Malformed(Malformed::FragmentOverlap)
        );
        assert_eq!(at(protocol::TCP, 16), Transport::Opaque);
        assert_eq!(at(protocol::UDP, 8), Transport::Opaque);
    }

    #[test]
    fn a_fragment_may_end_at_65_535_bytes_and_not_beyond() {
        let ending = |bytes: usize| {
            transport(
                &packet()
                    .fragment(65_528, false)
                    .protocol(17)
                    .payload(&vec![0; bytes]),
            )
        };
        assert_eq!(ending(7), Transport::Opaque);
        assert_eq!(ending(8), Transport::Malformed(Malformed::FragmentBeyond));
    }

    #[test]
    fn a_super_packet_is_read_by_its_first_bytes() {
        let bytes = packet()
            .tcp(1, 2, "A")
            .payload(&[0; 100])
            .claiming_ip_length(7_000)
            .bytes();
        let gso = Partial {
            head: &bytes,
            length: 7_000,
        };
        assert!(matches!(
            V4::parse(&gso, 0).unwrap().transport(),
            Transport::Tcp { .. }
        ));
        let short = Partial {
            head: &bytes,
            length: 6_999,
        };
        assert_eq!(V4::parse(&short, 0), Err(Malformed::Ipv4TotalLength));
    }

    #[test]
    fn a_length_of_0_means_a_super_packet_only_beyond_65_535_bytes() {
        let bytes = packet().tcp(1, 2, "A").claiming_ip_length(0).bytes();
        let of = |length| {
            V4::parse(
                &Partial {
                    head: &bytes,
                    length,
                },
                0,
            )
            .map(|packet| packet.transport())
        };
        assert!(matches!(of(65_536), Ok(Transport::Tcp { .. })));
        assert_eq!(of(65_535), Err(Malformed::Ipv4TotalLength));
    }

    /// An address in the host's byte order has its network at the wrong end.
    #[test]
    fn addresses_keep_the_byte_order_of_the_wire() {
        let packet = parsed(
            &emit::Frame::raw_ip()
                .ipv4([8, 8, 8, 10], [10, 8, 8, 8])
                .udp(1, 2),
        )
        .unwrap();
        assert_eq!(
            (packet.source, packet.destination),
            (V4::new([8, 8, 8, 10]), V4::new([10, 8, 8, 8]))
        );
    }
}
