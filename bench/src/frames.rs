// SPDX-License-Identifier: MIT
//! The packets that are measured: small ones, as in a flood.

use aegis_core::emit::Frame;
use std::net::IpAddr;

const MAC: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
const HOP_BY_HOP: u8 = 0;
const DESTINATION_OPTIONS: u8 = 60;
/// Data of a request, so that frames are no shorter than Ethernet allows.
const REQUEST: [u8; 16] = *b"GET / HTTP/1.1\r\n";

/// A TCP segment of an established connection.
pub fn tcp(source: IpAddr, destination: IpAddr) -> Vec<u8> {
    segment(source, destination).bytes()
}

/// The same behind two IPv6 extension headers.
pub fn tcp_behind_extensions(source: IpAddr, destination: IpAddr) -> Vec<u8> {
    segment(source, destination)
        .extension(HOP_BY_HOP)
        .extension(DESTINATION_OPTIONS)
        .bytes()
}

/// A TCP header that says it is longer than the packet.
pub fn tcp_with_a_lying_offset(source: IpAddr, destination: IpAddr) -> Vec<u8> {
    segment(source, destination)
        .claiming_data_offset(15)
        .bytes()
}

/// Flags that no stack sends: SYN and FIN.
pub fn tcp_syn_fin(source: IpAddr, destination: IpAddr) -> Vec<u8> {
    ethernet()
        .ip(source, destination)
        .tcp(40_000, 80, "SF")
        .payload(&REQUEST)
        .bytes()
}

/// A UDP datagram to the discard port, addressed to a station.
pub fn udp(macs: [[u8; 6]; 2], source: IpAddr, destination: IpAddr) -> Vec<u8> {
    Frame::ethernet(macs[0], macs[1])
        .ip(source, destination)
        .udp(40_000, 9)
        .payload(&[0; 18])
        .bytes()
}

fn segment(source: IpAddr, destination: IpAddr) -> Frame {
    ethernet()
        .ip(source, destination)
        .tcp(40_000, 80, "PA")
        .payload(&REQUEST)
}

fn ethernet() -> Frame {
    Frame::ethernet(MAC[0], MAC[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_of_a_flood_is_as_short_as_ethernet_allows() {
        let frame = udp(MAC, [192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        assert_eq!(frame.len(), 60);
    }
}
