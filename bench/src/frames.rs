// SPDX-License-Identifier: MIT
//! The packets that are measured: small ones, as in a flood.

use aegis_abi::Hook;
use aegis_core::emit::Frame;
use std::net::IpAddr;

const MAC: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
const HOP_BY_HOP: u8 = 0;
const DESTINATION_OPTIONS: u8 = 60;
/// Data of a request, so that frames are no shorter than Ethernet allows.
const REQUEST: [u8; 16] = *b"GET / HTTP/1.1\r\n";
/// Ports of the connection: the peer's, and the one it connects to.
const PORTS: (u16, u16) = (40_000, 80);
/// What Linux offers in a SYN, as long as it offers it: MSS, SACK, timestamps, window scale.
const OFFER: [u8; 20] = [
    2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
];

/// A TCP segment of a peer, the one that follows a [`handshake`].
pub fn tcp(peer: IpAddr, local: IpAddr) -> Vec<u8> {
    segment(peer, local).bytes()
}

/// A segment of this side of the same connection.
pub fn tcp_back(local: IpAddr, peer: IpAddr) -> Vec<u8> {
    ethernet()
        .ip(local, peer)
        .tcp(PORTS.1, PORTS.0, "PA")
        .acknowledgement(1 + REQUEST.len() as u32)
        .payload(&REQUEST)
        .bytes()
}

/// A peer's request for a connection to a port.
pub fn tcp_syn(peer: IpAddr, local: IpAddr, port: u16) -> Vec<u8> {
    ethernet()
        .ip(peer, local)
        .tcp(PORTS.0, port, "S")
        .sequence(0)
        .tcp_options(&OFFER)
        .bytes()
}

/// What makes a connection of a peer known.
pub fn handshake(peer: IpAddr, local: IpAddr) -> Vec<(Hook, Vec<u8>)> {
    let accepted = ethernet()
        .ip(local, peer)
        .tcp(PORTS.1, PORTS.0, "SA")
        .sequence(0)
        .tcp_options(&OFFER);
    let acknowledged = ethernet().ip(peer, local).tcp(PORTS.0, PORTS.1, "A");
    vec![
        (Hook::XdpIngress, tcp_syn(peer, local, PORTS.1)),
        (Hook::TcEgress, accepted.bytes()),
        (Hook::XdpIngress, acknowledged.bytes()),
    ]
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
        .tcp(PORTS.0, PORTS.1, "SF")
        .payload(&REQUEST)
        .bytes()
}

/// A UDP datagram to the discard port.
pub fn datagram(source: IpAddr, destination: IpAddr) -> Vec<u8> {
    udp(MAC, source, destination)
}

/// The same, addressed to a station.
pub fn udp(macs: [[u8; 6]; 2], source: IpAddr, destination: IpAddr) -> Vec<u8> {
    Frame::ethernet(macs[0], macs[1])
        .ip(source, destination)
        .udp(PORTS.0, 9)
        .payload(&[0; 18])
        .bytes()
}

fn segment(source: IpAddr, destination: IpAddr) -> Frame {
    ethernet()
        .ip(source, destination)
        .tcp(PORTS.0, PORTS.1, "PA")
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
