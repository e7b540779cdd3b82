// SPDX-License-Identifier: MIT
//! Ranges of addresses, ends included.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::IpAddr;

/// A range of addresses as numbers, both ends included; `first` is at most `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span<N> {
    /// The lowest address.
    pub first: N,
    /// The highest address.
    pub last: N,
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
