// SPDX-License-Identifier: MIT
//! Transport headers: TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792), ICMPv6 (RFC 4443), SCTP
//! (RFC 9260), UDP-Lite (RFC 3828), DCCP (RFC 4340). Anything else is opaque, never guessed at.

use crate::frame::Frame;
use crate::malformed::Malformed;
use crate::packet::{Fragment, Ports, Transport, protocol};
use crate::parse::ipv4::MAX_DATAGRAM;
use crate::tcp::TcpFlags;

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
pub fn parse<F: Frame>(frame: &F, segment: Segment, protocol: u8) -> Transport {
    if matches!(segment.fragment, Fragment::Later) {
        return Transport::Opaque;
    }
    let parsed = match protocol {
        protocol::TCP => tcp(frame, segment),
        protocol::UDP => udp(frame, segment),
        protocol::ICMP | protocol::ICMPV6 => icmp(frame, segment),
        protocol::SCTP => ports::<SCTP_HEADER, F>(frame, segment, Malformed::SctpTruncated),
        protocol::UDP_LITE | protocol::DCCP => {
            ports::<PORTS, F>(frame, segment, Malformed::UdpTruncated)
        }
        _ => Ok(Transport::Opaque),
    };
    match parsed {
        Ok(transport) => transport,
        Err(malformed) => Transport::Malformed(malformed),
    }
}

impl Segment {
    /// The first `N` bytes. Without them a first fragment hides what it is.
    #[inline(always)]
    fn header<const N: usize, F: Frame>(
        self,
        frame: &F,
        truncated: Malformed,
    ) -> Result<[u8; N], Malformed> {
        let cut_short = self.cut_short(truncated);
        if self.at + N > self.end {
            return Err(cut_short);
        }
        frame.take(self.at).ok_or(cut_short)
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

#[inline(always)]
fn ports_of(high: [u8; 2], low: [u8; 2]) -> Ports {
    Ports { source: u16::from_be_bytes(high), destination: u16::from_be_bytes(low) }
}

#[inline(always)]
fn tcp<F: Frame>(frame: &F, segment: Segment) -> Result<Transport, Malformed> {
    let header: [u8; TCP_HEADER] = segment.header(frame, Malformed::TcpTruncated)?;
    let data_offset = (header[12] >> 4) as usize * 4;
    if data_offset < TCP_HEADER {
        return Err(Malformed::TcpDataOffset);
    }
    if data_offset > segment.length() {
        return Err(segment.cut_short(Malformed::TcpDataOffset));
    }
    Ok(Transport::Tcp {
        ports: ports_of([header[0], header[1]], [header[2], header[3]]),
        flags: TcpFlags(u16::from_be_bytes([header[12], header[13]]) & 0x0fff),
    })
}

#[inline(always)]
fn udp<F: Frame>(frame: &F, segment: Segment) -> Result<Transport, Malformed> {
    let header: [u8; UDP_HEADER] = segment.header(frame, Malformed::UdpTruncated)?;
    let length = u16::from_be_bytes([header[4], header[5]]) as usize;
    // RFC 2675 section 4: 0 where the field cannot say.
    let jumbo = length == 0 && segment.length() > MAX_DATAGRAM;
    // A first fragment announces the length of the whole datagram.
    let overlong = length > segment.length() && matches!(segment.fragment, Fragment::Whole);
    if (length < UDP_HEADER && !jumbo) || overlong {
        return Err(Malformed::UdpLength);
    }
    Ok(Transport::Ports(ports_of([header[0], header[1]], [header[2], header[3]])))
}

#[inline(always)]
fn icmp<F: Frame>(frame: &F, segment: Segment) -> Result<Transport, Malformed> {
    let header: [u8; ICMP_HEADER] = segment.header(frame, Malformed::IcmpTruncated)?;
    Ok(Transport::Icmp { kind: header[0], code: header[1] })
}

#[inline(always)]
fn ports<const HEADER: usize, F: Frame>(
    frame: &F,
    segment: Segment,
    truncated: Malformed,
) -> Result<Transport, Malformed> {
    let header: [u8; HEADER] = segment.header(frame, truncated)?;
    let byte = |at: usize| header.get(at).copied().unwrap_or_default();
    Ok(Transport::Ports(ports_of([byte(0), byte(1)], [byte(2), byte(3)])))
}
