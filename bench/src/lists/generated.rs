// SPDX-License-Identifier: MIT
//! Lists as they are on the Internet, the same ones each time.

use aegis_lists::{IpSpan, Span};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Numbers from a fixed seed (xorshift64*, Vigna 2016).
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// An IPv4 address from 1.0.0.0 to 223.255.255.255.
    pub fn v4(&mut self) -> u32 {
        let room = 223_u64 << 24;
        (1 << 24) + ((self.next() >> 8) % room) as u32
    }

    /// An IPv6 address of 2000::/4.
    pub fn v6(&mut self) -> u128 {
        let bits = u128::from(self.next()) << 64 | u128::from(self.next());
        2 << 124 | bits >> 4
    }
}

/// A prefix.
#[derive(Clone, Copy, Debug)]
pub struct Prefix<N> {
    /// Its first address.
    pub first: N,
    /// Its length.
    pub length: u32,
}

/// Of ten, seven are single addresses, two /24 and one a /17 to /23.
pub fn v4(count: usize) -> Vec<Prefix<u32>> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let one = |_| {
        let kind = random.next();
        let length = match kind % 10 {
            0..=6 => 32,
            7..=8 => 24,
            _ => 17 + ((kind >> 8) % 7) as u32,
        };
        let first = random.v4() & u32::MAX << (32 - length);
        Prefix { first, length }
    };
    (0..count).map(one).collect()
}

/// Of ten, five are /64, two /48, and one each is /32, /56 and a single address.
pub fn v6(count: usize) -> Vec<Prefix<u128>> {
    let mut random = Random(0x6a09_e667_f3bc_c908);
    let one = |_| {
        let length = match random.next() % 10 {
            0..=4 => 64,
            5..=6 => 48,
            7 => 32,
            8 => 56,
            _ => 128,
        };
        let first = random.v6() & u128::MAX << (128 - length);
        Prefix { first, length }
    };
    (0..count).map(one).collect()
}

impl Prefix<u32> {
    /// All of it.
    pub fn span(self) -> IpSpan {
        let (first, free) = (self.first, u64::from(u32::MAX) >> self.length);
        let last = first | free as u32;
        IpSpan::V4(Span { first, last })
    }

    /// As a line of a list.
    pub fn line(self) -> String {
        let address = Ipv4Addr::from_bits(self.first);
        match self.length {
            32 => format!("{address}\n"),
            length => format!("{address}/{length}\n"),
        }
    }
}

impl Prefix<u128> {
    /// All of it.
    pub fn span(self) -> IpSpan {
        let first = self.first;
        let last = first | u128::MAX.checked_shr(self.length).unwrap_or(0);
        IpSpan::V6(Span { first, last })
    }

    /// As a line of a list.
    pub fn line(self) -> String {
        format!("{}/{}\n", Ipv6Addr::from_bits(self.first), self.length)
    }
}
