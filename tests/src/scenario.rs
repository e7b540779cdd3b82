// SPDX-License-Identifier: MIT
//! Policy that is put into the host model and, as rows, into the kernel.

use crate::random::Random;
use aegis_abi::{Allow, Ban, Family, Scope, ScopeKey, Settings};
use aegis_core::model::{HostTables, Prefix};
use aegis_policy::Change;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The time at which scenarios begin, nanoseconds.
pub const BEGIN: u64 = 1_000_000_000_000;
/// How long the moving clock of a scenario may run, nanoseconds.
pub const SPAN: u64 = 100_000_000_000;
/// Hosts of each family that policy is about.
const HOSTS: usize = 40;
/// Prefixes of each family, some inside others.
const PREFIXES: usize = 150;

/// The same policy twice.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// For the host.
    pub tables: HostTables,
    /// For the kernel.
    pub changes: Vec<Change>,
}

impl Scenario {
    /// Bans, allowlist entries and scopes of every kind around the hosts of [`host`].
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let mut scenario = Self::default();
        for index in 0..HOSTS {
            for address in [host(index, Family::V4), host(index, Family::V6)] {
                scenario = scenario.treat(index, address, random);
            }
        }
        for index in 0..PREFIXES {
            for family in [Family::V4, Family::V6] {
                scenario = scenario.surround(index, near(host(index, family), random), random);
            }
        }
        scenario.scoped(random).finished()
    }

    /// Changes the policy, and returns the rows that the kernel needs to follow.
    pub fn amend(&mut self, change: impl FnOnce(Self) -> Self) -> Vec<Change> {
        let mut before = std::mem::take(self);
        let known = std::mem::take(&mut before.changes);
        let after = change(before).finished();
        let rows = after.changes.clone();
        *self = after;
        self.changes.splice(0..0, known);
        rows
    }

    /// So many banned addresses of each family, and nothing else.
    #[must_use]
    pub fn crowded(addresses: usize, random: &mut Random) -> Self {
        let mut scenario = Self::default();
        for rule in 0..addresses {
            for family in [Family::V4, Family::V6] {
                let address = crowd(rule, family, random.word());
                let forever = Ban {
                    expires_ns: Ban::NEVER,
                    rule: rule as u32,
                    scopes: 0,
                };
                scenario = scenario.ban(address, forever);
            }
        }
        scenario.finished()
    }

    /// The addresses that are banned one by one.
    pub fn banned(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.changes.iter().filter_map(|change| match change {
            Change::Ban { address, .. } => Some(*address),
            _ => None,
        })
    }

    /// Banned prefixes of every length that matters; the allowlist is narrow, or it would hide them.
    fn surround(self, index: usize, address: IpAddr, random: &mut Random) -> Self {
        let (banned, allowed, most) = if address.is_ipv4() {
            (9, 26, 32)
        } else {
            (20, 100, 128)
        };
        let allow = index.is_multiple_of(5);
        let least = if allow { allowed } else { banned };
        let length = least + random.below(most - least + 1);
        let prefix = IpNet::new_assert(address, length as u8).trunc();
        match allow {
            true => self.allow(prefix, exemption(3_000 + index, random)),
            false => self.ban_prefix(prefix, ban(2_000 + index, random)),
        }
    }

    fn treat(self, index: usize, address: IpAddr, random: &mut Random) -> Self {
        let whole = IpNet::from(address);
        match index % 4 {
            0 => self,
            1 => self.ban(address, ban(1_000 + index, random)),
            2 => self.ban(
                address,
                Ban {
                    expires_ns: 0,
                    ..ban(1_000 + index, random)
                },
            ),
            _ => self
                .ban(address, ban(1_000 + index, random))
                .allow(whole, exemption(4_000 + index, random)),
        }
    }

    fn scoped(mut self, random: &mut Random) -> Self {
        for group in 1..=GROUPS {
            for _ in 0..3 {
                let port = random.one_of(&[0, 0, 53, 80, 443]);
                let protocol = random.one_of(&[1, 6, 17, 50, 58, 132, ScopeKey::ANY_PROTOCOL]);
                let key = ScopeKey {
                    group,
                    port,
                    protocol,
                    kind: ScopeKey::ALL,
                };
                let rule = 5_000 + group;
                let scope = Scope {
                    expires_ns: expiry(random),
                    rule,
                    reserved: 0,
                };
                self = self.scope(key, scope);
            }
        }
        self
    }

    /// Bans part of the traffic of a group's peers.
    #[must_use]
    pub fn scope(mut self, key: ScopeKey, scope: Scope) -> Self {
        self.tables = self.tables.scope_ban(key, scope);
        self.changes.push(Change::Scope {
            key,
            value: Some(scope),
        });
        self
    }

    /// Bans an address.
    #[must_use]
    pub fn ban(mut self, address: IpAddr, value: Ban) -> Self {
        self.tables = self.tables.ban(address, value);
        self.changes.push(Change::Ban {
            address,
            value: Some(value),
        });
        self
    }

    fn ban_prefix(mut self, prefix: IpNet, value: Ban) -> Self {
        let narrow = Prefix::new(prefix.addr(), prefix.prefix_len());
        self.tables = self.tables.ban_prefix(narrow, value);
        self.changes.push(Change::BanPrefix {
            prefix,
            value: Some(value),
        });
        self
    }

    /// Puts a prefix on the allowlist.
    #[must_use]
    pub fn allow(mut self, prefix: IpNet, value: Allow) -> Self {
        let narrow = Prefix::new(prefix.addr(), prefix.prefix_len());
        self.tables = self.tables.allow(narrow, value);
        self.changes.push(Change::Allow {
            prefix,
            value: Some(value),
        });
        self
    }

    fn finished(mut self) -> Self {
        for family in [Family::V4, Family::V6] {
            let lines = self.tables.touched_lines(family);
            let rows = lines.map(|(line, value)| Change::Touched {
                family,
                line,
                value,
            });
            self.changes.extend(rows);
        }
        self
    }
}

/// Groups of scopes.
const GROUPS: u32 = 12;

fn ban(rule: usize, random: &mut Random) -> Ban {
    let scopes = if random.chance(50) {
        1 + random.below(GROUPS as usize) as u32
    } else {
        0
    };
    Ban {
        expires_ns: expiry(random),
        rule: rule as u32,
        scopes,
    }
}

/// Settled, or one that waits for a generation around that of the settings.
fn exemption(rule: usize, random: &mut Random) -> Allow {
    let rule = rule as u32;
    let generation = Settings::DEFAULT.generation;
    let since = [generation - 1, generation, generation + 1, generation + 9];
    let (before, after) = random.one_of(&[(rule, rule), (rule, 0), (0, rule), (rule + 500, rule)]);
    Allow {
        before,
        after,
        since: random.one_of(&since),
    }
}

/// Ended, ending at this very moment or a nanosecond on either side, within the span, or never.
fn expiry(random: &mut Random) -> u64 {
    let within = BEGIN + random.word() % SPAN;
    random.one_of(&[
        0,
        BEGIN - 1,
        BEGIN,
        BEGIN + 1,
        within,
        within,
        Ban::NEVER,
        Ban::NEVER,
    ])
}

/// One of the hosts that policy is about.
#[must_use]
pub fn host(index: usize, family: Family) -> IpAddr {
    let index = (index % HOSTS) as u32;
    let spread = index.wrapping_mul(0x0101_4951);
    match family {
        Family::V6 => {
            Ipv6Addr::from(0x2001_0db8_u128 << 96 | u128::from(spread) << 72 | u128::from(index))
                .into()
        }
        _ => Ipv4Addr::from_bits(0xc612_0000_u32 ^ spread & 0x01ff_ffff).into(),
    }
}

/// Neighbours in a few networks, and strangers.
fn crowd(index: usize, family: Family, noise: u64) -> IpAddr {
    let (index, stranger) = (index as u32, index.is_multiple_of(2));
    match family {
        Family::V6 if stranger => {
            Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(noise)).into()
        }
        Family::V6 => Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(index) << 64).into(),
        _ if stranger => Ipv4Addr::from_bits(0x2000_0000 | noise as u32 >> 4).into(),
        _ => Ipv4Addr::from_bits(0x1400_0000 + index).into(),
    }
}

/// The address, or one that shares its first bits.
pub fn near(address: IpAddr, random: &mut Random) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let host_bits = (1_u64 << random.below(20)) - 1;
            Ipv4Addr::from_bits(v4.to_bits() ^ (random.word() & host_bits) as u32).into()
        }
        IpAddr::V6(v6) => {
            let host_bits = (1_u128 << random.below(100)) - 1;
            let noise = u128::from(random.word()) << 64 | u128::from(random.word());
            Ipv6Addr::from_bits(v6.to_bits() ^ noise & host_bits).into()
        }
    }
}
