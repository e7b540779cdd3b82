// SPDX-License-Identifier: MIT
//! Connections: listed, and killed.

use crate::openapi::Rfc3339;
use crate::{Place, Total};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Which connections. Every part that is given must agree; without any, all of them do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowFilter {
    /// As [`Flow::state`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// By name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proto: Option<String>,
    /// An address or prefix of whoever began it; of the peer where that was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src: Option<String>,
    /// An address or prefix of the other end than `src`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dst: Option<String>,
    /// An address or prefix of the peer, whoever began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The port of either end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

macro_rules! sorts {
    ($($(#[$doc:meta])* $variant:ident $label:literal,)+) => {
        /// What comes first in a list of connections.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum FlowSort { $($(#[$doc])* $variant,)+ }

        impl FlowSort {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in requests.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }
    };
}

sorts! {
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
    /// The most bytes a second.
    Rate "rate",
}

impl fmt::Display for FlowSort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for FlowSort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|sort| sort.label() == text);
        found.copied().ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|sort| sort.label()).collect();
            format!("{text:?} is no order; one of {}", known.join(", "))
        })
    }
}

/// Which connections to list, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowQuery {
    /// Which.
    pub filter: FlowFilter,
    /// What comes first.
    pub sort: FlowSort,
    /// What would come first comes last.
    pub reverse: bool,
    /// At most so many; all of them where absent.
    pub limit: Option<usize>,
}

/// A [`FlowQuery`] as parameters of an address, which have no parts of parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowParameters {
    /// As [`FlowFilter::state`].
    pub state: Option<String>,
    /// As [`FlowFilter::proto`].
    pub proto: Option<String>,
    /// As [`FlowFilter::src`].
    pub src: Option<String>,
    /// As [`FlowFilter::dst`].
    pub dst: Option<String>,
    /// As [`FlowFilter::peer`].
    pub peer: Option<String>,
    /// As [`FlowFilter::port`].
    pub port: Option<u16>,
    /// What comes first.
    #[serde(default)]
    pub sort: FlowSort,
    /// What would come first comes last.
    #[serde(default)]
    pub reverse: bool,
    /// At most so many; all of them where absent.
    pub limit: Option<usize>,
}

impl From<FlowParameters> for FlowQuery {
    fn from(asked: FlowParameters) -> Self {
        Self {
            filter: FlowFilter {
                state: asked.state,
                proto: asked.proto,
                src: asked.src,
                dst: asked.dst,
                peer: asked.peer,
                port: asked.port,
            },
            sort: asked.sort,
            reverse: asked.reverse,
            limit: asked.limit,
        }
    }
}

impl FlowQuery {
    /// The query part of the address, beginning with `?`.
    #[must_use]
    pub fn query(&self) -> String {
        let port = self.filter.port.map(|port| port.to_string());
        let limit = self.limit.map(|limit| limit.to_string());
        let reverse = self.reverse.then(|| "true".to_owned());
        let pairs = [
            ("state", &self.filter.state),
            ("proto", &self.filter.proto),
            ("src", &self.filter.src),
            ("dst", &self.filter.dst),
            ("peer", &self.filter.peer),
            ("port", &port),
            ("limit", &limit),
            ("reverse", &reverse),
        ];
        let mut text = format!("?sort={}", self.sort);
        for (name, value) in pairs {
            if let Some(value) = value {
                text.push_str(&format!("&{name}={}", crate::client::escaped(value)));
            }
        }
        text
    }
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flow {
    /// `tcp/PEER:PORT/LOCAL:PORT`, IPv6 in brackets; names it for as long as it lives.
    pub id: String,
    /// Who began it: `in`, `out` or `unknown`.
    pub direction: String,
    /// Such as `established`.
    pub state: String,
    /// In lower case, such as `tcp`; its number where it has no name here.
    pub proto: String,
    /// The other end.
    pub peer: IpAddr,
    /// Its port; the identifier of an ICMP echo, for who asks.
    pub peer_port: u16,
    /// This end: this host, or whom it forwards for.
    pub local: IpAddr,
    /// Its port, likewise.
    pub local_port: u16,
    /// The first packet.
    #[schemars(with = "Rfc3339")]
    pub first_seen: Timestamp,
    /// The last packet.
    #[schemars(with = "Rfc3339")]
    pub last_seen: Timestamp,
    /// Since the first packet.
    pub age_seconds: u64,
    /// Since the last packet.
    pub idle_seconds: u64,
    /// From the peer.
    pub received: Total,
    /// To the peer.
    pub sent: Total,
    /// Bytes both ways from the first packet to the last, a second.
    pub bytes_per_second: u64,
    /// Where the peer is; left out where no database is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Connections, in the order that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowList {
    /// Those that the filter lets through, up to the limit.
    pub flows: Vec<Flow>,
    /// How many the filter lets through.
    pub matched: usize,
    /// How many there are.
    pub total: usize,
}

/// Ends connections: one by its id, or all that a filter lets through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KillRequest {
    /// [`Flow::id`]; then the filter is empty.
    #[serde(default)]
    pub id: Option<String>,
    /// At least one part of it, where there is no id.
    #[serde(default)]
    pub filter: FlowFilter,
    /// The address from which the person who asks is logged in: a filter spares its connections.
    #[serde(default)]
    pub session_peer: Option<IpAddr>,
    /// Do not spare them.
    #[serde(default)]
    pub force: bool,
}

/// What a [`KillRequest`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KillAnswer {
    /// Connections of which no further packet passes.
    pub killed: usize,
    /// Connections that were spared because they are those of the session that asks.
    pub spared: usize,
    /// Sockets of this host that were ended with them.
    pub sockets: EndedSockets,
}

/// Sockets of the host that were ended, so that programs notice at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndedSockets {
    /// How many.
    pub ended: usize,
    /// Why not, where the kernel cannot or Aegis would not.
    pub problem: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_survives_what_addresses_are_made_of() {
        let query = FlowQuery {
            filter: FlowFilter {
                peer: Some("2001:db8::/32".to_owned()),
                port: Some(443),
                state: Some("a&b=c d".to_owned()),
                ..FlowFilter::default()
            },
            sort: FlowSort::Rate,
            reverse: true,
            limit: Some(5),
        };
        let expected = "?sort=rate&state=a%26b%3Dc%20d&peer=2001%3Adb8%3A%3A%2F32&port=443&limit=5&reverse=true";
        assert_eq!(query.query(), expected);
    }

    #[test]
    fn orders_go_by_the_names_that_json_has() {
        for sort in FlowSort::ALL {
            assert_eq!(sort.label().parse(), Ok(*sort));
            let json = serde_json::to_string(sort).expect("a plain name");
            assert_eq!(json, format!("\"{sort}\""));
        }
        let unknown = "size".parse::<FlowSort>().expect_err("there is none");
        assert!(unknown.contains("bytes, packets, age"), "{unknown}");
    }
}
