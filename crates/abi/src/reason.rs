// SPDX-License-Identifier: MIT
//! Why a packet passed or was dropped: the one table from which counters, event codes, metric
//! labels, JSON names and the documentation derive.

use crate::{Hook, UnknownCode};

macro_rules! reasons {
    ($($code:literal $variant:ident $label:literal $class:ident $summary:literal;)+) => {
        /// Why a packet passed or was dropped. A retired code is never used again: leave the gap.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Reason { $(#[doc = $summary] $variant = $code,)+ }

        impl Reason {
            /// Every reason, in code order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name used in output, JSON, metrics and documentation.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// One line for people.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }

            const fn own_class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)+ }
            }
        }

        impl TryFrom<u8> for Reason {
            type Error = UnknownCode;
            fn try_from(code: u8) -> Result<Self, UnknownCode> {
                match code {
                    $($code => Ok(Self::$variant),)+
                    code => Err(UnknownCode { kind: "reason", code }),
                }
            }
        }
    };
}

reasons! {
    0 Default "default" Default "nothing matched; the default action applies";
    1 NotIp "not_ip" Default "neither IP nor ARP; left to the kernel";
    2 LaterFragment "later_fragment" Default "a later fragment; judged by address, the first one by its ports";
    3 Allowlist "allowlist" Whitelist "the peer is on the allowlist";
    4 Established "established" Conntrack "part of a known connection";
    5 Related "related" Conntrack "an ICMP error about a known connection";
    6 PickedUp "picked_up" Conntrack "a connection whose beginning was not seen; its socket, its SYN cookie or the grace period vouches for it";
    7 Untracked "untracked" Conntrack "outside known connections, and passed because without an egress filter replies cannot be told";
    8 Arp "arp" Infrastructure "address resolution (ARP)";
    9 NeighbourDiscovery "neighbour_discovery" Infrastructure "IPv6 neighbour or router discovery";
    10 MulticastMembership "multicast_membership" Infrastructure "multicast membership (MLD, IGMP)";
    11 Dhcp "dhcp" Infrastructure "address configuration (DHCP)";
    12 PathMtu "path_mtu" Infrastructure "path MTU discovery";
    13 InfrastructureRate "infrastructure_rate" RateLimit "more infrastructure packets than one source may send";
    14 DiscoveryHopLimit "discovery_hop_limit" Ipv6Policy "neighbour discovery that crossed a router (RFC 4861 section 7.1)";
    15 DiscoveryFragment "discovery_fragment" Ipv6Policy "neighbour discovery in a fragment (RFC 6980)";
    20 BanAddress "ban_address" ManualBlock "the peer's address is banned";
    21 BanPrefix "ban_prefix" ManualBlock "the peer is inside a banned prefix";
    22 BanScope "ban_scope" ManualBlock "the peer is banned for this port or protocol";
    23 BanUnsolicited "ban_unsolicited" ManualBlock "the peer is banned from beginning connections";
    24 List "list" CidrFeed "the peer is on a list";
    25 ListUnsolicited "list_unsolicited" CidrFeed "a list keeps the peer from beginning connections, or this side from beginning them with it";
    26 Place "place" Place "the peer's country or autonomous system is not let through";
    30 TcpNull "tcp_null" TcpAnomaly "TCP without any flag";
    31 TcpXmas "tcp_xmas" TcpAnomaly "TCP FIN, PSH and URG without ACK";
    32 TcpSynFin "tcp_syn_fin" TcpAnomaly "TCP SYN and FIN together";
    33 TcpSynRst "tcp_syn_rst" TcpAnomaly "TCP SYN and RST together";
    34 TcpFinRst "tcp_fin_rst" TcpAnomaly "TCP FIN and RST together";
    35 TcpFinNoAck "tcp_fin_no_ack" TcpAnomaly "TCP FIN without ACK";
    36 TcpAllFlags "tcp_all_flags" TcpAnomaly "TCP with every flag set";
    37 TcpNoAck "tcp_no_ack" TcpAnomaly "TCP PSH or URG without SYN, RST or ACK (RFC 9293 section 3.10.7)";
    38 TcpSynUrgent "tcp_syn_urgent" TcpAnomaly "TCP SYN with URG, which no stack sends";
    39 TcpReservedBits "tcp_reserved_bits" TcpAnomaly "TCP SYN with reserved header bits, which no stack sends";
    40 TcpPortZero "tcp_port_zero" TcpAnomaly "TCP from or to port 0";
    45 Land "land" Spoofed "source and destination are the same address";
    46 BogusSource "bogus_source" Spoofed "a source address that cannot arrive from a network";
    47 Amplification "amplification" Threat "an answer of an amplifying service that nobody asked for";
    48 PortScan "port_scan" PortScan "one port too many of a source that tries many";
    49 CoolDown "cool_down" PortScan "a new connection of a source that is cooling down after a scan or flood";
    50 TcpOutOfState "tcp_out_of_state" Conntrack "TCP outside any known connection";
    51 IcmpUnrelated "icmp_unrelated" Conntrack "an ICMP error about no known connection";
    52 IcmpUnsolicited "icmp_unsolicited" Conntrack "an echo reply that nobody asked for";
    53 FlowKilled "flow_killed" Conntrack "the connection was killed by the operator";
    54 SynRate "syn_rate" RateLimit "more connection attempts than one source may make";
    55 UdpRate "udp_rate" RateLimit "more unsolicited UDP than one source may send";
    56 IcmpRate "icmp_rate" RateLimit "more unsolicited ICMP than one source may send";
    57 UdpHostRate "udp_host_rate" RateLimit "more unsolicited UDP than the host takes from all sources";
    58 IcmpHostRate "icmp_host_rate" RateLimit "more unsolicited ICMP than the host takes from all sources";
    59 SynCookie "syn_cookie" RateLimit "a connection attempt beyond the half-open gauge, answered with a SYN cookie or left to the kernel";
    60 EthernetTruncated "ethernet_truncated" Malformed "the frame ends inside the Ethernet header";
    61 VlanTruncated "vlan_truncated" Malformed "the frame ends inside a VLAN tag";
    62 VlanDepth "vlan_depth" Malformed "more than two VLAN tags";
    63 IpVersion "ip_version" Malformed "the IP version differs from what the link announced";
    64 Ipv4Truncated "ipv4_truncated" Malformed "the frame ends inside the IPv4 header";
    65 Ipv4HeaderLength "ipv4_header_length" Malformed "IPv4 header length below 20 bytes or beyond the packet";
    66 Ipv4TotalLength "ipv4_total_length" Malformed "IPv4 total length below its header or beyond the frame";
    67 Ipv6Truncated "ipv6_truncated" Malformed "the frame ends inside the IPv6 header";
    68 Ipv6PayloadLength "ipv6_payload_length" Malformed "IPv6 payload length beyond the frame, or a jumbogram that is none";
    69 ExtensionTruncated "extension_truncated" Malformed "the packet ends inside an IPv6 extension header";
    70 ExtensionDepth "extension_depth" Ipv6Policy "more than six IPv6 extension headers";
    71 ExtensionOrder "extension_order" Ipv6Policy "hop-by-hop options not first, or a fragment header inside a fragment";
    72 RoutingZero "routing_zero" Ipv6Policy "IPv6 routing header type 0 (RFC 5095)";
    73 FragmentTiny "fragment_tiny" Malformed "a first fragment without its whole transport header (RFC 1858, RFC 7112)";
    74 FragmentOverlap "fragment_overlap" Malformed "a fragment that would overwrite the TCP flags (RFC 1858 section 4)";
    75 FragmentBeyond "fragment_beyond" Malformed "a fragment that ends beyond 65,535 bytes";
    76 TcpTruncated "tcp_truncated" Malformed "the packet ends inside the TCP header";
    77 TcpDataOffset "tcp_data_offset" Malformed "TCP data offset below 20 bytes or beyond the packet";
    78 UdpTruncated "udp_truncated" Malformed "the packet ends inside the UDP header";
    79 UdpLength "udp_length" Malformed "UDP length below 8 bytes or beyond the packet";
    80 IcmpTruncated "icmp_truncated" Malformed "the packet ends inside the ICMP header";
    81 SctpTruncated "sctp_truncated" Malformed "the packet ends inside the SCTP header";
}

impl Reason {
    /// Room in the counter table; every code is below it.
    pub const SLOTS: usize = 128;

    /// The code that crosses the kernel line.
    #[inline(always)]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The coarse reason of the JSON event, by which existing users filter.
    pub const fn class(self, hook: Hook) -> Class {
        match (self.own_class(), hook) {
            (Class::ManualBlock | Class::CidrFeed, Hook::TcEgress) => Class::EgressBlock,
            (class, _) => class,
        }
    }
}

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident $label:literal,)+) => {
        /// The family a [`Reason`] belongs to: the `reason` field of JSON events.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class { $($(#[$doc])* $variant,)+ }

        impl Class {
            /// The name in JSON events.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }
    };
}

classes! {
    /// Nothing decided before the default action did.
    Default "DEFAULT",
    /// The allowlist decided.
    Whitelist "WHITELIST",
    /// Traffic the interface needs to work.
    Infrastructure "INFRASTRUCTURE",
    /// Known connections, and what belongs to none.
    Conntrack "CONNTRACK",
    /// An operator's ban, on arrival.
    ManualBlock "MANUAL_BLOCK",
    /// An operator's ban or a list, on departure.
    EgressBlock "EGRESS_BLOCK",
    /// A list of addresses, on arrival.
    CidrFeed "CIDR_FEED",
    /// A country or an autonomous system.
    Place "PLACE",
    /// TCP flags or ports that no stack sends.
    TcpAnomaly "TCP_ANOMALY",
    /// Many ports tried.
    PortScan "PORTSCAN",
    /// Known to be hostile.
    Threat "THREAT",
    /// A source address that is a lie.
    Spoofed "SPOOFED",
    /// More than a rate allows.
    RateLimit "RATELIMIT",
    /// Valid bytes that IPv6 policy refuses.
    Ipv6Policy "IPV6_POLICY",
    /// Headers that are cut short or contradict themselves.
    Malformed "MALFORMED",
}

const _: () = {
    let mut at = 0;
    while at < Reason::ALL.len() {
        assert!((Reason::ALL[at] as usize) < Reason::SLOTS);
        at += 1;
    }
};
