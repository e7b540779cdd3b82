// SPDX-License-Identifier: MIT
//! The policies that are loaded while packets are measured.

use aegis_abi::Family;
use aegis_core::Nanos;
use aegis_policy::{Block, Change, Expiry, Force, Origin, Part, Policy, Remark, Target};
use anyhow::Result;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// Bans, and banned prefixes, of the loaded policy, in each family.
pub const LOAD: usize = 10_000;

/// A station that packets come from, by what the policies say of it. Each has a /24 (IPv4) or /32
/// (IPv6) of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Nothing, nor of its neighbours.
    Stranger = 1,
    /// Banned for good.
    Banned,
    /// Banned for an hour.
    BannedForAWhile,
    /// On the allowlist, by prefix.
    Allowed,
    /// Nothing, but a neighbour is banned (loaded policy).
    Neighbour,
    /// Nothing, but several prefixes close by are banned (loaded policy).
    AmongPrefixes,
    /// In a banned prefix (loaded policy).
    InPrefix,
    /// Nothing, and it has no connection.
    Newcomer,
    /// Nothing, but it tries many ports.
    Scanner,
}

impl Peer {
    /// Its address.
    pub fn address(self, family: Family) -> IpAddr {
        self.host(family, 7)
    }

    /// A host of its /24 or /112.
    fn host(self, family: Family, host: u8) -> IpAddr {
        match family {
            Family::V6 => {
                Ipv6Addr::new(0x2a00 | self as u16, 7, 0, 0, 0, 0, 0, u16::from(host)).into()
            }
            _ => Ipv4Addr::new(20, self as u8, 7, host).into(),
        }
    }

    /// The prefix around one of its hosts that leaves this many bits free.
    fn prefix(self, family: Family, host: u8, free: u8) -> Result<Target> {
        let width = if matches!(family, Family::V6) {
            128
        } else {
            32
        };
        Ok(Target::try_from(
            IpNet::new(self.host(family, host), width - free)?.trunc(),
        )?)
    }
}

/// The station that is guarded, which nobody bans.
pub fn guarded(family: Family) -> IpAddr {
    match family {
        Family::V6 => Ipv6Addr::new(0xfd66, 1, 0, 0, 0, 0, 0, 2).into(),
        _ => Ipv4Addr::new(10, 66, 1, 2).into(),
    }
}

/// The rows of a policy with next to nothing in it.
///
/// # Errors
/// Where the policy refuses them, which is a mistake in here.
pub fn plain(now: Nanos) -> Result<Vec<Change>> {
    let (mut policy, mut rows) = (Policy::new(), Vec::new());
    let soon = Expiry::after(now, Some(Duration::from_secs(3600)))?;
    for family in FAMILIES {
        let banned = [(Peer::Banned, Expiry::Never), (Peer::BannedForAWhile, soon)];
        let blocks = banned.map(|(peer, expires)| ban(peer.address(family).into(), expires));
        rows.extend(policy.block_all(blocks.into(), now)?.changes);
        let allowed = Peer::Allowed.prefix(family, 0, 8)?;
        rows.extend(
            policy
                .allow(allowed, Remark::default(), Force::No, now)?
                .changes,
        );
    }
    Ok(rows)
}

/// The rows of a policy with [`LOAD`] banned addresses and as many banned prefixes in each family.
///
/// # Errors
/// As [`plain`].
pub fn loaded(now: Nanos) -> Result<Vec<Change>> {
    let (mut policy, mut rows) = (Policy::new(), Vec::new());
    let mut random = Random(1);
    for family in FAMILIES {
        let mut targets = close_by(family)?;
        let bans = targets.iter().filter(|target| target.is_address()).count();
        let prefixes = targets.len() - bans;
        for _ in bans..LOAD {
            targets.push(random.address(family).into());
        }
        for _ in prefixes..LOAD {
            targets.push(random.prefix(family)?);
        }
        let blocks = targets
            .into_iter()
            .map(|target| ban(target, Expiry::Never))
            .collect();
        rows.extend(policy.block_all(blocks, now)?.changes);
    }
    Ok(rows)
}

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// What is banned around the peers.
fn close_by(family: Family) -> Result<Vec<Target>> {
    let mut targets = vec![
        Peer::Banned.address(family).into(),
        Peer::Neighbour.host(family, 8).into(),
        Peer::InPrefix.prefix(family, 0, 8)?,
    ];
    for (host, free) in [(16, 4), (32, 5), (64, 6), (128, 7), (8, 3), (4, 1)] {
        targets.push(Peer::AmongPrefixes.prefix(family, host, free)?);
    }
    Ok(targets)
}

/// The rows that ban one address.
///
/// # Errors
/// As [`plain`].
pub fn only(address: IpAddr, now: Nanos) -> Result<Vec<Change>> {
    let ban = ban(address.into(), Expiry::Never);
    Ok(Policy::new().block_all(vec![ban], now)?.changes)
}

fn ban(target: Target, expires: Expiry) -> Block {
    let (part, remark) = (Part::WHOLE, Remark::default());
    Block {
        target,
        part,
        expires,
        origin: Origin::Operator,
        remark,
        force: Force::No,
        session: None,
    }
}

/// Addresses that are the same in every run (SplitMix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Anywhere in 32.0.0.0/3 or 2600::/8: far from the peers.
    fn address(&mut self, family: Family) -> IpAddr {
        let (high, low) = (self.next(), self.next());
        match family {
            Family::V6 => {
                Ipv6Addr::from_bits(0x26 << 120 | u128::from(high >> 8) << 64 | u128::from(low))
                    .into()
            }
            _ => Ipv4Addr::from_bits(0x2000_0000 | high as u32 & 0x1fff_ffff).into(),
        }
    }

    /// A /20 to /28 (IPv4) or /32 to /64 (IPv6), as on public lists.
    fn prefix(&mut self, family: Family) -> Result<Target> {
        let length = self.next();
        let net = match self.address(family) {
            IpAddr::V4(address) => {
                IpNet::V4(Ipv4Net::new(address, 20 + (length % 9) as u8)?.trunc())
            }
            IpAddr::V6(address) => {
                IpNet::V6(Ipv6Net::new(address, 32 + (length % 33) as u8)?.trunc())
            }
        };
        Ok(Target::try_from(net)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaded_policy_has_as_many_bans_as_it_says() {
        let rows = loaded(Nanos(1)).unwrap();
        let bans = rows
            .iter()
            .filter(|row| matches!(row, Change::Ban { .. }))
            .count();
        let prefixes = rows
            .iter()
            .filter(|row| matches!(row, Change::BanPrefix { .. }))
            .count();
        // A few random ones coincide.
        assert!((2 * LOAD - 20..=2 * LOAD).contains(&bans), "{bans}");
        assert!((2 * LOAD - 20..=2 * LOAD).contains(&prefixes), "{prefixes}");
    }

    #[test]
    fn peers_that_are_not_banned_lie_in_no_banned_prefix() {
        for family in FAMILIES {
            let targets = close_by(family).unwrap();
            for peer in [Peer::Stranger, Peer::Neighbour, Peer::AmongPrefixes] {
                let address = Target::from(peer.address(family));
                assert!(
                    !targets.iter().any(|target| target.covers(address)),
                    "{peer:?}"
                );
            }
        }
    }
}
