// SPDX-License-Identifier: MIT
//! What a rule is about: an address or a canonical prefix.

use crate::ParseError;
use aegis_abi::Family;
use ipnet::{IpNet, Ipv6Net};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An address or a prefix without host bits. Targets sort by first address, wider before narrower,
/// so that what lies inside a prefix follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(IpNet);

impl Target {
    /// As a prefix; an address is a /32 or /128.
    #[must_use]
    pub fn net(self) -> IpNet {
        self.0
    }

    /// The address, where this is one rather than a prefix.
    #[must_use]
    pub fn address(self) -> Option<IpAddr> {
        self.is_address().then(|| self.0.addr())
    }

    /// Whether this is one address.
    #[must_use]
    pub fn is_address(self) -> bool {
        self.0.prefix_len() == self.0.max_prefix_len()
    }

    /// Whether this is every address of its family.
    #[must_use]
    pub fn is_everything(self) -> bool {
        self.0.prefix_len() == 0
    }

    /// Whether all of `other` lies in this; a target covers itself.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Which family.
    #[must_use]
    pub fn family(self) -> Family {
        match self.0 {
            IpNet::V4(_) => Family::V4,
            IpNet::V6(_) => Family::V6,
        }
    }

    /// The /64 of an IPv6 address, which is one subscriber's and as good as one source.
    pub(crate) fn network_of(address: IpAddr) -> Option<Self> {
        let IpAddr::V6(address) = address else {
            return None;
        };
        let network = Ipv6Net::new(address, 64).ok()?.trunc();
        Self::try_from(IpNet::V6(network)).ok()
    }

    /// The last target, in order, that this covers.
    pub(crate) fn last(self) -> Self {
        Self::from(self.0.broadcast())
    }
}

impl From<IpAddr> for Target {
    fn from(address: IpAddr) -> Self {
        Self(IpNet::from(address))
    }
}

impl TryFrom<IpNet> for Target {
    type Error = ParseError;

    fn try_from(net: IpNet) -> Result<Self, ParseError> {
        let canonical = net.trunc();
        if canonical.addr() != net.addr() {
            return Err(ParseError::HostBits {
                given: net,
                canonical,
            });
        }
        refuse_mapped(canonical)?;
        if canonical.addr().is_unspecified() && canonical.prefix_len() == canonical.max_prefix_len()
        {
            return Err(ParseError::Unspecified(canonical.addr()));
        }
        Ok(Self(canonical))
    }
}

/// IPv4 traffic never carries its mapped form, so that a rule about one would do nothing.
fn refuse_mapped(net: IpNet) -> Result<(), ParseError> {
    let IpNet::V6(v6) = net else { return Ok(()) };
    let (Some(address), Some(length)) =
        (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96))
    else {
        return Ok(());
    };
    let ipv4 = if length == 32 {
        address.to_string()
    } else {
        format!("{address}/{length}")
    };
    Err(ParseError::Mapped { ipv4 })
}

impl FromStr for Target {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        if text.contains('%') {
            return Err(ParseError::Zone(text.into()));
        }
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (parse_address(address)?, Some(length)),
            None => (parse_address(text)?, None),
        };
        let whole = IpNet::from(address);
        let Some(length) = length else {
            return Self::try_from(whole);
        };
        let wrong = || ParseError::Length {
            given: length.into(),
            most: whole.max_prefix_len(),
        };
        let net = parse_decimal(length)
            .and_then(|length| IpNet::new(address, length).ok())
            .ok_or_else(wrong)?;
        Self::try_from(net)
    }
}

/// Digits only: neither a sign nor a leading zero.
fn parse_decimal(text: &str) -> Option<u8> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

fn parse_address(text: &str) -> Result<IpAddr, ParseError> {
    text.parse().map_err(|_| match without_leading_zeros(text) {
        Some(decimal) => ParseError::LeadingZero {
            given: text.into(),
            decimal,
        },
        None => ParseError::Address(text.into()),
    })
}

/// The IPv4 address that reading `text` as decimal would give: some programs read 010 as eight.
fn without_leading_zeros(text: &str) -> Option<String> {
    let parts: Option<Vec<String>> = text
        .split('.')
        .map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let stripped = part.trim_start_matches('0');
            digits.then(|| {
                if stripped.is_empty() {
                    "0".into()
                } else {
                    stripped.to_string()
                }
            })
        })
        .collect();
    let decimal = parts?.join(".");
    decimal.parse::<std::net::Ipv4Addr>().ok().map(|_| decimal)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address() {
            Some(address) => address.fmt(f),
            None => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Target>().unwrap_err().to_string()
    }

    #[test]
    fn addresses_and_prefixes_read_back_as_they_were_written() {
        for text in [
            "192.0.2.1",
            "192.0.2.0/24",
            "0.0.0.0/0",
            "2001:db8::1",
            "2001:db8::/32",
            "::/0",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        assert_eq!(
            "192.0.2.1/32".parse::<Target>().unwrap().to_string(),
            "192.0.2.1"
        );
        assert_eq!(
            "2001:DB8:0::1/128".parse::<Target>().unwrap().to_string(),
            "2001:db8::1"
        );
    }

    #[test]
    fn host_bits_are_refused_with_the_canonical_prefix() {
        assert_eq!(
            error("192.0.2.77/24"),
            "192.0.2.77/24 has bits set beyond its length: write 192.0.2.0/24 for the prefix or 192.0.2.77 for the address"
        );
        assert!(error("2001:db8::1/32").contains("write 2001:db8::/32"));
    }

    #[test]
    fn lengths_out_of_range_name_the_range() {
        for text in [
            "192.0.2.0/33",
            "192.0.2.0/",
            "192.0.2.0/-1",
            "192.0.2.0/+8",
            "192.0.2.0/024",
            "192.0.2.0/255.255.255.0",
        ] {
            assert!(
                error(text).contains("between 0 and 32"),
                "{text}: {}",
                error(text)
            );
        }
        assert!(error("2001:db8::/129").contains("between 0 and 128"));
    }

    #[test]
    fn mapped_addresses_name_the_ipv4_form() {
        assert!(error("::ffff:192.0.2.1").contains("write 192.0.2.1"));
        assert!(error("::ffff:192.0.2.0/120").contains("write 192.0.2.0/24"));
        assert!("::/64".parse::<Target>().is_ok());
    }

    #[test]
    fn zones_are_refused() {
        assert!(error("fe80::1%eth0").contains("without the zone"));
    }

    #[test]
    fn leading_zeros_are_refused_with_the_decimal_form() {
        assert!(error("192.000.002.010").contains("write 192.0.2.10"));
        assert!(error("010.0.0.0/8").contains("write 10.0.0.0"));
    }

    #[test]
    fn what_is_no_address_says_so() {
        for text in [
            "",
            "example.org",
            "1.2.3",
            "300.1.1.1",
            "1.2.3.4:80",
            "[::1]",
            "1.2.3.4/8/9",
            "/8",
            "0x7f.1",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
        assert!(error("example.org").contains("names are not looked up"));
    }

    #[test]
    fn what_a_prefix_covers_follows_it_in_order() {
        let of = |text: &str| text.parse::<Target>().unwrap();
        let sorted = [
            "10.0.0.0/8",
            "10.0.0.0/24",
            "10.0.0.0",
            "10.1.0.0/16",
            "10.255.255.255",
            "11.0.0.0/8",
        ];
        assert!(sorted.windows(2).all(|pair| of(pair[0]) < of(pair[1])));
        assert_eq!(of("10.0.0.0/8").last(), of("10.255.255.255"));
        assert!(
            of("10.0.0.0/8").covers(of("10.1.0.0/16"))
                && !of("10.1.0.0/16").covers(of("10.0.0.0/8"))
        );
        assert!(!of("::/0").covers(of("10.0.0.0/8")));
    }
}
