// SPDX-License-Identifier: MIT
//! ICMP over IPv4 (RFC 792), ICMPv6 over IPv6 (RFC 4443).

use super::Frame;
use super::transport::Transport;

/// What an ICMP error may be long, its IP header included (RFC 1812 section 4.3.2.3).
const MAX_ERROR_V4: usize = 576;
/// Likewise of ICMPv6 (RFC 4443 section 2.4).
const MAX_ERROR_V6: usize = 1_280;

/// ICMP.
impl Frame {
    /// A message, the rest of whose header is zero.
    #[must_use]
    pub fn icmp(self, kind: u8, code: u8) -> Self {
        self.icmp_with(kind, code, [0; 4])
    }

    /// A message with the four bytes behind the checksum.
    #[must_use]
    pub fn icmp_with(self, kind: u8, code: u8, rest: [u8; 4]) -> Self {
        Self {
            transport: Transport::Icmp { kind, code, rest },
            ..self
        }
    }

    /// An echo message (types 8 and 0, of ICMPv6 128 and 129).
    #[must_use]
    pub fn echo(self, kind: u8, identifier: u16, sequence: u16) -> Self {
        let ([a, b], [c, d]) = (identifier.to_be_bytes(), sequence.to_be_bytes());
        self.icmp_with(kind, 0, [a, b, c, d])
    }

    /// An error about a packet, of which `quoted` are the bytes from its IP header on. As much of
    /// it is quoted as an error may hold.
    #[must_use]
    pub fn icmp_error(self, kind: u8, code: u8, quoted: &[u8]) -> Self {
        let room = match self.network.is_v6() {
            true => MAX_ERROR_V6 - 40 - 8,
            false => MAX_ERROR_V4 - 20 - 8,
        };
        let length = quoted.len().min(room);
        self.icmp(kind, code).payload(&quoted[..length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address;
    use crate::packet::Transport as Read;
    use crate::parse::Network as _;

    const V4: ([u8; 4], [u8; 4]) = ([192, 0, 2, 1], [198, 51, 100, 7]);
    const V6: ([u16; 8], [u16; 8]) = ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], [0x2001; 8]);

    #[test]
    fn an_echo_carries_its_identifier() {
        let bytes = Frame::raw_ip().ipv4(V4.0, V4.1).echo(8, 0xabcd, 3).bytes();
        let packet = address::V4::parse(&bytes.as_slice(), 0).unwrap();
        let expected = Read::Icmp {
            kind: 8,
            code: 0,
            identifier: 0xabcd,
        };
        assert_eq!(packet.transport(), expected);
    }

    #[test]
    fn an_error_quotes_a_packet_as_far_as_it_may() {
        let long = [7; 3_000];
        let quoted = Frame::raw_ip().ipv4(V4.1, V4.0).udp(1, 2).payload(&long);
        let v4 = Frame::raw_ip().ipv4(V4.0, V4.1);
        let v4 = v4.icmp_error(3, 3, &quoted.bytes()).bytes();
        assert_eq!((v4.len(), &v4[28..]), (576, &quoted.bytes()[..548]));
        let v6 = Frame::raw_ip().ipv6(V6.0, V6.1);
        let v6 = v6.icmp_error(1, 4, &quoted.bytes()).bytes();
        assert_eq!(v6.len(), 1_280);
        let packet = address::V6::parse(&v6.as_slice(), 0).unwrap();
        assert!(matches!(
            packet.transport(),
            Read::Icmp {
                kind: 1,
                code: 4,
                ..
            }
        ));
    }
}
