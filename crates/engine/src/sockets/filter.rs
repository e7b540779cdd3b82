// SPDX-License-Identifier: MIT
//! Which connections to end.

use super::{Protocol, Socket};
use ipnet::IpNet;
use std::net::IpAddr;

/// Matches connections of which every part given here agrees. Addresses are those on the wire:
/// IPv4, where an IPv6 socket talks to `::ffff:192.0.2.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketFilter {
    /// TCP or UDP; both where there is none.
    pub protocol: Option<Protocol>,
    /// Where the peer is.
    pub peer: IpNet,
    /// This host's address.
    pub local: Option<IpAddr>,
    /// The peer's port.
    pub peer_port: Option<u16>,
    /// This host's port.
    pub local_port: Option<u16>,
}

impl SocketFilter {
    /// Every connection with these peers.
    #[must_use]
    pub const fn of_peer(peer: IpNet) -> Self {
        Self {
            protocol: None,
            peer,
            local: None,
            peer_port: None,
            local_port: None,
        }
    }

    /// Whether `socket` is meant.
    #[must_use]
    pub fn matches(&self, socket: &Socket) -> bool {
        self.protocol.is_none_or(|is| is == socket.protocol)
            && self.peer.contains(&socket.peer.ip())
            && self
                .local
                .is_none_or(|is| is.to_canonical() == socket.local.ip())
            && self.peer_port.is_none_or(|is| is == socket.peer.port())
            && self.local_port.is_none_or(|is| is == socket.local.port())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SocketState, diag};
    use super::*;

    fn socket(protocol: Protocol, local: &str, peer: &str) -> Socket {
        let (local, peer) = (local.parse().unwrap(), peer.parse().unwrap());
        diag::example(protocol, local, peer, SocketState::Established)
    }

    #[test]
    fn every_part_that_is_given_must_agree() {
        let connection = socket(Protocol::Tcp, "192.0.2.1:22", "198.51.100.7:40000");
        let all = SocketFilter::of_peer("198.51.100.0/24".parse().unwrap());
        assert!(all.matches(&connection));
        let exact = SocketFilter {
            protocol: Some(Protocol::Tcp),
            local: Some("::ffff:192.0.2.1".parse().unwrap()),
            peer_port: Some(40000),
            local_port: Some(22),
            ..all
        };
        assert!(exact.matches(&connection));
        let others = [
            SocketFilter::of_peer("198.51.101.0/24".parse().unwrap()),
            SocketFilter::of_peer("::/0".parse().unwrap()),
            SocketFilter {
                protocol: Some(Protocol::Udp),
                ..exact
            },
            SocketFilter {
                local: Some("192.0.2.2".parse().unwrap()),
                ..exact
            },
            SocketFilter {
                peer_port: Some(22),
                ..exact
            },
            SocketFilter {
                local_port: Some(40000),
                ..exact
            },
        ];
        for other in others {
            assert!(!other.matches(&connection), "{other:?}");
        }
    }

    #[test]
    fn a_mapped_address_is_matched_as_the_ipv4_it_is() {
        let mapped = socket(
            Protocol::Tcp,
            "[::ffff:192.0.2.1]:22",
            "[::ffff:198.51.100.7]:40000",
        );
        assert!(SocketFilter::of_peer("198.51.100.7/32".parse().unwrap()).matches(&mapped));
        assert!(!SocketFilter::of_peer("::/0".parse().unwrap()).matches(&mapped));
    }
}
