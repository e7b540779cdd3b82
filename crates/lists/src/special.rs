// SPDX-License-Identifier: MIT
//! Addresses that no stranger on the Internet has: the special-purpose registries of IANA
//! ([IPv4][v4], [IPv6][v6], RFC 6890), in one table. A list must not name them, and no database
//! knows where they are.
//!
//! [v4]: https://www.iana.org/assignments/iana-ipv4-special-registry
//! [v6]: https://www.iana.org/assignments/iana-ipv6-special-registry

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What addresses of a special range are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// No address yet, or this very network.
    Unspecified,
    /// The host itself.
    Loopback,
    /// The link that the host is on, and nothing beyond.
    LinkLocal,
    /// Networks of one's own (RFC 1918, unique local addresses).
    Private,
    /// Between a provider's customers and its translators (RFC 6598); VPNs are fond of it too.
    Shared,
    /// Groups of hosts.
    Multicast,
    /// Everybody on the link.
    Broadcast,
    /// Examples in texts.
    Documentation,
    /// Test benches.
    Benchmark,
    /// IPv6 around an IPv4 address: translated, tunnelled or mapped. Who is meant is inside.
    Embedding,
    /// What protocols need for themselves.
    Protocol,
    /// Nobody's so far.
    Reserved,
}

impl Purpose {
    /// The same in a few words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Private => "private network",
            Self::Shared => "CGNAT or VPN",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Benchmark => "benchmark",
            Self::Embedding => "IPv6 around IPv4",
            Self::Protocol => "protocol",
            Self::Reserved => "reserved",
        }
    }
}

/// A special range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Special {
    /// Its addresses.
    pub net: IpNet,
    /// What they are for.
    pub purpose: Purpose,
    /// Where that is said.
    pub source: &'static str,
}

const fn v4(octets: [u8; 4], length: u8, purpose: Purpose, source: &'static str) -> Special {
    let [a, b, c, d] = octets;
    let net = Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length);
    Special {
        net: IpNet::V4(net),
        purpose,
        source,
    }
}

const fn v6(words: [u16; 4], length: u8, purpose: Purpose, source: &'static str) -> Special {
    let [a, b, c, d] = words;
    let net = Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), length);
    Special {
        net: IpNet::V6(net),
        purpose,
        source,
    }
}

const fn v6_whole(net: Ipv6Addr, length: u8, purpose: Purpose, source: &'static str) -> Special {
    Special {
        net: IpNet::V6(Ipv6Net::new_assert(net, length)),
        purpose,
        source,
    }
}

use Purpose as P;

/// Every special range. Where one is inside another, it comes first.
pub static SPECIAL: &[Special] = &[
    v4([0, 0, 0, 0], 8, P::Unspecified, "RFC 791"),
    v4([10, 0, 0, 0], 8, P::Private, "RFC 1918"),
    v4([100, 64, 0, 0], 10, P::Shared, "RFC 6598"),
    v4([127, 0, 0, 0], 8, P::Loopback, "RFC 1122"),
    v4([169, 254, 0, 0], 16, P::LinkLocal, "RFC 3927"),
    v4([172, 16, 0, 0], 12, P::Private, "RFC 1918"),
    v4([192, 0, 0, 0], 24, P::Protocol, "RFC 6890"),
    v4([192, 0, 2, 0], 24, P::Documentation, "RFC 5737"),
    v4([192, 88, 99, 0], 24, P::Protocol, "RFC 7526"),
    v4([192, 168, 0, 0], 16, P::Private, "RFC 1918"),
    v4([198, 18, 0, 0], 15, P::Benchmark, "RFC 2544"),
    v4([198, 51, 100, 0], 24, P::Documentation, "RFC 5737"),
    v4([203, 0, 113, 0], 24, P::Documentation, "RFC 5737"),
    v4([224, 0, 0, 0], 4, P::Multicast, "RFC 5771"),
    v4([255, 255, 255, 255], 32, P::Broadcast, "RFC 919"),
    v4([240, 0, 0, 0], 4, P::Reserved, "RFC 1112"),
    v6_whole(Ipv6Addr::UNSPECIFIED, 128, P::Unspecified, "RFC 4291"),
    v6_whole(Ipv6Addr::LOCALHOST, 128, P::Loopback, "RFC 4291"),
    v6_whole(
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0),
        96,
        P::Embedding,
        "RFC 4291",
    ),
    v6([0, 0, 0, 0], 96, P::Embedding, "RFC 4291"),
    v6([0x64, 0xff9b, 0, 0], 96, P::Embedding, "RFC 6052"),
    v6([0x64, 0xff9b, 1, 0], 48, P::Embedding, "RFC 8215"),
    v6([0x100, 0, 0, 0], 64, P::Reserved, "RFC 6666"),
    v6([0x100, 0, 0, 1], 64, P::Reserved, "RFC 9780"),
    v6([0x2001, 0, 0, 0], 32, P::Embedding, "RFC 4380"),
    v6([0x2001, 2, 0, 0], 48, P::Benchmark, "RFC 5180"),
    v6([0x2001, 0xdb8, 0, 0], 32, P::Documentation, "RFC 3849"),
    v6([0x2001, 0, 0, 0], 23, P::Protocol, "RFC 2928"),
    v6([0x2002, 0, 0, 0], 16, P::Embedding, "RFC 3056"),
    v6([0x3fff, 0, 0, 0], 20, P::Documentation, "RFC 9637"),
    v6([0x5f00, 0, 0, 0], 16, P::Protocol, "RFC 9602"),
    v6([0xfc00, 0, 0, 0], 7, P::Private, "RFC 4193"),
    v6([0xfe80, 0, 0, 0], 10, P::LinkLocal, "RFC 4291"),
    v6([0xfec0, 0, 0, 0], 10, P::Private, "RFC 3879"),
    v6([0xff00, 0, 0, 0], 8, P::Multicast, "RFC 4291"),
];

/// The narrowest special range around an address.
#[must_use]
pub fn around(address: IpAddr) -> Option<&'static Special> {
    SPECIAL
        .iter()
        .find(|special| special.net.contains(&address))
}

/// The special ranges that share addresses with a network, the narrowest first.
pub fn touching(net: IpNet) -> impl Iterator<Item = &'static Special> {
    SPECIAL
        .iter()
        .filter(move |special| special.net.contains(&net) || net.contains(&special.net))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_the_narrowest_range() {
        let purpose = |text: &str| {
            let address = text.parse().expect("an address");
            around(address).map(|special| special.purpose)
        };
        for (text, expected) in [
            ("10.1.2.3", Purpose::Private),
            ("100.127.255.255", Purpose::Shared),
            ("127.0.0.1", Purpose::Loopback),
            ("255.255.255.255", Purpose::Broadcast),
            ("255.255.255.254", Purpose::Reserved),
            ("239.0.0.1", Purpose::Multicast),
            ("::", Purpose::Unspecified),
            ("::1", Purpose::Loopback),
            ("::ffff:8.8.8.8", Purpose::Embedding),
            ("::8.8.8.8", Purpose::Embedding),
            ("2001:0:1::", Purpose::Embedding),
            ("2001:db8::1", Purpose::Documentation),
            ("2001:1::1", Purpose::Protocol),
            ("2002:808:808::1", Purpose::Embedding),
            ("fd00::1", Purpose::Private),
            ("fe80::1", Purpose::LinkLocal),
            ("ff02::1", Purpose::Multicast),
        ] {
            assert_eq!(purpose(text), Some(expected), "{text}");
        }
        for ordinary in [
            "8.8.8.8",
            "100.128.0.0",
            "2001:200::1",
            "2606:4700::1",
            "172.32.0.1",
        ] {
            assert_eq!(purpose(ordinary), None, "{ordinary}");
        }
    }

    #[test]
    fn ranges_have_no_host_bits_and_the_wider_one_comes_later() {
        for (at, special) in SPECIAL.iter().enumerate() {
            assert_eq!(special.net, special.net.trunc());
            let hidden = SPECIAL[..at]
                .iter()
                .any(|before| before.net.contains(&special.net));
            assert!(!hidden, "{} is never found", special.net);
        }
    }

    #[test]
    fn a_wide_network_touches_what_is_inside_and_a_narrow_one_what_is_around() {
        let nets = |text: &str| -> Vec<String> {
            let net = text.parse().expect("a network");
            touching(net)
                .map(|special| special.net.to_string())
                .collect()
        };
        assert_eq!(nets("192.0.0.0/16"), ["192.0.0.0/24", "192.0.2.0/24"]);
        assert_eq!(nets("10.9.0.0/16"), ["10.0.0.0/8"]);
        assert!(nets("8.0.0.0/8").is_empty());
    }
}
