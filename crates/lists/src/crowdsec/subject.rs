// SPDX-License-Identifier: MIT
//! Whom a decision is about.

use super::decision::Unusable;
use crate::geo::{Asn, Country};
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// Prefix length of the IPv6 addresses that stand for IPv4 ones (RFC 4291 section 2.5.5.2).
const MAPPED: u8 = 96;

/// Whom a decision is about. Addresses sort before places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "Named", try_from = "Named")]
pub enum Subject {
    /// An address (a /32 or /128), or a prefix without host bits.
    Net(IpNet),
    /// Everybody in a country.
    Country(Country),
    /// Everybody in an autonomous system (RFC 6793).
    As(Asn),
}

/// The words by which a LAPI knows a subject.
#[derive(Serialize, Deserialize)]
struct Named {
    scope: String,
    value: String,
}

impl Subject {
    /// Scopes as a LAPI selects by them.
    pub const SCOPES: &'static str = "ip,range,country,as";

    /// Of the scope and the value of a decision; scopes in any case.
    ///
    /// # Errors
    /// [`Unusable::Scope`], and [`Unusable::Value`] where it is none of the scope.
    pub fn read(scope: &str, value: &str) -> Result<Self, Unusable> {
        let value = value.trim();
        let read = match scope.to_ascii_lowercase().as_str() {
            "ip" | "range" => net(value).map(Self::Net),
            "country" => Country::of_letters(value).map(Self::Country),
            "as" => value.parse().ok().map(Self::As),
            _ => return Err(Unusable::Scope),
        };
        read.ok_or(Unusable::Value)
    }

    /// The scope, as a LAPI writes it.
    #[must_use]
    pub fn scope(&self) -> &'static str {
        match self {
            Self::Net(net) if net.prefix_len() == net.max_prefix_len() => "Ip",
            Self::Net(_) => "Range",
            Self::Country(_) => "Country",
            Self::As(_) => "AS",
        }
    }

    /// Whether it is about this address, as far as that can be told without a database of places.
    #[must_use]
    pub fn names(&self, address: IpAddr) -> bool {
        matches!(self, Self::Net(net) if net.contains(&address))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(net) if net.prefix_len() == net.max_prefix_len() => net.addr().fmt(f),
            Self::Net(net) => net.fmt(f),
            Self::Country(country) => country.fmt(f),
            Self::As(system) => system.fmt(f),
        }
    }
}

impl From<Subject> for Named {
    fn from(subject: Subject) -> Self {
        Self {
            scope: subject.scope().to_owned(),
            value: subject.to_string(),
        }
    }
}

impl TryFrom<Named> for Subject {
    type Error = Unusable;

    fn try_from(named: Named) -> Result<Self, Unusable> {
        Self::read(&named.scope, &named.value)
    }
}

/// An address or a prefix. Host bits go, as CrowdSec means the network; an IPv4 address in IPv6
/// clothes is that address.
fn net(value: &str) -> Option<IpNet> {
    let net = match value.contains('/') {
        true => value.parse::<IpNet>().ok()?.trunc(),
        false => IpNet::from(value.parse::<IpAddr>().ok()?),
    };
    Some(unmapped(net).unwrap_or(net))
}

fn unmapped(net: IpNet) -> Option<IpNet> {
    let IpNet::V6(v6) = net else {
        return None;
    };
    let length = v6.prefix_len().checked_sub(MAPPED)?;
    let address = v6.network().to_ipv4_mapped()?;
    Some(IpNet::V4(Ipv4Net::new(address, length).ok()?.trunc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(scope: &str, value: &str) -> Result<String, Unusable> {
        let subject = Subject::read(scope, value)?;
        Ok(format!("{} {subject}", subject.scope()))
    }

    #[test]
    fn scopes_are_read_in_any_case_and_values_as_they_are_meant() {
        for (scope, value, expected) in [
            ("Ip", "192.0.2.1", "Ip 192.0.2.1"),
            ("ip", "2001:DB8::1", "Ip 2001:db8::1"),
            ("ip", "::ffff:192.0.2.1", "Ip 192.0.2.1"),
            ("ip", "192.0.2.1/32", "Ip 192.0.2.1"),
            ("Range", "192.0.2.77/24", "Range 192.0.2.0/24"),
            ("range", "::ffff:192.0.2.0/120", "Range 192.0.2.0/24"),
            ("RANGE", "2001:db8::/32", "Range 2001:db8::/32"),
            ("Country", "de", "Country DE"),
            ("AS", "AS64496", "AS AS64496"),
            ("as", "64496", "AS AS64496"),
        ] {
            assert_eq!(
                read(scope, value).as_deref(),
                Ok(expected),
                "{scope} {value}"
            );
        }
    }

    #[test]
    fn what_is_of_no_scope_or_none_of_its_scope_is_told_apart() {
        assert_eq!(read("session", "x"), Err(Unusable::Scope));
        for (scope, value) in [
            ("ip", "192.0.2"),
            ("ip", "192.0.2.01"),
            ("ip", "192.0.2.1.example"),
            ("range", "192.0.2.0/33"),
            ("range", ""),
            ("country", "DEU"),
            ("country", "d1"),
            ("as", "AS"),
            ("as", "AS4294967296"),
            ("as", "AS-1"),
            ("as", "é1"),
        ] {
            assert_eq!(read(scope, value), Err(Unusable::Value), "{scope} {value}");
        }
    }

    #[test]
    fn a_subject_is_written_as_it_is_read() {
        for (scope, value) in [
            ("ip", "2001:db8::1"),
            ("range", "10.0.0.0/8"),
            ("country", "FR"),
            ("as", "7"),
        ] {
            let subject = Subject::read(scope, value).unwrap();
            let text = serde_json::to_string(&subject).unwrap();
            assert_eq!(serde_json::from_str::<Subject>(&text).unwrap(), subject);
        }
        assert!(serde_json::from_str::<Subject>(r#"{"scope":"ip","value":"x"}"#).is_err());
    }
}
