// SPDX-License-Identifier: MIT
//! What comes first in lists of connections and of groups of them, and what they are grouped by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A choice by name, of which the table is the only place: JSON, addresses and the command line go by it.
macro_rules! choices {
    ($(#[$about:meta])* $name:ident, $what:literal: $($(#[$doc:meta])* $variant:ident $label:literal,)+) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in requests.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.label())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().find(|choice| choice.label() == text);
                found.copied().ok_or_else(|| {
                    let known: Vec<&str> = Self::ALL.iter().map(|choice| choice.label()).collect();
                    format!("{text:?} is no {}; one of {}", $what, known.join(", "))
                })
            }
        }
    };
}

choices! {
    /// What comes first in a list of connections.
    FlowSort, "order":
    /// The most bytes, both ways.
    #[default]
    Bytes "bytes",
    /// The most packets, both ways.
    Packets "packets",
    /// The oldest.
    Age "age",
    /// The one whose last packet is the latest.
    Last "last",
    /// The lowest address of the peer.
    Peer "peer",
    /// The most bytes a second from the first packet to the last.
    Rate "rate",
    /// The most bytes a second at the moment, both ways.
    Live "live",
    /// The most packets a second at the moment, both ways.
    LivePackets "live_packets",
    /// The most bytes from the peer.
    Received "received",
    /// The most bytes to the peer.
    Sent "sent",
    /// The one that has been still for the longest.
    Idle "idle",
    /// By the name of the state.
    State "state",
    /// By the name of the protocol.
    Proto "proto",
    /// By the port of this end, the lowest first.
    Port "port",
    /// The lowest address of this end.
    Local "local",
    /// By the country of the peer; those of which it is not known come last.
    Country "country",
    /// By the number of the peer's autonomous system; those of which it is not known come last.
    Asn "asn",
    /// Those that the peer began, then those that were begun here.
    Direction "direction",
    /// By the port of the peer, the lowest first.
    PeerPort "peer_port",
    /// The most packets from the peer.
    PacketsReceived "packets_received",
    /// The most packets to the peer.
    PacketsSent "packets_sent",
    /// The most bytes a second from the peer at the moment.
    LiveReceived "live_received",
    /// The most bytes a second to the peer at the moment.
    LiveSent "live_sent",
    /// Those that are dropped, then those against whose peer something is held, the others, and those
    /// that are on the allowlist. Each connection is looked up, which costs more than the other orders do.
    Verdict "verdict",
    /// By what is held against the peer, in the order of the alphabet; those against whom nothing is come
    /// last. It costs what `verdict` does.
    Reason "reason",
}

impl FlowSort {
    /// Whether it takes to know how each connection stands.
    #[must_use]
    pub const fn needs_standing(self) -> bool {
        matches!(self, Self::Verdict | Self::Reason)
    }
}

choices! {
    /// What connections have in common that are counted together.
    FlowGroupBy, "group":
    /// The address of the peer.
    #[default]
    Source "source",
    /// Its network: the /24 of IPv4, the /64 of IPv6.
    Prefix "prefix",
    /// Its country.
    Country "country",
    /// Its autonomous system.
    Asn "asn",
    /// The port of the end that did not begin the connection; this end's where that was not seen.
    Port "port",
    /// The state.
    State "state",
    /// The protocol.
    Proto "proto",
}

choices! {
    /// What comes first in a list of groups.
    FlowGroupSort, "order of groups":
    /// The most connections.
    #[default]
    Connections "connections",
    /// The most bytes, both ways.
    Bytes "bytes",
    /// The most packets, both ways.
    Packets "packets",
    /// The most bytes from the peers.
    Received "received",
    /// The most bytes to the peers.
    Sent "sent",
    /// The most bytes a second at the moment, both ways.
    Live "live",
    /// The most packets a second at the moment, both ways.
    LivePackets "live_packets",
    /// The lowest key.
    Key "key",
    /// The most packets from the peers.
    PacketsReceived "packets_received",
    /// The most packets to the peers.
    PacketsSent "packets_sent",
    /// The most bytes a second from the peers at the moment.
    LiveReceived "live_received",
    /// The most bytes a second to the peers at the moment.
    LiveSent "live_sent",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_go_by_the_names_that_json_has() {
        for sort in FlowSort::ALL {
            assert_eq!(sort.label().parse(), Ok(*sort));
            let json = serde_json::to_string(sort).expect("a plain name");
            assert_eq!(json, format!("\"{sort}\""));
        }
        let unknown = "size".parse::<FlowSort>().expect_err("there is none");
        assert!(unknown.contains("bytes, packets, age"), "{unknown}");
        let unknown = "colour".parse::<FlowGroupBy>().expect_err("there is none");
        assert!(unknown.contains("source, prefix, country"), "{unknown}");
    }
}
