// SPDX-License-Identifier: MIT
//! A host behind the packet path, for whoever wants to tell a story of packets in a few lines.

use super::{HostTables, Prefix};
use crate::emit::Frame;
use crate::verdict::Verdict;
use crate::{Nanos, Site, inspect};
use aegis_abi::{Family, Hook, Link, Settings, Tuple};
use std::net::IpAddr;

/// The two ends of a conversation: an address and a port each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Talk {
    /// The other side.
    pub peer: (IpAddr, u16),
    /// This side.
    pub local: (IpAddr, u16),
}

impl Talk {
    /// A packet of the peer's without a transport header yet.
    #[must_use]
    pub fn arriving(&self) -> Frame {
        Frame::raw_ip().ip(self.peer.0, self.local.0)
    }

    /// Likewise of this side's.
    #[must_use]
    pub fn departing(&self) -> Frame {
        Frame::raw_ip().ip(self.local.0, self.peer.0)
    }

    /// A TCP segment of the peer's, with its sequence and acknowledgement numbers.
    #[must_use]
    pub fn peer_sends(&self, flags: &str, [sequence, acknowledgement]: [u32; 2]) -> Frame {
        self.arriving()
            .tcp(self.peer.1, self.local.1, flags)
            .sequence(sequence)
            .acknowledgement(acknowledgement)
    }

    /// Likewise of this side's.
    #[must_use]
    pub fn local_sends(&self, flags: &str, [sequence, acknowledgement]: [u32; 2]) -> Frame {
        self.departing()
            .tcp(self.local.1, self.peer.1, flags)
            .sequence(sequence)
            .acknowledgement(acknowledgement)
    }

    /// A datagram of the peer's.
    #[must_use]
    pub fn peer_says(&self) -> Frame {
        self.arriving().udp(self.peer.1, self.local.1)
    }

    /// A datagram of this side's.
    #[must_use]
    pub fn local_says(&self) -> Frame {
        self.departing().udp(self.local.1, self.peer.1)
    }

    /// The key under which a connection between the ends is known.
    #[must_use]
    pub fn tuple(&self, protocol: u8) -> Tuple {
        let family = match self.peer.0 {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        };
        Tuple {
            peer: Prefix::host(self.peer.0).network(),
            local: Prefix::host(self.local.0).network(),
            peer_port: self.peer.1,
            local_port: self.local.1,
            protocol,
            family: family.code(),
            reserved: [0; 2],
        }
    }
}

/// Tables, settings and the time, with packets that come and go.
#[derive(Clone, Debug)]
pub struct Host {
    /// Policy and state.
    pub tables: HostTables,
    /// Settings.
    pub settings: Settings,
    /// The time of the next packet.
    pub now: Nanos,
}

impl Host {
    /// With default settings, some time after the host booted.
    #[must_use]
    pub fn with(tables: HostTables) -> Self {
        Self {
            tables,
            settings: Settings::DEFAULT,
            now: Nanos(1_000_000_000_000),
        }
    }

    /// Without any policy.
    #[must_use]
    pub fn new() -> Self {
        Self::with(HostTables::new())
    }

    /// A packet arrives.
    pub fn arrives(&self, frame: &Frame) -> Verdict {
        self.meets(frame, Hook::XdpIngress)
    }

    /// A packet departs.
    pub fn departs(&self, frame: &Frame) -> Verdict {
        self.meets(frame, Hook::TcEgress)
    }

    /// Time passes.
    pub fn wait(&mut self, nanoseconds: u64) {
        self.now.0 += nanoseconds;
    }

    /// The peer connects to this side, which accepts; both begin to count at the numbers given.
    pub fn accepts(&self, talk: &Talk, [peer, local]: [u32; 2]) {
        self.arrives(&talk.peer_sends("S", [peer, 0]));
        let (mine, theirs) = (local.wrapping_add(1), peer.wrapping_add(1));
        self.departs(&talk.local_sends("SA", [local, theirs]));
        self.arrives(&talk.peer_sends("A", [theirs, mine]));
    }

    /// This side connects to the peer, likewise.
    pub fn connects(&self, talk: &Talk, [peer, local]: [u32; 2]) {
        self.departs(&talk.local_sends("S", [local, 0]));
        let (mine, theirs) = (local.wrapping_add(1), peer.wrapping_add(1));
        self.arrives(&talk.peer_sends("SA", [peer, mine]));
        self.departs(&talk.local_sends("A", [mine, theirs]));
    }

    fn meets(&self, frame: &Frame, hook: Hook) -> Verdict {
        let site = Site {
            hook,
            link: Link::RawIp,
            loopback: false,
            interface: 1,
        };
        let context = (&self.settings, &self.tables);
        inspect(&frame.bytes().as_slice(), &site, context, self.now)
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}
