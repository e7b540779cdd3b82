// SPDX-License-Identifier: MIT
//! SYN cookies: which SYNs can be answered with one, and the answer.
//!
//! The kernel makes the cookie; everything else of the SYN-ACK is made here. Nothing is remembered
//! of the SYN, so nothing can be promised but the segment size that the cookie itself encodes:
//! window scale, selective acknowledgements, timestamps, ECN and fast open are refused by not
//! being echoed.

use crate::frame::{Frame, MAX_OFFSET};
use crate::packet::protocol;
use crate::pending::{Kind, Pending};
use crate::tcp::TcpFlags;
use crate::tuple::is_group;
use aegis_abi::Family;

/// Bytes of an answer's TCP header: the segment size is its only option.
pub const SEGMENT: usize = 24;
/// Bytes of an IPv4 header without options.
pub const V4_HEADER: usize = 20;
/// Bytes of an IPv6 header.
pub const V6_HEADER: usize = 40;

/// Bytes of an Ethernet header: what begins with less has none that could be turned round.
const ETHERNET: usize = 14;
/// Bytes of a TCP header without options.
const TCP: usize = 20;
/// What Linux starts packets with.
const HOP_LIMIT: u8 = 64;
/// The first flight of RFC 6928: nobody sends more before the host itself says how much it takes.
const WINDOW: u16 = 14_600;
/// What fits 1,500 bytes. The kernel's tables of segment sizes go further for IPv6.
const LARGEST_V4: u16 = 1_460;
const LARGEST_V6: u16 = 1_440;
/// Options that are looked at, padding included. Stacks put the segment size first.
const MOST_OPTIONS: usize = 12;
/// Keeps offsets within [`MAX_OFFSET`], which says the same to the verifier whatever was added.
const OFFSET_MASK: usize = MAX_OFFSET >> 1;

/// TCP options (IANA TCP parameters).
mod option {
    pub const END: u8 = 0;
    pub const NOTHING: u8 = 1;
    pub const SEGMENT_SIZE: u8 = 2;
    pub const MD5: u8 = 19;
    pub const AUTHENTICATION: u8 = 29;
}

/// What a cookie is made of, besides addresses, ports and sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The largest segment that the peer takes, 0 where it does not say.
    pub segment_size: u16,
}

/// What the kernel made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The sequence number of the answer.
    pub sequence: u32,
    /// The segment size that the cookie stands for.
    pub segment_size: u16,
}

/// Reads a SYN; `None` where it is for the stack to answer: one without an Ethernet header or to a
/// group, with IP options or extension headers, a fragment, or one that must be signed.
#[inline(always)]
pub fn request<F: Frame>(frame: &F, pending: &Pending) -> Option<Request> {
    let at = pending.at();
    let (network, transport) = (usize::from(at.network), usize::from(at.transport));
    if !is_plain_syn(pending) || network < ETHERNET || transport != network + header_of(pending) {
        return None;
    }
    let [group, ..] = frame.take::<6>(0)?;
    if group & 1 != 0
        || is_group(&pending.tuple.local, &pending.tuple)
        || is_fragment(frame, pending, network)
    {
        return None;
    }
    let [words] = frame.take::<1>(transport + 12)?;
    let end = transport + usize::from(words >> 4) * 4;
    let segment_size = options(frame, (transport + TCP, end))?;
    Some(Request { segment_size })
}

/// Whether it asks for a connection, whatever its ECN bits say.
#[inline(always)]
fn is_plain_syn(pending: &Pending) -> bool {
    const OTHERS: TcpFlags = TcpFlags::ACK.with(TcpFlags::RST).with(TcpFlags::FIN);
    let flags = pending.flags();
    pending.hook().is_ingress()
        && matches!(pending.kind(), Kind::Tcp)
        && flags.has(TcpFlags::SYN)
        && !flags.any(OTHERS)
}

/// Bytes of the IP header of an answer.
#[inline(always)]
pub fn header_of(pending: &Pending) -> usize {
    match pending.family() {
        Family::V6 => V6_HEADER,
        _ => V4_HEADER,
    }
}

/// Whether more of it follows; that it does not begin elsewhere is known. With IPv6 a header says
/// so, which is none that a plain SYN has.
#[inline(always)]
fn is_fragment<F: Frame>(frame: &F, pending: &Pending, network: usize) -> bool {
    if matches!(pending.family(), Family::V6) {
        return false;
    }
    match frame.take::<2>(network + 6) {
        Some([high, low]) => u16::from_be_bytes([high, low]) & 0x3fff != 0,
        None => true,
    }
}

/// The segment size among the options; 0 where they do not say, `None` where the connection is to
/// be signed (RFC 2385, RFC 5925): the peer would not take an answer without a signature.
#[inline(never)]
fn options<F: Frame>(frame: &F, (from, end): (usize, usize)) -> Option<u16> {
    let (mut at, mut segment_size) = (from, 0);
    for _ in 0..MOST_OPTIONS {
        if at >= end {
            break;
        }
        let place = at & OFFSET_MASK;
        let Some([kind]) = frame.take::<1>(place) else {
            break;
        };
        if kind == option::NOTHING {
            at += 1;
            continue;
        }
        if kind == option::END {
            break;
        }
        let Some([_, length]) = frame.take::<2>(place) else {
            break;
        };
        match kind {
            option::MD5 | option::AUTHENTICATION => return None,
            option::SEGMENT_SIZE if length == 4 => {
                segment_size = match frame.take::<4>(place) {
                    Some([_, _, high, low]) => u16::from_be_bytes([high, low]),
                    None => 0,
                };
            }
            _ => {}
        }
        if length < 2 {
            break;
        }
        at += usize::from(length);
    }
    Some(segment_size)
}

/// The headers of a SYN that the kernel makes a cookie of: only what is looked at by
/// `bpf_tcp_gen_syncookie` is true.
#[inline(always)]
pub fn asked(pending: &Pending, request: Request) -> [u8; SEGMENT] {
    let ports = [pending.tuple.peer_port, pending.tuple.local_port];
    let numbers = (pending.numbers().sequence, 0);
    segment(ports, numbers, TcpFlags::SYN, request.segment_size)
}

/// The TCP header of the answer.
#[inline(always)]
pub fn answer(pending: &Pending, cookie: Cookie) -> [u8; SEGMENT] {
    let ports = [pending.tuple.local_port, pending.tuple.peer_port];
    let numbers = (cookie.sequence, pending.numbers().sequence.wrapping_add(1));
    let largest = match pending.family() {
        Family::V6 => LARGEST_V6,
        _ => LARGEST_V4,
    };
    let flags = TcpFlags::SYN.with(TcpFlags::ACK);
    let bytes = segment(ports, numbers, flags, cookie.segment_size.min(largest));
    let sum = sum(&bytes)
        + sum(&pending.tuple.peer)
        + sum(&pending.tuple.local)
        + u32::from(protocol::TCP)
        + SEGMENT as u32;
    with_checksum(bytes, 16, sum)
}

/// Builds a TCP header with a segment size.
#[inline(always)]
fn segment(
    [source, destination]: [u16; 2],
    (sequence, acknowledgement): (u32, u32),
    flags: TcpFlags,
    segment_size: u16,
) -> [u8; SEGMENT] {
    let [a, b] = source.to_be_bytes();
    let [c, d] = destination.to_be_bytes();
    let [e, f, g, h] = sequence.to_be_bytes();
    let [i, j, k, l] = acknowledgement.to_be_bytes();
    let words = (SEGMENT / 4) as u8;
    let [m, n] = WINDOW.to_be_bytes();
    let [o, p] = segment_size.to_be_bytes();
    let flags = flags.0 as u8;
    let size = option::SEGMENT_SIZE;
    [
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        j,
        k,
        l,
        words << 4,
        flags,
        m,
        n,
        0,
        0,
        0,
        0,
        size,
        4,
        o,
        p,
    ]
}

/// The IPv4 header of the answer: as the stack's own SYN-ACKs, it must not be fragmented, so that
/// it needs no number.
#[inline(always)]
pub fn header_v4(pending: &Pending) -> [u8; V4_HEADER] {
    let [a, b, c, d, ..] = pending.tuple.local;
    let [e, f, g, h, ..] = pending.tuple.peer;
    let length = (V4_HEADER + SEGMENT) as u8;
    let bytes = [
        0x45,
        0,
        0,
        length,
        0,
        0,
        0x40,
        0,
        HOP_LIMIT,
        protocol::TCP,
        0,
        0,
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
    ];
    with_checksum(bytes, 10, sum(&bytes))
}

/// The IPv6 header of the answer.
#[inline(always)]
pub fn header_v6(pending: &Pending) -> [u8; V6_HEADER] {
    let mut bytes = [0; V6_HEADER];
    let start = [0x60, 0, 0, 0, 0, SEGMENT as u8, protocol::TCP, HOP_LIMIT];
    let (head, addresses) = bytes.split_at_mut(8);
    let (source, destination) = addresses.split_at_mut(16);
    head.copy_from_slice(&start);
    source.copy_from_slice(&pending.tuple.local);
    destination.copy_from_slice(&pending.tuple.peer);
    bytes
}

/// The sum of the words of the Internet checksum (RFC 1071), not folded. `N` is even.
#[inline(always)]
fn sum<const N: usize>(bytes: &[u8; N]) -> u32 {
    let (words, _) = bytes.as_chunks::<2>();
    let mut sum = 0;
    for word in words {
        sum += u32::from(u16::from_be_bytes(*word));
    }
    sum
}

/// Puts the checksum of a sum at an offset.
#[inline(always)]
fn with_checksum<const N: usize>(mut bytes: [u8; N], at: usize, sum: u32) -> [u8; N] {
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    let [high, low] = (!(folded as u16)).to_be_bytes();
    bytes[at] = high;
    bytes[at + 1] = low;
    bytes
}

#[cfg(test)]
mod tests;
