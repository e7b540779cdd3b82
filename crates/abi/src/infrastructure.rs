// SPDX-License-Identifier: MIT
//! The traffic without which an interface stops working.

use crate::Reason;
use crate::hook::codes;

codes! {
    /// A kind of infrastructure traffic: not subject to a banned prefix or a default,
    /// always rate-limited.
    Infrastructure, "infrastructure" {
        /// ARP (RFC 826).
        0 Arp "arp",
        /// IPv6 neighbour discovery, router discovery and redirects (RFC 4861).
        1 NeighbourDiscovery "neighbour_discovery",
        /// Multicast membership: MLD (RFC 3810) and IGMP (RFC 3376).
        2 MulticastMembership "multicast_membership",
        /// DHCPv4 (RFC 2131) and DHCPv6 (RFC 8415).
        3 Dhcp "dhcp",
        /// Path MTU: fragmentation needed (RFC 1191), packet too big (RFC 8201).
        4 PathMtu "path_mtu",
    }
}

impl Infrastructure {
    /// Buckets each kind is spread over by source, a power of two.
    pub const SPREAD: u32 = 1024;
    /// Entries of the bucket table.
    pub const SLOTS: u32 = 8 * Self::SPREAD;

    /// Why such a packet passed.
    #[inline(always)]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Arp => Reason::Arp,
            Self::NeighbourDiscovery => Reason::NeighbourDiscovery,
            Self::MulticastMembership => Reason::MulticastMembership,
            Self::Dhcp => Reason::Dhcp,
            Self::PathMtu => Reason::PathMtu,
        }
    }

    /// The bucket for a source whose address hashes to `hash`; always below [`Self::SLOTS`].
    #[inline(always)]
    pub const fn slot(self, hash: u32) -> u32 {
        self as u32 * Self::SPREAD + (hash & (Self::SPREAD - 1))
    }
}
