// SPDX-License-Identifier: MIT
//! What goes on at the moment.

use crate::Place;
use crate::openapi::Rfc3339;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($variant:ident $label:literal $summary:literal;)+) => {
        /// What an attack consists of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum AttackKind { $(#[doc = $summary] $variant,)+ }

        impl AttackKind {
            /// Every one, what asks most for attention first.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in JSON.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// The same for people.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }
        }
    };
}

kinds! {
    SynFlood "syn_flood" "a SYN flood";
    UdpFlood "udp_flood" "a UDP flood";
    IcmpFlood "icmp_flood" "an ICMP flood";
    Reflection "reflection" "answers of amplifying services that nobody asked for";
    TcpFlood "tcp_flood" "TCP outside any connection";
    MalformedFlood "malformed_flood" "packets that no stack sends";
    Scan "scan" "a port scan";
    BanFlood "ban_flood" "packets of banned peers";
    ListFlood "list_flood" "packets of listed peers";
    PlaceFlood "place_flood" "packets from places that are not let through";
}

impl AttackKind {
    /// Whether whoever sends it may write any source on it, as it needs no answer. Amplifying services
    /// answer in their own name, and lists are of those who have been seen.
    #[must_use]
    pub const fn may_be_forged(self) -> bool {
        match self {
            Self::SynFlood
            | Self::UdpFlood
            | Self::IcmpFlood
            | Self::TcpFlood
            | Self::MalformedFlood
            | Self::Scan => true,
            Self::Reflection | Self::BanFlood | Self::ListFlood | Self::PlaceFlood => false,
        }
    }
}

/// From so many sources on, none of which stands out, they are taken for invented.
const SCATTERED: usize = 100;
/// What stands out, percent.
const STANDS_OUT: u32 = 2;
/// What has fallen to such a part of its peak has ended.
const OVER: u64 = 100;

/// An attack that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attack {
    /// What it consists of.
    pub kind: AttackKind,
    /// The same in words, such as `a SYN flood`.
    pub summary: String,
    /// Since when.
    #[schemars(with = "Rfc3339")]
    pub since: Timestamp,
    /// The same until now.
    pub seconds: u64,
    /// Packets of it at the moment.
    pub packets_per_second: u64,
    /// The most of them in any second.
    pub peak_packets_per_second: u64,
    /// All of them until now.
    pub packets: u64,
    /// What they are of all packets that are judged at the moment.
    pub share_percent: u32,
    /// Who sends most of it, as far as reported packets tell, the busiest first: of forged sources, these
    /// are the forged ones. At most five.
    pub sources: Vec<AttackSource>,
    /// How many sources those reported packets are of.
    pub sources_seen: usize,
    /// What is done about it, one sentence each.
    pub response: Vec<String>,
    /// A command that may help, without the name of the program, such as `block 192.0.2.0/24 --for 1h`;
    /// null: nothing more need be done, or nothing that is known would help.
    pub remedy: Option<String>,
}

impl Attack {
    /// Whether it comes from so many sources and so little from each that none is worth naming.
    #[must_use]
    pub fn is_scattered(&self) -> bool {
        let stands_out = |source: &AttackSource| source.share_percent >= STANDS_OUT;
        self.sources_seen >= SCATTERED && !self.sources.iter().any(stands_out)
    }

    /// Whether next to nothing of it arrives any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.packets_per_second < (self.peak_packets_per_second / OVER).max(1)
    }
}

/// Who takes part in an attack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttackSource {
    /// An address, or a prefix where many addresses of it take part.
    pub target: String,
    /// What it sends of the packets that were reported.
    pub share_percent: u32,
    /// Addresses of it that take part.
    pub addresses: usize,
    /// Where it is, if all of it is in one place as far as its ends tell; left out where no database is
    /// there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Everything that goes on at the moment, what asks most for attention first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttackList {
    /// Attacks; none: all is quiet.
    pub attacks: Vec<Attack>,
    /// All packets that are judged at the moment.
    pub packets_per_second: u64,
    /// Of them, those that end here.
    pub dropped_per_second: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_sources_of_which_none_stands_out_are_scattered() {
        let source = |share_percent| AttackSource {
            target: "192.0.2.1".to_owned(),
            share_percent,
            addresses: 1,
            place: None,
        };
        let attack = |sources_seen, share| Attack {
            kind: AttackKind::SynFlood,
            summary: AttackKind::SynFlood.summary().to_owned(),
            since: Timestamp::UNIX_EPOCH,
            seconds: 1,
            packets_per_second: 10,
            peak_packets_per_second: 1_000,
            packets: 1_000,
            share_percent: 1,
            sources: vec![source(share)],
            sources_seen,
            response: Vec::new(),
            remedy: None,
        };
        assert!(attack(409, 0).is_scattered());
        assert!(!attack(409, 2).is_scattered());
        assert!(!attack(99, 0).is_scattered());
        assert!(!attack(1, 0).is_over());
        let over = Attack {
            packets_per_second: 9,
            ..attack(1, 0)
        };
        assert!(over.is_over());
    }
}
