// SPDX-License-Identifier: MIT
//! IPv6 (RFC 8200) and a bounded walk over its extension headers.

use super::ipv4::MAX_DATAGRAM;
use super::transport::{self, Segment};
use crate::address::V6;
use crate::frame::Frame;
use crate::malformed::Malformed;
use crate::packet::{Fragment, Header, Offsets, Packet, Transport};

/// Extension headers that are walked; a seventh is [`Malformed::ExtensionDepth`]. RFC 8200 section
/// 4.1 recommends an order of at most seven, and traffic of more than three is not seen.
pub const MAX_EXTENSIONS: usize = 6;

const HEADER: usize = 40;

/// Next-header values that continue the chain (IANA IPv6 extension header types).
mod next {
    pub const HOP_BY_HOP: u8 = 0;
    pub const ROUTING: u8 = 43;
    pub const FRAGMENT: u8 = 44;
    pub const AUTHENTICATION: u8 = 51;
    pub const DESTINATION_OPTIONS: u8 = 60;
    pub const MOBILITY: u8 = 135;
    pub const HOST_IDENTITY: u8 = 139;
    pub const SHIM6: u8 = 140;
}

/// Parses the IPv6 packet at `at`.
///
/// # Errors
/// The class of a header that is cut short or lies about its length.
#[inline(always)]
pub fn parse<F: Frame>(frame: &F, at: usize) -> Result<Packet<V6>, Malformed> {
    let header: [u8; 8] = frame.take(at).ok_or(Malformed::Ipv6Truncated)?;
    let source = V6(frame.take(at + 8).ok_or(Malformed::Ipv6Truncated)?);
    let destination = V6(frame.take(at + 24).ok_or(Malformed::Ipv6Truncated)?);
    if header[0] >> 4 != 6 {
        return Err(Malformed::IpVersion);
    }
    let available = frame.length().saturating_sub(at + HEADER);
    let payload = payload_length(
        u16::from_be_bytes([header[4], header[5]]),
        header[6],
        available,
    )?;
    let mut chain = Chain {
        next: header[6],
        at: at + HEADER,
        end: at + HEADER + payload,
        fragment: Fragment::Whole,
    };
    let transport = chain.walk(frame);
    Ok(Packet {
        source,
        destination,
        protocol: chain.next,
        hop_limit: header[7],
        fragment: chain.fragment,
        header: Header::of(transport),
        at: Offsets {
            network: at as u16,
            transport: chain.at as u16,
        },
    })
}

/// A length of 0 means a jumbogram (RFC 2675) or a super-packet of the stack's (BIG TCP, Linux
/// 5.19), both of which are longer than the field can say.
#[inline(always)]
fn payload_length(field: u16, next: u8, available: usize) -> Result<usize, Malformed> {
    if field == 0 && available > MAX_DATAGRAM {
        return Ok(available);
    }
    let jumbogram_that_is_none = field == 0 && next == next::HOP_BY_HOP;
    if jumbogram_that_is_none || field as usize > available {
        return Err(Malformed::Ipv6PayloadLength);
    }
    Ok(field as usize)
}

/// Where a walk over extension headers stands.
struct Chain {
    next: u8,
    at: usize,
    end: usize,
    fragment: Fragment,
}

impl Chain {
    #[inline(always)]
    fn walk<F: Frame>(&mut self, frame: &F) -> Transport {
        for walked in 0..=MAX_EXTENSIONS {
            if !self.has_extension() {
                return self.transport(frame);
            }
            if walked == MAX_EXTENSIONS {
                break;
            }
            if let Err(malformed) = self.step(frame, walked == 0) {
                return Transport::Malformed(malformed);
            }
            if matches!(self.fragment, Fragment::Later) {
                return Transport::Opaque;
            }
        }
        Transport::Malformed(Malformed::ExtensionDepth)
    }

    #[inline(always)]
    fn has_extension(&self) -> bool {
        matches!(
            self.next,
            next::HOP_BY_HOP
                | next::ROUTING
                | next::FRAGMENT
                | next::AUTHENTICATION
                | next::DESTINATION_OPTIONS
                | next::MOBILITY
                | next::HOST_IDENTITY
                | next::SHIM6
        )
    }

    /// Goes past one extension header. Each is at least eight bytes long.
    #[inline(always)]
    fn step<F: Frame>(&mut self, frame: &F, first: bool) -> Result<(), Malformed> {
        let header: [u8; 4] = frame.take(self.at).ok_or(self.cut_short())?;
        let length = match self.next {
            next::FRAGMENT => 8,
            next::AUTHENTICATION => (header[1] as usize + 2) * 4,
            _ => (header[1] as usize + 1) * 8,
        };
        if self.at + length > self.end {
            return Err(self.cut_short());
        }
        match self.next {
            next::HOP_BY_HOP if !first => return Err(Malformed::ExtensionOrder),
            next::ROUTING if header[2] == 0 => return Err(Malformed::RoutingZero),
            next::FRAGMENT => self.enter_fragment(u16::from_be_bytes([header[2], header[3]]))?,
            _ => {}
        }
        self.next = header[0];
        self.at += length;
        Ok(())
    }

    #[inline(always)]
    fn enter_fragment(&mut self, word: u16) -> Result<(), Malformed> {
        if matches!(self.fragment, Fragment::First) {
            return Err(Malformed::ExtensionOrder);
        }
        let offset = (word & 0xfff8) as usize;
        if offset != 0 {
            let payload = self.end.saturating_sub(self.at + 8);
            self.fragment = Fragment::Later;
            if offset + payload > MAX_DATAGRAM {
                return Err(Malformed::FragmentBeyond);
            }
        } else if word & 1 != 0 {
            self.fragment = Fragment::First;
        }
        Ok(())
    }

    #[inline(always)]
    fn cut_short(&self) -> Malformed {
        match self.fragment {
            // RFC 7112: a first fragment holds the whole header chain.
            Fragment::First => Malformed::FragmentTiny,
            Fragment::Whole | Fragment::Later => Malformed::ExtensionTruncated,
        }
    }

    #[inline(always)]
    fn transport<F: Frame>(&self, frame: &F) -> Transport {
        let segment = Segment {
            at: self.at,
            end: self.end,
            fragment: self.fragment,
        };
        transport::parse(frame, segment, self.next)
    }
}

#[cfg(test)]
mod tests;
