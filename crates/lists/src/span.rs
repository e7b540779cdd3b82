// SPDX-License-Identifier: MIT
//! Ranges of addresses, ends included.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fmt::{self, Debug};
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address as a number: `u32` of IPv4, `u128` of IPv6.
pub trait Number: Copy + Ord + Hash + Debug {
    /// The lowest address.
    const MIN: Self;
    /// The highest address.
    const MAX: Self;

    /// The next address.
    fn after(self) -> Option<Self>;
    /// The one before.
    fn before(self) -> Option<Self>;
    /// As a number of 128 bits.
    fn wide(self) -> u128;
}

impl Number for u32 {
    const MIN: Self = 0;
    const MAX: Self = u32::MAX;

    fn after(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn before(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn wide(self) -> u128 {
        self.into()
    }
}

impl Number for u128 {
    const MIN: Self = 0;
    const MAX: Self = u128::MAX;

    fn after(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn before(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn wide(self) -> u128 {
        self
    }
}

/// A range of addresses as numbers, both ends included; `first` is at most `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span<N> {
    /// The lowest address.
    pub first: N,
    /// The highest address.
    pub last: N,
}

impl<N: Number> Span<N> {
    /// How many addresses it has; of all IPv6, one less.
    pub fn addresses(self) -> u128 {
        (self.last.wide() - self.first.wide()).saturating_add(1)
    }

    /// Whether an address lies in it.
    pub fn contains(self, address: N) -> bool {
        self.first <= address && address <= self.last
    }
}

/// A range of either family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpSpan {
    /// IPv4.
    V4(Span<u32>),
    /// IPv6.
    V6(Span<u128>),
}

impl From<Ipv4Net> for Span<u32> {
    fn from(net: Ipv4Net) -> Self {
        Self {
            first: net.network().to_bits(),
            last: net.broadcast().to_bits(),
        }
    }
}

impl From<Ipv6Net> for Span<u128> {
    fn from(net: Ipv6Net) -> Self {
        Self {
            first: net.network().to_bits(),
            last: net.broadcast().to_bits(),
        }
    }
}

impl From<IpNet> for IpSpan {
    fn from(net: IpNet) -> Self {
        match net {
            IpNet::V4(net) => Self::V4(net.into()),
            IpNet::V6(net) => Self::V6(net.into()),
        }
    }
}

impl From<IpAddr> for IpSpan {
    fn from(address: IpAddr) -> Self {
        IpNet::from(address).into()
    }
}

impl fmt::Display for IpSpan {
    /// As lists have it: an address, a prefix where it is one, else both ends with a hyphen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last, length) = match *self {
            Self::V4(span) => (
                IpAddr::from(Ipv4Addr::from_bits(span.first)),
                IpAddr::from(Ipv4Addr::from_bits(span.last)),
                prefix_length((span.first ^ span.last).into(), span.first.into(), 32),
            ),
            Self::V6(span) => (
                IpAddr::from(Ipv6Addr::from_bits(span.first)),
                IpAddr::from(Ipv6Addr::from_bits(span.last)),
                prefix_length(span.first ^ span.last, span.first, 128),
            ),
        };
        match length {
            _ if first == last => write!(f, "{first}"),
            Some(length) => write!(f, "{first}/{length}"),
            None => write!(f, "{first}-{last}"),
        }
    }
}

/// The length of the prefix that a range is, by the bits in which its ends differ; `None` where it is
/// none.
fn prefix_length(differing: u128, first: u128, bits: u32) -> Option<u32> {
    let free = u128::BITS - differing.leading_zeros();
    let ones = u128::MAX.checked_shr(u128::BITS - free).unwrap_or(0);
    (differing == ones && first & ones == 0).then(|| bits - free)
}
