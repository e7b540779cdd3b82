// SPDX-License-Identifier: MIT
//! What is asked of connections: which, in what order, and how many.

use super::{FlowGroupBy, FlowGroupSort, FlowSort};
use crate::client::escaped;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// One table of the parts of a filter; a filter and the parameters of an address go by it.
macro_rules! filtered {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The beginning of one of the states of [`Flow::state`](crate::Flow::state), such as `syn`. This
            /// and every other part but `text` may be several, with commas between them, of which one is
            /// enough; with a `!` before it none may be that: `syn,!syn_received`.
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
            /// The port of either end, or ports from one to another: `22,8000-8999`. A number will do, too.
            #[serde(default, deserialize_with = "ports", skip_serializing_if = "Option::is_none")]
            pub port: Option<String>,
            /// Country of the peer, two letters of ISO 3166-1, in whatever case.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub country: Option<String>,
            /// Autonomous system of the peer, such as `4134` or `AS4134`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub asn: Option<String>,
            /// Who began it: `in`, `out` or `unknown`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub direction: Option<String>,
            /// What becomes of it or how its peer stands: the beginning of a word that
            /// [`Flow::verdict`](crate::Flow::verdict) or [`Flow::standing`](crate::Flow::standing) may be.
            /// Each connection is looked up, which costs more than the other parts do.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub verdict: Option<String>,
            /// Words, with blanks between them, each of which is part of its id or of its place as they are
            /// shown, in whatever case; with `-` or `!` before it, is not. Quotes keep blanks and signs.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub text: Option<String>,
            $($(#[$doc])* pub $field: $kind,)*
        }
    };
}

filtered! {
    /// Which connections. Every part that is given must agree; without any, all of them do.
    FlowFilter {}
}

filtered! {
    /// A [`FlowQuery`] as parameters of an address, which have no parts of parts.
    FlowParameters {
        /// What comes first.
        #[serde(default)]
        sort: FlowSort,
        /// What would come first comes last.
        #[serde(default)]
        reverse: bool,
        /// At most so many; all of them where absent.
        limit: Option<usize>,
    }
}

filtered! {
    /// A [`FlowGroupQuery`] as parameters of an address.
    FlowGroupParameters {
        /// What they have in common.
        #[serde(default)]
        by: FlowGroupBy,
        /// What comes first.
        #[serde(default)]
        sort: FlowGroupSort,
        /// What would come first comes last.
        #[serde(default)]
        reverse: bool,
        /// At most so many groups; all of them where absent.
        limit: Option<usize>,
    }
}

macro_rules! filter_of {
    ($asked:ident) => {
        FlowFilter {
            state: $asked.state,
            proto: $asked.proto,
            src: $asked.src,
            dst: $asked.dst,
            peer: $asked.peer,
            port: $asked.port,
            country: $asked.country,
            asn: $asked.asn,
            direction: $asked.direction,
            verdict: $asked.verdict,
            text: $asked.text,
        }
    };
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

/// Which connections to count together, and how to list the groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowGroupQuery {
    /// Which.
    pub filter: FlowFilter,
    /// What they have in common.
    pub by: FlowGroupBy,
    /// What comes first.
    pub sort: FlowGroupSort,
    /// What would come first comes last.
    pub reverse: bool,
    /// At most so many groups; all of them where absent.
    pub limit: Option<usize>,
}

impl From<FlowParameters> for FlowQuery {
    fn from(asked: FlowParameters) -> Self {
        Self {
            sort: asked.sort,
            reverse: asked.reverse,
            limit: asked.limit,
            filter: filter_of!(asked),
        }
    }
}

impl From<FlowGroupParameters> for FlowGroupQuery {
    fn from(asked: FlowGroupParameters) -> Self {
        Self {
            by: asked.by,
            sort: asked.sort,
            reverse: asked.reverse,
            limit: asked.limit,
            filter: filter_of!(asked),
        }
    }
}

/// Numbers were all that a port could be once.
fn ports<'de, D: Deserializer<'de>>(ports: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Ports {
        One(u16),
        Several(String),
    }
    let ports = Option::<Ports>::deserialize(ports)?;
    Ok(ports.map(|ports| match ports {
        Ports::One(port) => port.to_string(),
        Ports::Several(ports) => ports,
    }))
}

impl FlowFilter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Its parts by their names in requests.
    pub(super) fn parts(&self) -> [(&'static str, &Option<String>); 11] {
        [
            ("state", &self.state),
            ("proto", &self.proto),
            ("src", &self.src),
            ("dst", &self.dst),
            ("peer", &self.peer),
            ("port", &self.port),
            ("country", &self.country),
            ("asn", &self.asn),
            ("direction", &self.direction),
            ("verdict", &self.verdict),
            ("text", &self.text),
        ]
    }

    /// Its parts in an address, each after a `&`.
    fn query(&self) -> String {
        let pairs = self.parts();
        let given = pairs.iter().filter_map(|(name, value)| {
            let value = value.as_deref()?;
            Some(format!("&{name}={}", escaped(value)))
        });
        given.collect()
    }
}

impl FlowQuery {
    /// The query part of the address, beginning with `?`.
    #[must_use]
    pub fn query(&self) -> String {
        let rest = length(self.limit, self.reverse);
        format!("?sort={}{}{rest}", self.sort, self.filter.query())
    }
}

impl FlowGroupQuery {
    /// The query part of the address, beginning with `?`.
    #[must_use]
    pub fn query(&self) -> String {
        let (by, sort, filter) = (self.by, self.sort, self.filter.query());
        let rest = length(self.limit, self.reverse);
        format!("?by={by}&sort={sort}{filter}{rest}")
    }
}

fn length(limit: Option<usize>, reverse: bool) -> String {
    let limit = limit.map(|limit| format!("&limit={limit}"));
    let reverse = if reverse { "&reverse=true" } else { "" };
    limit.unwrap_or_default() + reverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_query_survives_what_addresses_are_made_of() {
        let query = FlowQuery {
            filter: FlowFilter {
                peer: Some("2001:db8::/32".to_owned()),
                port: Some("443".to_owned()),
                state: Some("a&b=c d".to_owned()),
                ..FlowFilter::default()
            },
            sort: FlowSort::Rate,
            reverse: true,
            limit: Some(5),
        };
        let expected = "?sort=rate&state=a%26b%3Dc%20d&peer=2001%3Adb8%3A%3A%2F32&port=443&limit=5&reverse=true";
        assert_eq!(query.query(), expected);
        for port in [json!(443), json!("443")] {
            let read: FlowFilter = serde_json::from_value(json!({ "port": port })).expect("a port");
            assert_eq!(read.port.as_deref(), Some("443"));
        }
        let groups = FlowGroupQuery {
            by: FlowGroupBy::Country,
            filter: FlowFilter {
                country: Some("ru,cn".to_owned()),
                ..FlowFilter::default()
            },
            ..FlowGroupQuery::default()
        };
        let expected = "?by=country&sort=connections&country=ru%2Ccn";
        assert_eq!(groups.query(), expected);
    }
}
