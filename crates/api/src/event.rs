// SPDX-License-Identifier: MIT
//! Security events.

use crate::Place;
use crate::openapi::Rfc3339;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One reported packet. A field that the packet does not have is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecurityEvent {
    /// When it was judged.
    #[schemars(with = "Rfc3339")]
    pub timestamp: Timestamp,
    /// Source address.
    pub src_ip: Option<IpAddr>,
    /// Destination address.
    pub dst_ip: Option<IpAddr>,
    /// Source port, of protocols that have ports.
    pub src_port: Option<u16>,
    /// Destination port.
    pub dst_port: Option<u16>,
    /// Protocol in lower case, such as `tcp`; its number where it has no name here.
    pub proto: Option<String>,
    /// Flags of a TCP segment, lowest bit first: `F`IN `S`YN `R`ST `P`SH `A`CK `U`RG `E`CE `C`WR,
    /// `N` for AE (once NS) and `r` for each reserved bit, as in `SA` and `FPU`. Empty: no flag.
    pub tcp_flags: Option<String>,
    /// `drop` or `pass`.
    pub action: String,
    /// The class of the reason, such as `TCP_ANOMALY`.
    pub reason: String,
    /// The reason itself, such as `tcp_xmas`; what a list says that the peer does, where that
    /// decided.
    pub threat_type: String,
    /// Length as the hook saw it, bytes.
    pub packet_len: u32,
    /// `xdp_ingress` or `tc_egress`.
    pub hook: String,
    /// Name of the interface.
    pub interface: String,
    /// Number of the ban, allowlist entry or class of listed addresses that decided.
    pub rule: Option<u32>,
    /// The first list that names the peer, where that decided.
    #[serde(default)]
    pub list: Option<String>,
    /// What that list says the peer does.
    #[serde(default)]
    pub category: Option<String>,
    /// Packets of this source and reason since its last event that were not reported.
    pub suppressed: u32,
    /// ICMP or ICMPv6 type.
    pub icmp_type: Option<u8>,
    /// ICMP or ICMPv6 code.
    pub icmp_code: Option<u8>,
    /// TTL or hop limit.
    pub hop_limit: Option<u8>,
    /// Where the source is; left out where no database is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src_place: Option<Place>,
    /// Where the destination is; left out where no database is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dst_place: Option<Place>,
    /// What decided, of a packet that was dropped for where its peer is: `CN`, `AS4134`, or
    /// `not allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo_rule: Option<String>,
}

/// How much of the past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// At most so many events; 100 where absent, and never more than the daemon keeps.
    pub limit: Option<usize>,
}

/// The most recent events, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventList {
    /// The events.
    pub events: Vec<SecurityEvent>,
}

/// One line of the event stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StreamLine {
    /// An event.
    Event(Box<SecurityEvent>),
    /// The client read too slowly.
    Missed {
        /// Events that it will not get.
        missed: u64,
    },
}
