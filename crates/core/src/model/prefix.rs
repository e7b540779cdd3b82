// SPDX-License-Identifier: MIT
//! A prefix of either family, compared bit by bit.

use aegis_abi::Family;
use std::net::IpAddr;

/// The addresses that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    family: Family,
    network: [u8; 16],
    length: u8,
}

impl Prefix {
    /// The prefix of so many bits around an address. Host bits are cleared, and a length beyond the
    /// address means all of it.
    #[must_use]
    pub fn new(address: IpAddr, length: u8) -> Self {
        let (family, wide, bits) = match address {
            IpAddr::V4(address) => (Family::V4, u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (Family::V6, address.to_bits(), 128),
        };
        let length = length.min(bits);
        let host_bits = u128::MAX.checked_shr(length.into()).unwrap_or(0);
        Self {
            family,
            network: (wide & !host_bits).to_be_bytes(),
            length,
        }
    }

    /// One address.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        Self::new(address, u8::MAX)
    }

    /// Which family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// Bits that are fixed.
    #[must_use]
    pub fn length(&self) -> u8 {
        self.length
    }

    /// The first address; IPv4 in the first four bytes, as in events.
    #[must_use]
    pub fn network(&self) -> [u8; 16] {
        self.network
    }

    /// The first 32 bits.
    pub(super) fn leading(&self) -> u32 {
        let [a, b, c, d, ..] = self.network;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Whether an address of this family, in the form of [`Self::network`], lies inside.
    #[must_use]
    pub fn contains(&self, address: [u8; 16]) -> bool {
        let bit = |bytes: [u8; 16], at: u8| bytes[usize::from(at / 8)] >> (7 - at % 8) & 1;
        (0..self.length).all(|at| bit(address, at) == bit(self.network, at))
    }
}
