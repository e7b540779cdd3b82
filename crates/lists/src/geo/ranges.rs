// SPDX-License-Identifier: MIT
//! The ranges that tor comes with (`geoip` and `geoip6`, in Debian the package tor-geoipdb): a line a
//! range, `FIRST,LAST,CC`, IPv4 as decimal numbers and IPv6 as text, in order.

use super::Country;
use crate::Span;
use std::net::{IpAddr, Ipv6Addr};

/// What these files call an unknown country.
const UNKNOWN: &str = "??";

/// Ranges with their countries, sorted and disjoint.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    v4: Vec<(Span<u32>, Country)>,
    v6: Vec<(Span<u128>, Country)>,
}

impl Ranges {
    /// Reads a file of either family, or of both.
    ///
    /// # Errors
    /// The first line that is none of these, or out of order.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is neither a database nor text")?;
        let mut ranges = Self::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let wrong = |what: &str| format!("line {}: {what}", at + 1);
                ranges.add(line).map_err(wrong)?;
            }
        }
        match ranges.v4.is_empty() && ranges.v6.is_empty() {
            true => Err("there is no range in it".to_owned()),
            false => Ok(ranges),
        }
    }

    fn add(&mut self, line: &str) -> Result<(), &'static str> {
        let mut fields = line.split(',').map(str::trim);
        let (first, last, code) = (fields.next(), fields.next(), fields.next());
        let (Some(first), Some(last), Some(code), None) = (first, last, code, fields.next()) else {
            return Err("it is not FIRST,LAST,CC");
        };
        let country = match code {
            UNKNOWN => None,
            code => Some(Country::of_letters(code).ok_or("the country is not two letters")?),
        };
        if let (Ok(first), Ok(last)) = (first.parse(), last.parse()) {
            return put(&mut self.v4, Span { first, last }, country);
        }
        let number = |text: &str| text.parse().map(Ipv6Addr::to_bits);
        match (number(first), number(last)) {
            (Ok(first), Ok(last)) => put(&mut self.v6, Span { first, last }, country),
            _ => Err("the ends are neither numbers nor IPv6 addresses"),
        }
    }

    /// Where an address is.
    pub(super) fn country(&self, address: IpAddr) -> Option<Country> {
        match address {
            IpAddr::V4(address) => find(&self.v4, address.to_bits()),
            IpAddr::V6(address) => find(&self.v6, address.to_bits()),
        }
    }

    /// Those of IPv4.
    pub(super) fn v4(&self) -> &[(Span<u32>, Country)] {
        &self.v4
    }

    /// Those of IPv6.
    pub(super) fn v6(&self) -> &[(Span<u128>, Country)] {
        &self.v6
    }
}

fn put<N: Ord + Copy>(
    ranges: &mut Vec<(Span<N>, Country)>,
    span: Span<N>,
    country: Option<Country>,
) -> Result<(), &'static str> {
    if span.first > span.last {
        return Err("it ends before it begins");
    }
    if ranges
        .last()
        .is_some_and(|(before, _)| before.last >= span.first)
    {
        return Err("it begins before the range above it has ended");
    }
    ranges.extend(country.map(|country| (span, country)));
    Ok(())
}

fn find<N: Ord + Copy>(ranges: &[(Span<N>, Country)], address: N) -> Option<Country> {
    let after = ranges.partition_point(|(span, _)| span.first <= address);
    let (span, country) = ranges.get(after.checked_sub(1)?)?;
    (address <= span.last).then_some(*country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_both_families_are_found_by_address() {
        let text = "# IPFire\n16777216,16777471,AU\n16777472,16778239,CN\n16778240,16779263,??\n\
                    2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n";
        let ranges = Ranges::read(text.as_bytes()).expect("it is right");
        let code = |text: &str| {
            let country = ranges.country(text.parse().expect("an address"));
            country.map(|country| country.to_string())
        };
        assert_eq!(code("1.0.0.255").as_deref(), Some("AU"));
        assert_eq!(code("1.0.1.0").as_deref(), Some("CN"));
        assert_eq!(code("1.0.4.0"), None, "unknown");
        assert_eq!(code("0.255.255.255"), None);
        assert_eq!(code("2001:200::1").as_deref(), Some("JP"));
        assert_eq!(code("2001:201::1"), None);
    }

    #[test]
    fn the_first_wrong_line_is_named() {
        let fault = |text: &str| Ranges::read(text.as_bytes()).expect_err(text);
        assert_eq!(
            fault("1,2,DE\n2,3,FR"),
            "line 2: it begins before the range above it has ended"
        );
        assert_eq!(fault("2,1,DE"), "line 1: it ends before it begins");
        assert_eq!(fault("1,2"), "line 1: it is not FIRST,LAST,CC");
        assert_eq!(fault("1,2,DEU"), "line 1: the country is not two letters");
        assert_eq!(
            fault("1,::2,DE"),
            "line 1: the ends are neither numbers nor IPv6 addresses"
        );
        assert_eq!(fault("# nothing\n"), "there is no range in it");
    }
}
