// SPDX-License-Identifier: MIT
//! IPv4 (RFC 791), options skipped, fragments told apart.

use super::transport::{self, Segment};
use crate::address::V4;
use crate::frame::Frame;
use crate::malformed::Malformed;
use crate::packet::{Fragment, Packet, Transport, protocol};

const HEADER: usize = 20;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET_MASK: u16 = 0x1fff;
/// The end of the largest datagram (RFC 791 section 3.1).
pub const MAX_DATAGRAM: usize = 65_535;

/// Parses the IPv4 packet at `at`.
///
/// # Errors
/// The class of a header that is cut short or lies about lengths.
#[inline(always)]
pub fn parse<F: Frame>(frame: &F, at: usize) -> Result<Packet<V4>, Malformed> {
    let header: [u8; HEADER] = frame.take(at).ok_or(Malformed::Ipv4Truncated)?;
    if header[0] >> 4 != 4 {
        return Err(Malformed::IpVersion);
    }
    let header_length = (header[0] & 0x0f) as usize * 4;
    if header_length < HEADER {
        return Err(Malformed::Ipv4HeaderLength);
    }
    let available = frame.length().saturating_sub(at);
    let total = total_length(u16::from_be_bytes([header[2], header[3]]), available);
    if total < HEADER || total > available {
        return Err(Malformed::Ipv4TotalLength);
    }
    if header_length > total {
        return Err(Malformed::Ipv4HeaderLength);
    }
    let protocol = header[9];
    let word = u16::from_be_bytes([header[6], header[7]]);
    let (fragment, sound) = fragment(word, protocol, total - header_length);
    let segment = Segment { at: at + header_length, end: at + total, fragment };
    Ok(Packet {
        source: V4([header[12], header[13], header[14], header[15]]),
        destination: V4([header[16], header[17], header[18], header[19]]),
        protocol,
        hop_limit: header[8],
        fragment,
        transport: match sound {
            Ok(()) => transport::parse(frame, segment, protocol),
            Err(malformed) => Transport::Malformed(malformed),
        },
    })
}

/// A length of 0 means "too long to say" in a super-packet of the stack's (BIG TCP, Linux 6.3).
#[inline(always)]
fn total_length(field: u16, available: usize) -> usize {
    if field == 0 && available > MAX_DATAGRAM { available } else { field as usize }
}

#[inline(always)]
fn fragment(word: u16, protocol: u8, payload: usize) -> (Fragment, Result<(), Malformed>) {
    let offset = (word & OFFSET_MASK) as usize * 8;
    if offset == 0 {
        let more = word & MORE_FRAGMENTS != 0;
        return (if more { Fragment::First } else { Fragment::Whole }, Ok(()));
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
