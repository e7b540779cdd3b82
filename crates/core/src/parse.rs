// SPDX-License-Identifier: MIT
//! From bytes to a [`Packet`]: one protocol a file, each with its limits.

pub mod ethernet;
pub mod ipv4;
pub mod ipv6;
pub mod transport;

use crate::address::{Address, V4, V6};
use crate::frame::Frame;
use crate::malformed::Malformed;
use crate::packet::{Head, Packet};
use aegis_abi::{Family, Link};
use ethernet::ethertype;

/// A frame that was read to its transport header.
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

/// A family's way from its network header to the transport header.
pub trait Network: Address {
    /// Reads the network header at `at`.
    ///
    /// # Errors
    /// The class of a header that is cut short or lies about lengths.
    fn head<F: Frame>(frame: &F, at: usize) -> Result<Head<Self>, Malformed>;

    /// Reads what follows the network header. What cannot be read is a [`Malformed`] transport.
    fn packet<F: Frame>(head: &Head<Self>, frame: &F) -> Packet<Self>;

    /// Reads the packet at `at`.
    ///
    /// # Errors
    /// As [`Self::head`].
    #[inline(always)]
    fn parse<F: Frame>(frame: &F, at: usize) -> Result<Packet<Self>, Malformed> {
        let head = Self::head(frame, at)?;
        Ok(Self::packet(&head, frame))
    }
}

/// Parses a frame of an interface of kind `link`.
///
/// # Errors
/// [`Unreadable`] where the packet ends before its addresses, or contradicts itself about where it
/// ends.
#[inline(always)]
pub fn parse<F: Frame>(frame: &F, link: Link) -> Result<Parsed, Unreadable> {
    let of = |family| move |malformed| Unreadable { family, malformed };
    let (ethertype, at) = network_header(frame, link).map_err(of(Family::Other))?;
    Ok(match ethertype {
        ethertype::IPV4 => Parsed::V4(V4::parse(frame, at).map_err(of(Family::V4))?),
        ethertype::IPV6 => Parsed::V6(V6::parse(frame, at).map_err(of(Family::V6))?),
        ethertype::ARP => Parsed::Arp {
            sender: ethernet::sender(frame),
        },
        _ => Parsed::NotIp,
    })
}

/// What the link header announces, as an EtherType, and the offset at which it begins.
///
/// # Errors
/// The class of a frame that announces nothing.
#[inline(always)]
pub fn network_header<F: Frame>(frame: &F, link: Link) -> Result<(u16, usize), Malformed> {
    match link {
        Link::Ethernet => ethernet::network_header(frame),
        // The IP version is all there is to go by.
        Link::RawIp => match frame.take(0) {
            Some([first]) if first >> 4 == 4 => Ok((ethertype::IPV4, 0)),
            Some([first]) if first >> 4 == 6 => Ok((ethertype::IPV6, 0)),
            _ => Err(Malformed::IpVersion),
        },
    }
}
