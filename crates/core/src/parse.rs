// SPDX-License-Identifier: MIT
//! From bytes to a [`Packet`]: one protocol a file, each with its limits.

pub mod ethernet;
pub mod ipv4;
pub mod ipv6;
pub mod transport;

use crate::address::{V4, V6};
use crate::frame::Frame;
use crate::malformed::Malformed;
use crate::packet::Packet;
use aegis_abi::{Family, Link};

/// A frame that could be told what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Parsed {
    /// IPv4.
    V4(Packet<V4>),
    /// IPv6.
    V6(Packet<V6>),
    /// ARP.
    Arp {
        /// The sender's link address.
        sender: [u8; 6],
    },
    /// Neither IP nor ARP.
    NotIp,
}

/// A frame without so much as two addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What it claimed to be.
    pub family: Family,
    /// What is wrong.
    pub malformed: Malformed,
}

/// Parses a frame of an interface of kind `link`.
///
/// # Errors
/// [`Unreadable`] where the packet ends before its addresses, or contradicts itself about where it
/// ends.
#[inline(never)]
pub fn parse<F: Frame>(frame: &F, link: Link) -> Result<Parsed, Unreadable> {
    match link {
        Link::Ethernet => ethernet::parse(frame),
        Link::RawIp => raw_ip(frame),
    }
}

/// An interface without link header: the IP version is all there is to go by.
#[inline(always)]
fn raw_ip<F: Frame>(frame: &F) -> Result<Parsed, Unreadable> {
    let unreadable = Unreadable {
        family: Family::Other,
        malformed: Malformed::IpVersion,
    };
    let [first] = frame.take(0).ok_or(unreadable)?;
    match first >> 4 {
        4 => v4(frame, 0),
        6 => v6(frame, 0),
        _ => Err(unreadable),
    }
}

#[inline(always)]
fn v4<F: Frame>(frame: &F, at: usize) -> Result<Parsed, Unreadable> {
    match ipv4::parse(frame, at) {
        Ok(packet) => Ok(Parsed::V4(packet)),
        Err(malformed) => Err(Unreadable {
            family: Family::V4,
            malformed,
        }),
    }
}

#[inline(always)]
fn v6<F: Frame>(frame: &F, at: usize) -> Result<Parsed, Unreadable> {
    match ipv6::parse(frame, at) {
        Ok(packet) => Ok(Parsed::V6(packet)),
        Err(malformed) => Err(Unreadable {
            family: Family::V6,
            malformed,
        }),
    }
}
