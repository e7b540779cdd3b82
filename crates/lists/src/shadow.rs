// SPDX-License-Identifier: MIT
//! What lists would do if they were let: which addresses of interest are on them.

use crate::set::{ClassId, Compiled, Piece};
use crate::span::Number;
use std::net::IpAddr;

/// Those of these addresses that are on any list, each with its class.
pub fn would_hit(
    compiled: &Compiled,
    addresses: impl IntoIterator<Item = IpAddr>,
) -> Vec<(IpAddr, ClassId)> {
    let hit = |address: IpAddr| Some((address, class_of(compiled, address)?));
    addresses.into_iter().filter_map(hit).collect()
}

/// The class of an address, where it is on any list.
#[must_use]
pub fn class_of(compiled: &Compiled, address: IpAddr) -> Option<ClassId> {
    match address.to_canonical() {
        IpAddr::V4(address) => find(&compiled.v4, address.to_bits()),
        IpAddr::V6(address) => find(&compiled.v6, address.to_bits()),
    }
}

fn find<N: Number>(pieces: &[Piece<N>], address: N) -> Option<ClassId> {
    let at = pieces.partition_point(|piece| piece.span.last < address);
    let piece = pieces.get(at).filter(|piece| piece.span.contains(address));
    piece.map(|piece| piece.class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Format, Limits, parse};
    use crate::set::{Classes, Label, compile};

    #[test]
    fn peers_on_a_list_are_found_and_others_are_not() {
        let listed = b"1.0.0.0/24\n1.0.1.7\n255.255.255.255\n2400::/32\n";
        let parsed = parse(listed, Format::Plain, &Limits::default()).expect("it is a list");
        let ranges = parsed.entries.iter().map(|entry| (Label(3), entry.span));
        let compiled = compile(ranges, &mut Classes::default());
        let peers = [
            "0.255.255.255",
            "1.0.0.0",
            "1.0.0.255",
            "1.0.1.6",
            "1.0.1.7",
            "1.0.1.8",
            "255.255.255.255",
            "::ffff:1.0.1.7",
            "23ff::1",
            "2400::1",
            "2400:1::",
        ];
        let addresses = peers.map(|text| text.parse().expect("an address"));
        let hit: Vec<String> = would_hit(&compiled, addresses)
            .iter()
            .map(|(address, _)| address.to_string())
            .collect();
        let expected = [
            "1.0.0.0",
            "1.0.0.255",
            "1.0.1.7",
            "255.255.255.255",
            "::ffff:1.0.1.7",
            "2400::1",
        ];
        assert_eq!(hit, expected);
    }
}
