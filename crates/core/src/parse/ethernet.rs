// SPDX-License-Identifier: MIT
//! Ethernet II with up to two VLAN tags (IEEE 802.3, 802.1Q, 802.1ad).

use super::{Parsed, Unreadable};
use crate::frame::Frame;
use crate::malformed::Malformed;
use aegis_abi::Family;

/// Tags that are unwrapped; a third is [`Malformed::VlanDepth`].
pub const MAX_VLANS: usize = 2;

const SOURCE: usize = 6;
const TYPE: usize = 12;
const TAG_LENGTH: usize = 4;

/// EtherTypes (IANA IEEE 802 numbers).
pub mod ethertype {
    /// IPv4.
    pub const IPV4: u16 = 0x0800;
    /// ARP.
    pub const ARP: u16 = 0x0806;
    /// 802.1Q customer tag.
    pub const VLAN: u16 = 0x8100;
    /// IPv6.
    pub const IPV6: u16 = 0x86dd;
    /// 802.1ad service tag.
    pub const SERVICE_VLAN: u16 = 0x88a8;
    /// The service tag of before 802.1ad, which switches still send.
    pub const OLD_SERVICE_VLAN: u16 = 0x9100;
}

#[inline(always)]
const fn is_tag(ethertype: u16) -> bool {
    matches!(ethertype, ethertype::VLAN | ethertype::SERVICE_VLAN | ethertype::OLD_SERVICE_VLAN)
}

/// Parses an Ethernet frame.
///
/// # Errors
/// As [`super::parse`].
#[inline(always)]
pub fn parse<F: Frame>(frame: &F) -> Result<Parsed, Unreadable> {
    let (ethertype, at) = match network_header(frame) {
        Ok(found) => found,
        Err(malformed) => return Err(Unreadable { family: Family::Other, malformed }),
    };
    match ethertype {
        ethertype::IPV4 => super::v4(frame, at),
        ethertype::IPV6 => super::v6(frame, at),
        ethertype::ARP => Ok(Parsed::Arp { sender: sender(frame) }),
        _ => Ok(Parsed::NotIp),
    }
}

/// The EtherType behind the tags, and the offset of the header it announces.
#[inline(always)]
fn network_header<F: Frame>(frame: &F) -> Result<(u16, usize), Malformed> {
    let mut ethertype = u16::from_be_bytes(frame.take(TYPE).ok_or(Malformed::EthernetTruncated)?);
    let mut at = TYPE + 2;
    for _ in 0..MAX_VLANS {
        if !is_tag(ethertype) {
            return Ok((ethertype, at));
        }
        let [_, _, high, low] = frame.take(at).ok_or(Malformed::VlanTruncated)?;
        ethertype = u16::from_be_bytes([high, low]);
        at += TAG_LENGTH;
    }
    if is_tag(ethertype) { Err(Malformed::VlanDepth) } else { Ok((ethertype, at)) }
}

#[inline(always)]
fn sender<F: Frame>(frame: &F) -> u32 {
    let [_, _, a, b, c, d] = frame.take(SOURCE).unwrap_or_default();
    u32::from_be_bytes([a, b, c, d]).wrapping_mul(0x9e37_79b1) >> 16
}
