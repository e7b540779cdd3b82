// SPDX-License-Identifier: MIT
//! Addresses, so that IPv4 and IPv6 run the same code while an IPv4 key stays four bytes.

use aegis_abi::Family;

/// An address of either family.
pub trait Address: Copy + PartialEq {
    /// Which family.
    const FAMILY: Family;

    /// The 24-bit group of the touched table that the address falls into.
    fn group(self) -> u32;

    /// The address and a seed mixed into 32 bits, to spread addresses over places. Who does not
    /// know the seed cannot tell which addresses share one.
    fn hash(self, seed: u32) -> u32;

    /// An address that no packet from a network may carry as its source.
    fn is_bogus_source(self) -> bool;

    /// A source that is only good on its link: none yet, or a link-local one.
    fn is_link_local(self) -> bool;

    /// A group's address, which only a destination can have.
    fn is_multicast(self) -> bool;

    /// The address in an event: IPv4 in the first four bytes.
    fn widen(self) -> [u8; 16];

    /// The address as numbers, its leading bits first: of IPv4 only 32 of them count.
    fn leading(self) -> [u64; 2];
}

/// Fibonacci hashing: the high bits of the product depend on every bit of the word.
const GOLDEN: u32 = 0x9e37_79b1;

/// The finaliser of MurmurHash3: every bit of the result depends on every bit of the word.
#[inline(always)]
pub const fn mix(word: u32) -> u32 {
    let word = (word ^ (word >> 16)).wrapping_mul(0x85eb_ca6b);
    let word = (word ^ (word >> 13)).wrapping_mul(0xc2b2_ae35);
    word ^ (word >> 16)
}

/// An IPv4 address: a word rather than four bytes, which a compiler would keep one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct V4(u32);

impl V4 {
    /// The address of these bytes, as on the wire.
    #[inline(always)]
    pub const fn new(wire: [u8; 4]) -> Self {
        Self(u32::from_ne_bytes(wire))
    }

    /// Its bytes.
    #[inline(always)]
    pub const fn octets(self) -> [u8; 4] {
        self.0.to_ne_bytes()
    }

    /// The word that a key of it is made of: as on the wire, in memory order.
    #[inline(always)]
    pub const fn word(self) -> u32 {
        self.0
    }

    /// The address as a number.
    #[inline(always)]
    const fn number(self) -> u32 {
        u32::from_be(self.0)
    }
}

impl Address for V4 {
    const FAMILY: Family = Family::V4;

    #[inline(always)]
    fn group(self) -> u32 {
        self.number() >> 8
    }

    #[inline(always)]
    fn hash(self, seed: u32) -> u32 {
        mix(self.0 ^ seed)
    }

    /// "This network", loopback, multicast and broadcast (RFC 6890); 0.0.0.0 is only for DHCP, which
    /// is judged before. 240.0.0.0/4 is reserved, but Linux takes it and private networks use it.
    #[inline(always)]
    fn is_bogus_source(self) -> bool {
        let first = self.number() >> 24;
        first == 0 || first == 127 || self.is_multicast()
    }

    /// 0.0.0.0 and 169.254.0.0/16 (RFC 3927).
    #[inline(always)]
    fn is_link_local(self) -> bool {
        self.0 == 0 || self.number() >> 16 == 0xa9fe
    }

    /// 224.0.0.0/4 (RFC 5771), and the broadcast address, which is a group of all.
    #[inline(always)]
    fn is_multicast(self) -> bool {
        self.number() >> 28 == 0xe || self.0 == u32::MAX
    }

    #[inline(always)]
    fn widen(self) -> [u8; 16] {
        let [a, b, c, d] = self.octets();
        [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    }

    #[inline(always)]
    fn leading(self) -> [u64; 2] {
        [u64::from(self.number()) << 32, 0]
    }
}

/// An IPv6 address, as on the wire: two words rather than sixteen bytes, which a compiler would keep
/// one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct V6([u64; 2]);

impl V6 {
    /// The address of these bytes.
    #[inline(always)]
    pub const fn new(wire: [u8; 16]) -> Self {
        Self(zerocopy::transmute!(wire))
    }

    /// Its bytes.
    #[inline(always)]
    pub const fn octets(self) -> [u8; 16] {
        zerocopy::transmute!(self.0)
    }

    /// The two words that a key of it is made of: as on the wire, in memory order.
    #[inline(always)]
    pub const fn words(self) -> [u64; 2] {
        self.0
    }

    /// The same as four words.
    #[inline(always)]
    pub const fn quarters(self) -> [u32; 4] {
        zerocopy::transmute!(self.0)
    }

    /// The first 64 bits.
    #[inline(always)]
    const fn network(self) -> u64 {
        u64::from_be(self.0[0])
    }
}

/// The touched group of the IPv6 addresses whose first 32 bits are `leading`.
#[inline(always)]
pub const fn v6_group(leading: u32) -> u32 {
    leading.wrapping_mul(GOLDEN) >> 8
}

impl Address for V6 {
    const FAMILY: Family = Family::V6;

    #[inline(always)]
    fn group(self) -> u32 {
        v6_group((self.network() >> 32) as u32)
    }

    #[inline(always)]
    fn hash(self, seed: u32) -> u32 {
        // Constants of splitmix64 and MurmurHash3. A product's low half knows nothing of a word's
        // high half, hence the fold, and the finaliser after it.
        let [high, low] = self.words();
        let seed = (u64::from(seed) << 32) | u64::from(seed);
        let mixed = (high ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 32) ^ low).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mix((mixed ^ (mixed >> 32)) as u32)
    }

    /// Unspecified, loopback, IPv4-mapped and the rest of ::/64 (RFC 6890), and multicast. The
    /// unspecified source of duplicate address detection is judged before.
    #[inline(always)]
    fn is_bogus_source(self) -> bool {
        self.words()[0] == 0 || self.is_multicast()
    }

    /// ::, and fe80::/10 (RFC 4291 section 2.5.6).
    #[inline(always)]
    fn is_link_local(self) -> bool {
        let unspecified = self.words() == [0; 2];
        unspecified || self.network() >> 54 == 0xfe80 >> 6
    }

    /// ff00::/8 (RFC 4291 section 2.7).
    #[inline(always)]
    fn is_multicast(self) -> bool {
        self.network() >> 56 == 0xff
    }

    #[inline(always)]
    fn widen(self) -> [u8; 16] {
        self.octets()
    }

    #[inline(always)]
    fn leading(self) -> [u64; 2] {
        let [high, low] = self.words();
        [u64::from_be(high), u64::from_be(low)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_impossible_ipv4_sources_are_bogus() {
        for (address, bogus) in [
            ([0, 0, 0, 0], true),
            ([0, 1, 2, 3], true),
            ([127, 0, 0, 1], true),
            ([224, 0, 0, 1], true),
            ([255, 255, 255, 255], true),
            ([239, 255, 255, 255], true),
            ([240, 0, 0, 1], false),
            ([8, 8, 8, 10], false),
            ([10, 0, 0, 127], false),
            ([169, 254, 1, 1], false),
            ([223, 255, 255, 255], false),
        ] {
            assert_eq!(V4::new(address).is_bogus_source(), bogus, "{address:?}");
        }
    }

    #[test]
    fn only_impossible_ipv6_sources_are_bogus() {
        for (text, bogus) in [
            ("::", true),
            ("::1", true),
            ("::ffff:192.0.2.1", true),
            ("::192.0.2.1", true),
            ("ff02::1", true),
            ("fe80::1", false),
            ("64:ff9b::192.0.2.1", false),
            ("2001:db8::1", false),
            ("fd00::1", false),
        ] {
            let address: std::net::Ipv6Addr = text.parse().unwrap();
            assert_eq!(V6::new(address.octets()).is_bogus_source(), bogus, "{text}");
        }
    }

    #[test]
    fn addresses_that_differ_anywhere_spread_over_lines() {
        let mut lines = std::collections::BTreeSet::new();
        for byte in 0..16 {
            for value in 1..=64 {
                let mut wire = [0x20; 16];
                wire[byte] ^= value;
                lines.insert(V6::new(wire).hash(7) & 0x7fff);
            }
        }
        // 1,024 balls in 32,768 boxes leave about 1,008 boxes with one.
        assert!(lines.len() > 960, "{}", lines.len());
    }

    #[test]
    fn neighbours_share_a_group_and_strangers_do_not() {
        assert_eq!(
            V4::new([192, 0, 2, 1]).group(),
            V4::new([192, 0, 2, 255]).group()
        );
        assert_ne!(
            V4::new([192, 0, 2, 1]).group(),
            V4::new([192, 0, 3, 1]).group()
        );
        let host =
            |last: u8| V6::new([0x20, 1, 0xd, 0xb8, 0, last, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
        assert_eq!(host(1).group(), host(200).group());
        assert!(host(1).group() < aegis_abi::tables::touched::GROUPS);
    }
}
