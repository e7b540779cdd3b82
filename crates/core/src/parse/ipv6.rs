// SPDX-License-Identifier: MIT
//! IPv6 (RFC 8200) and a bounded walk over its extension headers.

use super::Network;
use super::ipv4::MAX_DATAGRAM;
use super::transport::{self, Segment};
use crate::address::V6;
use crate::frame::Frame;
use crate::malformed::Malformed;
use crate::packet::{Fragment, Head, Header, Offsets, Packet, Rest};
use zerocopy::{FromBytes, Immutable, KnownLayout};

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

/// The header without extensions.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Wire {
    start: [u8; 8],
    source: [u8; 16],
    destination: [u8; 16],
}

impl Network for V6 {
    #[inline(always)]
    fn head<F: Frame>(frame: &F, at: usize) -> Result<Head<Self>, Malformed> {
        let header = frame.header::<HEADER>(at).ok_or(Malformed::Ipv6Truncated)?;
        let Wire {
            start: [version, _, _, _, high, low, next, hop_limit],
            source,
            destination,
        } = zerocopy::transmute!(header.0);
        if version >> 4 != 6 {
            return Err(Malformed::IpVersion);
        }
        let available = frame.length().saturating_sub(at + HEADER);
        let payload = payload_length(u16::from_be_bytes([high, low]), next, available)?;
        Ok(Head {
            source: V6::new(source),
            destination: V6::new(destination),
            hop_limit,
            rest: Rest {
                next,
                fragment: 0,
                network: at,
                at: at + HEADER,
                end: at + HEADER + payload,
            },
        })
    }

    #[inline(always)]
    fn packet<F: Frame>(head: &Head<Self>, frame: &F) -> Packet<Self> {
        let chain = Chain::behind(head.rest, frame);
        let segment = Segment {
            at: chain.at as usize,
            end: head.rest.end,
            fragment: chain.fragment,
        };
        Packet {
            source: head.source,
            destination: head.destination,
            protocol: chain.next,
            hop_limit: head.hop_limit,
            fragment: chain.fragment,
            header: (match chain.malformed {
                None => transport::parse(frame, segment, chain.next),
                Some(malformed) => Header::malformed(malformed),
            })
            .obscured(frame),
            at: Offsets {
                network: head.rest.network as u16,
                transport: chain.at,
            },
        }
    }
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

/// Where a walk over extension headers stands. It fits in a word, which is obscured at each step:
/// the verifier would go through everything that follows for each way through a chain.
#[derive(Clone, Copy)]
struct Chain {
    at: u16,
    next: u8,
    fragment: Fragment,
    malformed: Option<Malformed>,
}

impl Chain {
    /// The end of the chain that a network header begins.
    #[inline(always)]
    fn behind<F: Frame>(rest: Rest, frame: &F) -> Self {
        let chain = Self {
            at: rest.at as u16,
            next: rest.next,
            fragment: Fragment::Whole,
            malformed: None,
        };
        if chain.has_extension() {
            chain.walked(frame, rest.end)
        } else {
            chain
        }
    }

    /// A function of its own: few packets have extension headers.
    #[inline(never)]
    fn walked<F: Frame>(mut self, frame: &F, end: usize) -> Self {
        for walked in 0..MAX_EXTENSIONS {
            if let Err(malformed) = self.step(frame, end, walked == 0) {
                self.malformed = Some(malformed);
                return frame.obscure(self);
            }
            self = frame.obscure(self);
            if matches!(self.fragment, Fragment::Later) || !self.has_extension() {
                return self;
            }
        }
        self.malformed = Some(Malformed::ExtensionDepth);
        self
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
    fn step<F: Frame>(&mut self, frame: &F, end: usize, first: bool) -> Result<(), Malformed> {
        let at = self.at as usize;
        let header: [u8; 4] = frame.take(at).ok_or(self.cut_short())?;
        let length = match self.next {
            next::FRAGMENT => 8,
            next::AUTHENTICATION => (header[1] as usize + 2) * 4,
            _ => (header[1] as usize + 1) * 8,
        };
        if at + length > end {
            return Err(self.cut_short());
        }
        match self.next {
            next::HOP_BY_HOP if !first => return Err(Malformed::ExtensionOrder),
            next::ROUTING if header[2] == 0 => return Err(Malformed::RoutingZero),
            next::FRAGMENT => {
                let word = u16::from_be_bytes([header[2], header[3]]);
                self.enter_fragment(word, end.saturating_sub(at + 8))?;
            }
            _ => {}
        }
        self.next = header[0];
        // No header is looked for beyond `MAX_OFFSET`, so that it cannot overflow.
        self.at = (at + length) as u16;
        Ok(())
    }

    #[inline(always)]
    fn enter_fragment(&mut self, word: u16, payload: usize) -> Result<(), Malformed> {
        if matches!(self.fragment, Fragment::First) {
            return Err(Malformed::ExtensionOrder);
        }
        let offset = (word & 0xfff8) as usize;
        if offset != 0 {
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
}

#[cfg(test)]
mod tests;
