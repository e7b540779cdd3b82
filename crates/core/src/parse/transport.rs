// SPDX-License-Identifier: MIT
//! Transport headers: TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792), ICMPv6 (RFC 4443), SCTP
//! (RFC 9260), UDP-Lite (RFC 3828), DCCP (RFC 4340). Anything else is opaque, never guessed at.

use crate::frame::{Frame, Words};
use crate::malformed::Malformed;
use crate::packet::{Fragment, Header, protocol};
use crate::parse::ipv4::MAX_DATAGRAM;
use zerocopy::{FromBytes, Immutable, KnownLayout};

/// Where a transport header should be: between two offsets of the frame.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// First byte of the transport header.
    pub at: usize,
    /// End of the packet as the network header told it; link padding lies beyond.
    pub end: usize,
    /// Which part of a datagram this is.
    pub fragment: Fragment,
}

const TCP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;
const ICMP_HEADER: usize = 8;
const SCTP_HEADER: usize = 12;
const PORTS: usize = 8;

/// Parses the transport header of `protocol`.
#[inline(always)]
pub fn parse<F: Frame>(frame: &F, segment: Segment, protocol: u8) -> Header {
    if matches!(segment.fragment, Fragment::Later) {
        return Header::OPAQUE;
    }
    let parsed = match protocol {
        protocol::TCP => tcp(frame, segment),
        protocol::UDP => udp(frame, segment),
        protocol::ICMP | protocol::ICMPV6 => icmp(frame, segment),
        protocol::SCTP => ports::<SCTP_HEADER, F>(frame, segment, Malformed::SctpTruncated),
        protocol::UDP_LITE | protocol::DCCP => {
            ports::<PORTS, F>(frame, segment, Malformed::UdpTruncated)
        }
        _ => Ok(Header::OPAQUE),
    };
    match parsed {
        Ok(header) => header,
        Err(malformed) => Header::malformed(malformed),
    }
}

impl Segment {
    /// The first `N` bytes. Without them a first fragment hides what it is.
    #[inline(always)]
    fn header<const N: usize, F: Frame>(
        self,
        frame: &F,
        truncated: Malformed,
    ) -> Result<Words<N>, Malformed> {
        let cut_short = self.cut_short(truncated);
        if self.at + N > self.end {
            return Err(cut_short);
        }
        frame.header(self.at).ok_or(cut_short)
    }

    #[inline(always)]
    fn cut_short(self, truncated: Malformed) -> Malformed {
        match self.fragment {
            Fragment::First => Malformed::FragmentTiny,
            Fragment::Whole | Fragment::Later => truncated,
        }
    }

    #[inline(always)]
    fn length(self) -> usize {
        self.end.saturating_sub(self.at)
    }
}

/// A TCP header without options.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Tcp {
    first: [u8; 8],
    second: [u8; 8],
    rest: [u8; 4],
}

#[inline(always)]
fn tcp<F: Frame>(frame: &F, segment: Segment) -> Result<Header, Malformed> {
    let header = segment.header::<TCP_HEADER, F>(frame, Malformed::TcpTruncated)?;
    let header: Tcp = zerocopy::transmute!(header.0);
    let data_offset = (header.second[4] >> 4) as usize * 4;
    if data_offset < TCP_HEADER {
        return Err(Malformed::TcpDataOffset);
    }
    if data_offset > segment.length() {
        return Err(segment.cut_short(Malformed::TcpDataOffset));
    }
    let payload = (segment.length() - data_offset) as u32;
    Ok(Header::tcp(header.first, header.second, payload))
}

#[inline(always)]
fn udp<F: Frame>(frame: &F, segment: Segment) -> Result<Header, Malformed> {
    let Words(header) = segment.header::<UDP_HEADER, F>(frame, Malformed::UdpTruncated)?;
    let length = u16::from_be_bytes([header[4], header[5]]) as usize;
    // RFC 2675 section 4: 0 where the field cannot say.
    let jumbo = length == 0 && segment.length() > MAX_DATAGRAM;
    // A first fragment announces the length of the whole datagram.
    let overlong = length > segment.length() && matches!(segment.fragment, Fragment::Whole);
    if (length < UDP_HEADER && !jumbo) || overlong {
        return Err(Malformed::UdpLength);
    }
    Ok(Header::ports(header))
}

#[inline(always)]
fn icmp<F: Frame>(frame: &F, segment: Segment) -> Result<Header, Malformed> {
    let header = segment.header::<ICMP_HEADER, F>(frame, Malformed::IcmpTruncated)?;
    Ok(Header::icmp(header.0))
}

#[inline(always)]
fn ports<const HEADER: usize, F: Frame>(
    frame: &F,
    segment: Segment,
    truncated: Malformed,
) -> Result<Header, Malformed> {
    let Words(header) = segment.header::<HEADER, F>(frame, truncated)?;
    let byte = |at: usize| header.get(at).copied().unwrap_or_default();
    Ok(Header::ports([
        byte(0),
        byte(1),
        byte(2),
        byte(3),
        0,
        0,
        0,
        0,
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::V4;
    use crate::emit;
    use crate::model::Partial;
    use crate::packet::{Ports, Transport};
    use crate::parse::Network as _;
    use crate::tcp::TcpFlags;

    fn packet() -> emit::Frame {
        emit::Frame::raw_ip().ipv4([192, 0, 2, 1], [192, 0, 2, 2])
    }

    fn parsed(frame: &emit::Frame) -> Transport {
        V4::parse(&frame.bytes().as_slice(), 0).unwrap().transport()
    }

    /// The transport header alone, at every length.
    fn cut_short(frame: &emit::Frame, protocol: u8) -> Vec<Transport> {
        let bytes = frame.bytes().split_off(20);
        let segment = |end| Segment {
            at: 0,
            end,
            fragment: Fragment::Whole,
        };
        (0..bytes.len())
            .map(|end| parse(&&bytes[..end], segment(end), protocol).transport())
            .collect()
    }

    #[test]
    fn a_transport_header_cut_short_anywhere_is_truncated() {
        for (frame, protocol, truncated) in [
            (
                packet().tcp(1, 2, "S"),
                protocol::TCP,
                Malformed::TcpTruncated,
            ),
            (packet().udp(1, 2), protocol::UDP, Malformed::UdpTruncated),
            (
                packet().icmp(8, 0),
                protocol::ICMP,
                Malformed::IcmpTruncated,
            ),
            (
                packet().icmp(8, 0),
                protocol::ICMPV6,
                Malformed::IcmpTruncated,
            ),
            (
                packet().sctp(1, 2),
                protocol::SCTP,
                Malformed::SctpTruncated,
            ),
            (
                packet().udp(1, 2),
                protocol::UDP_LITE,
                Malformed::UdpTruncated,
            ),
            (packet().udp(1, 2), protocol::DCCP, Malformed::UdpTruncated),
        ] {
            for (end, transport) in cut_short(&frame, protocol).iter().enumerate() {
                assert_eq!(
                    *transport,
                    Transport::Malformed(truncated),
                    "{protocol}, {end} bytes"
                );
            }
        }
    }

    #[test]
    fn every_tcp_flag_and_reserved_bit_is_kept() {
        for bit in 0..12 {
            let Transport::Tcp { ports, flags, .. } = parsed(&packet().tcp_bits(5, 6, 1 << bit))
            else {
                panic!("not TCP");
            };
            assert_eq!(flags, TcpFlags(1 << bit));
            assert_eq!(
                ports,
                Ports {
                    source: 5,
                    destination: 6
                }
            );
        }
    }

    #[test]
    fn a_tcp_data_offset_below_20_bytes_or_beyond_the_packet_is_a_lie() {
        let offset = |words| {
            parsed(
                &packet()
                    .tcp(1, 2, "S")
                    .tcp_options(&[1; 8])
                    .claiming_data_offset(words),
            )
        };
        for words in (0..5).chain(8..16) {
            assert_eq!(
                offset(words),
                Transport::Malformed(Malformed::TcpDataOffset),
                "{words} words"
            );
        }
        for words in 5..8 {
            assert!(
                matches!(offset(words), Transport::Tcp { .. }),
                "{words} words"
            );
        }
    }

    #[test]
    fn a_udp_length_below_8_bytes_or_beyond_the_packet_is_a_lie() {
        let length = |bytes| {
            parsed(
                &packet()
                    .udp(1, 2)
                    .payload(&[0; 4])
                    .claiming_udp_length(bytes),
            )
        };
        for bytes in (0..8).chain([13, 1_500, u16::MAX]) {
            assert_eq!(
                length(bytes),
                Transport::Malformed(Malformed::UdpLength),
                "{bytes}"
            );
        }
        for bytes in 8..=12 {
            assert!(matches!(length(bytes), Transport::Ports(_)), "{bytes}");
        }
    }

    #[test]
    fn the_udp_length_of_a_first_fragment_is_that_of_the_datagram() {
        let fragments = packet().udp(1, 2).payload(&[0; 64]).fragments(16);
        let first = V4::parse(&fragments[0].as_slice(), 0).unwrap();
        assert_eq!(
            first.transport(),
            Transport::Ports(Ports {
                source: 1,
                destination: 2
            })
        );
    }

    #[test]
    fn a_udp_length_of_0_means_a_jumbogram_only_beyond_65_535_bytes() {
        let bytes = packet()
            .udp(1, 2)
            .claiming_udp_length(0)
            .bytes()
            .split_off(20);
        let of = |length| {
            let segment = Segment {
                at: 0,
                end: length,
                fragment: Fragment::Whole,
            };
            parse(
                &Partial {
                    head: &bytes,
                    length,
                },
                segment,
                protocol::UDP,
            )
            .transport()
        };
        assert!(matches!(of(65_536), Transport::Ports(_)));
        assert_eq!(of(65_535), Transport::Malformed(Malformed::UdpLength));
    }

    #[test]
    fn sctp_and_the_relatives_of_udp_have_ports() {
        let ports = Transport::Ports(Ports {
            source: 258,
            destination: 772,
        });
        assert_eq!(parsed(&packet().sctp(258, 772)), ports);
        for protocol in [protocol::UDP_LITE, protocol::DCCP] {
            let frame = packet()
                .protocol(protocol)
                .payload(&[1, 2, 3, 4, 0, 0, 0, 0]);
            assert_eq!(parsed(&frame), ports);
        }
    }

    #[test]
    fn unknown_protocols_are_never_guessed_at() {
        let known = [1, 6, 17, 33, 58, 132, 136];
        for protocol in (0..=255).filter(|protocol| !known.contains(protocol)) {
            let frame = packet().protocol(protocol).payload(&[0, 80, 0, 80]);
            assert_eq!(parsed(&frame), Transport::Opaque, "{protocol}");
        }
    }
}
