// SPDX-License-Identifier: MIT
//! Services that most hosts use, and that lists name now and then: resolvers that attacks are reflected
//! from in somebody's log, and the servers of the DNS root. Each is one anycast address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Public {
    /// Where it is.
    pub address: IpAddr,
    /// What it is.
    pub kind: Kind,
    /// Whose.
    pub who: &'static str,
}

/// Kinds of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers for everybody.
    Resolver,
    /// Answers for the DNS root.
    Root,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolver => "public resolver",
            Self::Root => "root server",
        })
    }
}

const fn v4(kind: Kind, who: &'static str, [a, b, c, d]: [u8; 4]) -> Public {
    let address = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    Public { address, kind, who }
}

/// The first four words and the last three; the fifth is 0 in all of them.
const fn v6(kind: Kind, who: &'static str, head: [u16; 4], tail: [u16; 3]) -> Public {
    let ([a, b, c, d], [f, g, h]) = (head, tail);
    let address = IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, f, g, h));
    Public { address, kind, who }
}

use Kind::{Resolver as R, Root};

/// Every service, by whose it is.
pub static PUBLIC: &[Public] = &[
    v4(R, "Cloudflare", [1, 1, 1, 1]),
    v4(R, "Cloudflare", [1, 0, 0, 1]),
    v4(R, "Cloudflare", [1, 1, 1, 2]),
    v4(R, "Cloudflare", [1, 0, 0, 2]),
    v4(R, "Cloudflare", [1, 1, 1, 3]),
    v4(R, "Cloudflare", [1, 0, 0, 3]),
    v6(R, "Cloudflare", [0x2606, 0x4700, 0x4700, 0], [0, 0, 0x1111]),
    v6(R, "Cloudflare", [0x2606, 0x4700, 0x4700, 0], [0, 0, 0x1001]),
    v6(R, "Cloudflare", [0x2606, 0x4700, 0x4700, 0], [0, 0, 0x1112]),
    v6(R, "Cloudflare", [0x2606, 0x4700, 0x4700, 0], [0, 0, 0x1002]),
    v6(R, "Cloudflare", [0x2606, 0x4700, 0x4700, 0], [0, 0, 0x1113]),
    v6(R, "Cloudflare", [0x2606, 0x4700, 0x4700, 0], [0, 0, 0x1003]),
    v4(R, "Google", [8, 8, 8, 8]),
    v4(R, "Google", [8, 8, 4, 4]),
    v6(R, "Google", [0x2001, 0x4860, 0x4860, 0], [0, 0, 0x8888]),
    v6(R, "Google", [0x2001, 0x4860, 0x4860, 0], [0, 0, 0x8844]),
    v4(R, "Quad9", [9, 9, 9, 9]),
    v4(R, "Quad9", [149, 112, 112, 112]),
    v4(R, "Quad9", [9, 9, 9, 10]),
    v4(R, "Quad9", [149, 112, 112, 10]),
    v4(R, "Quad9", [9, 9, 9, 11]),
    v4(R, "Quad9", [149, 112, 112, 11]),
    v6(R, "Quad9", [0x2620, 0xfe, 0, 0], [0, 0, 0xfe]),
    v6(R, "Quad9", [0x2620, 0xfe, 0, 0], [0, 0, 9]),
    v6(R, "Quad9", [0x2620, 0xfe, 0, 0], [0, 0, 0x10]),
    v6(R, "Quad9", [0x2620, 0xfe, 0, 0], [0, 0, 0x11]),
    v4(R, "OpenDNS", [208, 67, 222, 222]),
    v4(R, "OpenDNS", [208, 67, 220, 220]),
    v6(R, "OpenDNS", [0x2620, 0x119, 0x35, 0], [0, 0, 0x35]),
    v6(R, "OpenDNS", [0x2620, 0x119, 0x53, 0], [0, 0, 0x53]),
    v4(R, "AdGuard", [94, 140, 14, 14]),
    v4(R, "AdGuard", [94, 140, 15, 15]),
    v6(R, "AdGuard", [0x2a10, 0x50c0, 0, 0], [0, 0xad1, 0xff]),
    v6(R, "AdGuard", [0x2a10, 0x50c0, 0, 0], [0, 0xad2, 0xff]),
    v4(R, "Lumen", [4, 2, 2, 1]),
    v4(R, "Lumen", [4, 2, 2, 2]),
    v4(R, "AliDNS", [223, 5, 5, 5]),
    v4(R, "AliDNS", [223, 6, 6, 6]),
    v4(R, "114DNS", [114, 114, 114, 114]),
    v4(R, "Yandex", [77, 88, 8, 8]),
    v4(R, "Yandex", [77, 88, 8, 1]),
    v4(Root, "the letter A", [198, 41, 0, 4]),
    v4(Root, "the letter B", [170, 247, 170, 2]),
    v4(Root, "the letter C", [192, 33, 4, 12]),
    v4(Root, "the letter D", [199, 7, 91, 13]),
    v4(Root, "the letter E", [192, 203, 230, 10]),
    v4(Root, "the letter F", [192, 5, 5, 241]),
    v4(Root, "the letter G", [192, 112, 36, 4]),
    v4(Root, "the letter H", [198, 97, 190, 53]),
    v4(Root, "the letter I", [192, 36, 148, 17]),
    v4(Root, "the letter J", [192, 58, 128, 30]),
    v4(Root, "the letter K", [193, 0, 14, 129]),
    v4(Root, "the letter L", [199, 7, 83, 42]),
    v4(Root, "the letter M", [202, 12, 27, 33]),
    v6(
        Root,
        "the letter A",
        [0x2001, 0x503, 0xba3e, 0],
        [0, 2, 0x30],
    ),
    v6(Root, "the letter B", [0x2801, 0x1b8, 0x10, 0], [0, 0, 0xb]),
    v6(Root, "the letter C", [0x2001, 0x500, 2, 0], [0, 0, 0xc]),
    v6(Root, "the letter D", [0x2001, 0x500, 0x2d, 0], [0, 0, 0xd]),
    v6(Root, "the letter E", [0x2001, 0x500, 0xa8, 0], [0, 0, 0xe]),
    v6(Root, "the letter F", [0x2001, 0x500, 0x2f, 0], [0, 0, 0xf]),
    v6(
        Root,
        "the letter G",
        [0x2001, 0x500, 0x12, 0],
        [0, 0, 0xd0d],
    ),
    v6(Root, "the letter H", [0x2001, 0x500, 1, 0], [0, 0, 0x53]),
    v6(Root, "the letter I", [0x2001, 0x7fe, 0, 0], [0, 0, 0x53]),
    v6(
        Root,
        "the letter J",
        [0x2001, 0x503, 0xc27, 0],
        [0, 2, 0x30],
    ),
    v6(Root, "the letter K", [0x2001, 0x7fd, 0, 0], [0, 0, 1]),
    v6(Root, "the letter L", [0x2001, 0x500, 0x9f, 0], [0, 0, 0x42]),
    v6(Root, "the letter M", [0x2001, 0xdc3, 0, 0], [0, 0, 0x35]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn services_are_where_everybody_knows_them() {
        let distinct: HashSet<IpAddr> = PUBLIC.iter().map(|public| public.address).collect();
        assert_eq!(distinct.len(), PUBLIC.len());
        for text in [
            "1.1.1.1",
            "2606:4700:4700::1111",
            "2001:4860:4860::8844",
            "2620:fe::fe",
            "2a10:50c0::ad1:ff",
            "2001:503:ba3e::2:30",
            "2001:500:12::d0d",
            "2001:dc3::35",
        ] {
            assert!(
                distinct.contains(&text.parse().expect("an address")),
                "{text}"
            );
        }
        let roots = PUBLIC.iter().filter(|public| public.kind == Kind::Root);
        assert_eq!(roots.count(), 26);
        assert!(
            distinct
                .iter()
                .all(|address| crate::special::around(*address).is_none())
        );
    }
}
