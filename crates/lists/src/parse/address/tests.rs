// SPDX-License-Identifier: MIT
//! What names whom, and what does not.

use super::*;
use proptest::prelude::*;

fn named(text: &str) -> Result<String, Mistake> {
    read(text.as_bytes()).map(|named| named.span.to_string())
}

#[test]
fn every_way_to_write_addresses_is_read() {
    for (text, expected) in [
        ("0.0.0.0", "0.0.0.0"),
        ("255.255.255.255", "255.255.255.255"),
        ("1.2.3.4/32", "1.2.3.4"),
        ("1.2.3.0/24", "1.2.3.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("1.2.3.0/255.255.255.0", "1.2.3.0/24"),
        ("1.2.3.4/255.255.255.255", "1.2.3.4"),
        ("0.0.0.0/0.0.0.0", "0.0.0.0/0"),
        ("1.2.3.0-1.2.3.255", "1.2.3.0/24"),
        ("1.2.3.4-1.2.3.9", "1.2.3.4-1.2.3.9"),
        ("1.2.3.4:80", "1.2.3.4"),
        ("2001:DB8::7", "2001:db8::7"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("[2001:db8::7]:80", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::-2001:db8::f", "2001:db8::/124"),
        ("::ffff:8.8.8.8", "::ffff:8.8.8.8"),
        ("2001:db8:0:0:0:0:255.255.255.255", "2001:db8::ffff:ffff"),
    ] {
        assert_eq!(named(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_two_programs_would_read_as_two_addresses_is_none() {
    use Mistake::*;
    for (text, expected) in [
        ("010.0.0.1", LeadingZero),
        ("1.2.3.04", LeadingZero),
        ("1.2.3.00/24", LeadingZero),
        ("1.2.3.0-1.2.3.010", LeadingZero),
        ("0x7f000001", NotAddress),
        ("0x7f.0.0.1", NotAddress),
        ("1.2.3", NotAddress),
        ("1.2.3.", NotAddress),
        ("1.2.3.4.", NotAddress),
        ("1.2.3.4.5", NotAddress),
        ("1.2.3.256", NotAddress),
        ("1.2.3.1234", NotAddress),
        ("16909060", NotAddress),
        ("１.9.9.9", NotAddress),
        ("1.2.3.4:", NotAddress),
        ("1.2.3.4:http", NotAddress),
        ("", NotAddress),
        ("example.org", NotAddress),
        ("1.2.3.*", NotAddress),
        ("+1.2.3.4", NotAddress),
        ("[1.2.3.4", NotAddress),
        ("[[2001:db8::7]]", NotAddress),
        ("[2001:db8::7]x", NotAddress),
        ("2001:db8", NotAddress),
        ("2001:db8::1::2", NotAddress),
        ("12345::", NotAddress),
        ("fe80::1%eth0", Zone),
        ("1.2.3.4/33", Length),
        ("1.2.3.4/", Length),
        ("1.2.3.4/-1", Length),
        ("1.2.3.4/08", Length),
        ("1.2.3.4/99999999999999924", Length),
        ("1.2.3.4/24/24", Length),
        ("2001:db8::/129", Length),
        ("2001:db8::/ffff::", Length),
        ("1.2.3.4/0.0.0.255", Netmask),
        ("1.2.3.4/255.0.255.0", Netmask),
        ("1.2.3.4/255.255.0", Netmask),
        ("1.2.3.9-1.2.3.4", Backwards),
        ("1.2.3.4-2001:db8::", Families),
        ("::-1.2.3.4", Families),
    ] {
        assert_eq!(named(text), Err(expected), "{text}");
    }
}

#[test]
fn bits_beyond_the_length_are_passed_over_and_noted() {
    for (text, network, noted) in [
        ("10.0.0.1/8", "10.0.0.0/8", true),
        ("10.0.0.0/8", "10.0.0.0/8", false),
        ("1.2.3.4/255.255.255.0", "1.2.3.0/24", true),
        ("2001:db8::1/32", "2001:db8::/32", true),
        ("1.1.1.1/0", "0.0.0.0/0", true),
    ] {
        let read = read(text.as_bytes()).expect("it names a network");
        assert_eq!(
            (read.span.to_string().as_str(), read.host_bits),
            (network, noted),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn ipv4_is_read_as_the_standard_library_reads_it(bytes in "[0-9.]{0,17}") {
        let expected = bytes.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
        let read = match address(bytes.as_bytes()) {
            Ok(Number::V4(address)) => Some(address),
            _ => None,
        };
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(named) = read(&bytes) {
            let text = named.span.to_string();
            prop_assert_eq!(read(text.as_bytes()).map(|named| named.span), Ok(named.span));
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same(first in any::<u32>(), other in any::<u32>(), high in any::<u128>(), size in 0_u32..128) {
        let v4 = IpSpan::V4(Span { first: first.min(other), last: first.max(other) });
        let last = high.saturating_add((1 << size) - 1);
        for span in [v4, IpSpan::V6(Span { first: high, last })] {
            prop_assert_eq!(read(span.to_string().as_bytes()), Ok(span.into()));
        }
    }
}
