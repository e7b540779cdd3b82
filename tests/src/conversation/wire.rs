// SPDX-License-Identifier: MIT
//! Two ends of a conversation, and the frames between them.

use aegis_abi::{Family, Hook, Link, Tuple};
use aegis_core::emit::Frame;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const PEER_LINK: [u8; 6] = [2, 0, 0, 0, 0, 1];
const LOCAL_LINK: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The peer: the packet arrives.
    Peer,
    /// This side: the packet departs.
    Local,
}

impl Who {
    /// Where its packets are seen.
    #[must_use]
    pub fn hook(self) -> Hook {
        match self {
            Self::Peer => Hook::XdpIngress,
            Self::Local => Hook::TcEgress,
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Peer => Self::Local,
            Self::Local => Self::Peer,
        }
    }
}

/// How long after the one before something is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// As it happens.
    Usual,
    /// At once.
    Nothing,
    /// When something that matters to it has just ended, or just not yet.
    Timeout,
}

/// A frame, and where it is seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where.
    pub hook: Hook,
    /// From its link header on.
    pub frame: Vec<u8>,
    /// Packets that it stands for.
    pub segments: u16,
    /// When it comes.
    pub lapse: Lapse,
}

/// Between whom.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// What frames begin with.
    pub link: Link,
    /// The other side.
    pub peer: IpAddr,
    /// This side.
    pub local: IpAddr,
    /// Port of the peer, or the identifier of echoes.
    pub peer_port: u16,
    /// Port of this side.
    pub local_port: u16,
}

impl Ends {
    /// The network header of a frame that one of them sends.
    #[must_use]
    pub fn from(&self, who: Who) -> Frame {
        let frame = match (self.link, who) {
            (Link::RawIp, _) => Frame::raw_ip(),
            (Link::Ethernet, Who::Peer) => Frame::ethernet(PEER_LINK, LOCAL_LINK),
            (Link::Ethernet, Who::Local) => Frame::ethernet(LOCAL_LINK, PEER_LINK),
        };
        match who {
            Who::Peer => frame.ip(self.peer, self.local),
            Who::Local => frame.ip(self.local, self.peer),
        }
    }

    /// Source and destination port.
    #[must_use]
    pub fn ports(&self, who: Who) -> (u16, u16) {
        match who {
            Who::Peer => (self.peer_port, self.local_port),
            Who::Local => (self.local_port, self.peer_port),
        }
    }

    /// What both hooks call the connection.
    #[must_use]
    pub fn tuple(&self, protocol: u8) -> Tuple {
        let (family, peer, local) = match (self.peer, self.local) {
            (IpAddr::V6(peer), IpAddr::V6(local)) => (Family::V6, peer.octets(), local.octets()),
            (peer, local) => (Family::V4, widened(peer), widened(local)),
        };
        Tuple {
            peer,
            local,
            peer_port: self.peer_port,
            local_port: self.local_port,
            protocol,
            family: family.code(),
            reserved: [0; 2],
        }
    }

    /// A TCP segment.
    #[must_use]
    pub fn segment(&self, who: Who, flags: u16, numbers: (u32, u32), payload: usize) -> Seen {
        let (source, destination) = self.ports(who);
        let frame = self
            .from(who)
            .tcp_bits(source, destination, flags)
            .sequence(numbers.0)
            .acknowledgement(numbers.1)
            .payload(&vec![0x5a; payload]);
        seen(who, &frame)
    }

    /// A UDP datagram.
    #[must_use]
    pub fn datagram(&self, who: Who, payload: usize) -> Seen {
        let (source, destination) = self.ports(who);
        let frame = self.from(who).udp(source, destination);
        seen(who, &frame.payload(&vec![0xa5; payload]))
    }

    /// A packet of SCTP, which has ports but no handshake that is followed.
    #[must_use]
    pub fn chunk(&self, who: Who) -> Seen {
        let (source, destination) = self.ports(who);
        seen(who, &self.from(who).sctp(source, destination))
    }

    /// An echo message: who asks, or who answers.
    #[must_use]
    pub fn echo(&self, who: Who, asks: bool, sequence: u16) -> Seen {
        let kind = match (self.peer, asks) {
            (IpAddr::V4(_), true) => 8,
            (IpAddr::V4(_), false) => 0,
            (IpAddr::V6(_), true) => 128,
            (IpAddr::V6(_), false) => 129,
        };
        seen(who, &self.from(who).echo(kind, self.peer_port, sequence))
    }
}

/// An address as tables have it: IPv4 in the first four bytes.
#[must_use]
pub fn widened(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

/// A frame that one side sends.
#[must_use]
pub fn seen(who: Who, frame: &Frame) -> Seen {
    Seen {
        hook: who.hook(),
        frame: frame.bytes(),
        segments: 1,
        lapse: Lapse::Usual,
    }
}

/// A peer that has conversations. Two IPv6 peers share a /64.
#[must_use]
pub fn peer(index: usize, family: Family) -> IpAddr {
    let index = index as u128;
    match family {
        Family::V6 => {
            Ipv6Addr::from_bits(0x2600_1f18_u128 << 96 | (index / 2) << 64 | (index + 1)).into()
        }
        _ => Ipv4Addr::from_bits(0x0b16_2100 + index as u32 * 7 + 1).into(),
    }
}

/// An address of this side.
#[must_use]
pub fn local(index: usize, family: Family) -> IpAddr {
    match family {
        Family::V6 => Ipv6Addr::from_bits(0x2a01_0004_u128 << 96 | (index as u128 + 1)).into(),
        _ => Ipv4Addr::from_bits(0x5db8_d800 + index as u32 + 1).into(),
    }
}

/// An address that is made up.
#[must_use]
pub fn invented(noise: u64, family: Family) -> IpAddr {
    match family {
        Family::V6 => Ipv6Addr::from_bits(0x2607_u128 << 112 | u128::from(noise) << 40).into(),
        _ => Ipv4Addr::from_bits(0x4000_0000 | noise as u32 & 0x1fff_ffff).into(),
    }
}
