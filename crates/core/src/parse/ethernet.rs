// SPDX-License-Identifier: MIT
//! Ethernet II with up to two VLAN tags (IEEE 802.3, 802.1Q, 802.1ad).

use crate::frame::Frame;
use crate::malformed::Malformed;

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
    matches!(
        ethertype,
        ethertype::VLAN | ethertype::SERVICE_VLAN | ethertype::OLD_SERVICE_VLAN
    )
}

/// The link address of an ARP message's sender.
#[inline(always)]
pub fn sender<F: Frame>(frame: &F) -> [u8; 6] {
    frame.take(SOURCE).unwrap_or_default()
}

/// The EtherType behind the tags, and the offset of the header it announces.
///
/// # Errors
/// Tags that end early, or of which there are too many.
#[inline(always)]
pub fn network_header<F: Frame>(frame: &F) -> Result<(u16, usize), Malformed> {
    let mut ethertype = u16::from_be_bytes(frame.take(TYPE).ok_or(Malformed::EthernetTruncated)?);
    let mut at = TYPE + 2;
    for _ in 0..MAX_VLANS {
        if !is_tag(ethertype) {
            return Ok((ethertype, at));
        }
        let [_, _, high, low] = frame.take(at).ok_or(Malformed::VlanTruncated)?;
        ethertype = u16::from_be_bytes([high, low]);
        // Behind one tag or two, what follows is the same.
        at = frame.obscure(at + TAG_LENGTH);
    }
    if is_tag(ethertype) {
        Err(Malformed::VlanDepth)
    } else {
        Ok((ethertype, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::V4;
    use crate::emit;
    use crate::packet::{Ports, Transport};
    use crate::parse::{self, Parsed, Unreadable};
    use aegis_abi::{Family, Link};

    const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const B: [u8; 6] = [2, 0, 0, 0, 0, 2];

    fn syn() -> emit::Frame {
        emit::Frame::ethernet(A, B)
            .ipv4([192, 0, 2, 1], [192, 0, 2, 2])
            .tcp(40_000, 80, "S")
    }

    fn parsed(frame: &emit::Frame) -> Result<Parsed, Unreadable> {
        parse::parse(&frame.bytes().as_slice(), Link::Ethernet)
    }

    fn ports(parsed: Result<Parsed, Unreadable>) -> Ports {
        match parsed {
            Ok(Parsed::V4(packet)) => packet.ports().unwrap(),
            other => panic!("not IPv4: {other:?}"),
        }
    }

    #[test]
    fn a_captured_query_for_an_address_is_read_byte_by_byte() {
        let frame: &[u8] = &[
            0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08,
            0x00, // link
            0x45, 0x00, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0xf6, 0xcd, // IPv4
            0xc0, 0x00, 0x02, 0x01, 0xc0, 0x00, 0x02, 0x35, // addresses
            0xd4, 0x31, 0x00, 0x35, 0x00, 0x08, 0x00, 0x00, // UDP
        ];
        let Ok(Parsed::V4(packet)) = parse::parse(&frame, Link::Ethernet) else {
            panic!("not IPv4")
        };
        assert_eq!(packet.source, V4::new([192, 0, 2, 1]));
        assert_eq!(packet.destination, V4::new([192, 0, 2, 53]));
        assert_eq!((packet.protocol, packet.hop_limit), (17, 64));
        let ports = Ports {
            source: 54_321,
            destination: 53,
        };
        assert_eq!(packet.transport(), Transport::Ports(ports));
    }

    #[test]
    fn tags_are_unwrapped_whatever_their_type_and_order() {
        let untagged = ports(parsed(&syn()));
        let kinds = [
            ethertype::VLAN,
            ethertype::SERVICE_VLAN,
            ethertype::OLD_SERVICE_VLAN,
        ];
        for outer in kinds {
            assert_eq!(ports(parsed(&syn().tag(outer, 5))), untagged, "{outer:#x}");
            for inner in kinds {
                let twice = syn().tag(outer, 0xe005).tag(inner, 7);
                assert_eq!(ports(parsed(&twice)), untagged, "{outer:#x} {inner:#x}");
            }
        }
    }

    #[test]
    fn a_priority_tag_with_id_0_is_a_tag_like_any_other() {
        assert_eq!(ports(parsed(&syn().vlan(0))), ports(parsed(&syn())));
    }

    #[test]
    fn a_third_tag_is_too_deep() {
        let deep = parsed(&syn().service_vlan(1).vlan(2).vlan(3));
        assert_eq!(
            deep,
            Err(Unreadable {
                family: Family::Other,
                malformed: Malformed::VlanDepth
            })
        );
    }

    #[test]
    fn a_frame_that_ends_in_its_link_header_or_tags_says_where() {
        let bytes = syn().service_vlan(1).vlan(2).bytes();
        for end in 0..22 {
            let expected = if end < 14 {
                Malformed::EthernetTruncated
            } else {
                Malformed::VlanTruncated
            };
            let unreadable = Unreadable {
                family: Family::Other,
                malformed: expected,
            };
            assert_eq!(
                parse::parse(&&bytes[..end], Link::Ethernet),
                Err(unreadable),
                "{end} bytes"
            );
        }
    }

    #[test]
    fn arp_is_told_by_its_type_and_its_senders_apart() {
        let sender = |mac| {
            let frame = emit::Frame::ethernet(mac, [0xff; 6]);
            match parsed(
                &frame
                    .vlan(3)
                    .arp([192, 0, 2, 1].into(), [192, 0, 2, 2].into()),
            ) {
                Ok(Parsed::Arp { sender }) => sender,
                other => panic!("not ARP: {other:?}"),
            }
        };
        assert_eq!((sender(A), sender(B)), (A, B));
    }

    #[test]
    fn what_is_neither_ip_nor_arp_is_left_alone() {
        for other in [0x88cc, 0x8847, 0x8864, 0x88b5, 60, 0] {
            let frame = emit::Frame::ethernet(A, B)
                .ethertype(other)
                .payload(&[0x45; 60]);
            assert_eq!(parsed(&frame), Ok(Parsed::NotIp), "{other:#x}");
        }
    }

    #[test]
    fn an_ip_header_of_another_version_than_the_type_announces_is_refused() {
        let wrong = parsed(&syn().claiming_version(6));
        let unreadable = Unreadable {
            family: Family::V4,
            malformed: Malformed::IpVersion,
        };
        assert_eq!(wrong, Err(unreadable));
    }
}
