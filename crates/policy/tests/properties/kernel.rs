// SPDX-License-Identifier: MIT
//! The kernel's policy tables, as simple as can be, judged by the shipped stages.

use aegis_abi::tables::touched;
use aegis_abi::{
    Action, Allow, Ban, BudgetSlot, Count, Event, Family, Flow, HalfOpen, HostBucket, Offence,
    Reason, Scope, ScopeKey, Source, StateCounter, Tally, TouchedLine, Tuple, Ways,
};
use aegis_core::Nanos;
use aegis_core::address::{Address, V4, V6};
use aegis_core::half_open::Entry;
use aegis_core::packet::{Fragment, Header, Offsets, Packet, Ports, Transport};
use aegis_core::pending::Pending;
use aegis_core::stage::ban::Service;
use aegis_core::stage::{allowlist, ban};
use aegis_core::tables::{AddressTables, Classed, Hit, Socket, Tables};
use aegis_core::tcp::{Numbers, TcpFlags};
use aegis_core::tuple::Ends;
use aegis_core::verdict::Verdict;
use aegis_policy::Change;
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;

/// A packet to ask about: whence, which protocol, which destination port where it has ports.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    pub peer: IpAddr,
    pub protocol: u8,
    pub port: Option<u16>,
    /// Whether it is outside known connections.
    pub begins: bool,
}

/// What becomes of it, and by which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Allowed(u32),
    Banned(u32),
    Neither,
}

/// Tables without rows at first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kernel {
    /// Of the settings in force.
    pub generation: u32,
    bans: HashMap<IpAddr, Ban>,
    prefixes: HashMap<IpNet, Ban>,
    scopes: HashMap<ScopeKey, Scope>,
    allow: HashMap<IpNet, Allow>,
    touched: HashMap<(Family, u32), TouchedLine>,
}

impl Kernel {
    /// Writes a row.
    pub fn write(&mut self, change: &Change) {
        match *change {
            Change::Ban { address, value } => set(&mut self.bans, address, value),
            Change::BanPrefix { prefix, value } => set(&mut self.prefixes, prefix, value),
            Change::Scope { key, value } => set(&mut self.scopes, key, value),
            Change::Allow { prefix, value } => set(&mut self.allow, prefix, value),
            Change::Touched {
                family,
                line,
                value,
            } => {
                let value = (value != TouchedLine::default()).then_some(value);
                set(&mut self.touched, (family, line), value);
            }
        }
    }

    /// Rows of the allowlist.
    pub fn allowed(&self) -> impl Iterator<Item = (IpNet, Allow)> {
        self.allow.iter().map(|(prefix, row)| (*prefix, *row))
    }

    /// Judges a packet that comes from the peer.
    pub fn answer(&self, probe: Probe, now: Nanos) -> Answer {
        match probe.peer {
            IpAddr::V4(peer) => self.judge(
                V4::new(peer.octets()),
                V4::new([198, 51, 100, 1]),
                probe,
                now,
            ),
            IpAddr::V6(peer) => self.judge(V6::new(peer.octets()), V6::new([0xfd; 16]), probe, now),
        }
    }

    fn judge<A: Address>(&self, source: A, destination: A, probe: Probe, now: Nanos) -> Answer
    where
        Self: AddressTables<A>,
    {
        let ports = probe.port.map(|destination| Ports {
            source: 40_000,
            destination,
        });
        let transport = match ports {
            Some(ports) if probe.protocol == 6 => Transport::Tcp {
                ports,
                flags: TcpFlags(2),
                numbers: Numbers::default(),
            },
            Some(ports) => Transport::Ports(ports),
            None => Transport::Opaque,
        };
        let (protocol, fragment) = (probe.protocol, Fragment::Whole);
        let packet = Packet {
            source,
            destination,
            protocol,
            hop_limit: 64,
            fragment,
            header: Header::of(transport),
            at: Offsets::default(),
        };
        let marks = AddressTables::<A>::touched(self, source.group());
        let verdict = allowlist::decide(source, marks, self.generation, self)
            .or_else(|| self.banned_packet(&packet, marks, (probe.begins, now)));
        match verdict {
            Some(verdict) if verdict.action == Action::Drop => Answer::Banned(verdict.rule),
            Some(verdict) => Answer::Allowed(verdict.rule),
            None => Answer::Neither,
        }
    }

    /// As the ban stage says, and where no connection is known, the one after it.
    fn banned_packet<A: Address>(
        &self,
        packet: &Packet<A>,
        marks: u64,
        (begins, now): (bool, Nanos),
    ) -> Option<Verdict>
    where
        Self: AddressTables<A>,
    {
        let peer = packet.source;
        let address = ban::of_address(peer, marks, self, now);
        let rest = || match marks & touched::BAN {
            0 => None,
            _ => ban::of_packet(peer, Service::of(packet), self, now).decided(),
        };
        address
            .or_else(rest)
            .filter(|verdict| begins || verdict.reason != Reason::BanUnsolicited)
    }

    fn line(&self, family: Family, group: u32) -> u64 {
        let (line, word, shift) = touched::place(group);
        let value = self
            .touched
            .get(&(family, line))
            .copied()
            .unwrap_or_default();
        (value.0[word] >> shift) & touched::ALL
    }
}

fn set<K: std::hash::Hash + Eq, V>(map: &mut HashMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

/// The longest match, by looking at every prefix.
fn longest<V: Copy>(prefixes: &HashMap<IpNet, V>, address: IpAddr) -> Option<V> {
    let around = prefixes
        .iter()
        .filter(|(prefix, _)| prefix.contains(&address));
    around
        .max_by_key(|(prefix, _)| prefix.prefix_len())
        .map(|(_, value)| *value)
}

macro_rules! address_tables {
    ($($address:ty)+) => { $(
        impl AddressTables<$address> for Kernel {
            fn touched(&self, group: u32) -> u64 {
                self.line(<$address as Address>::FAMILY, group)
            }
            fn allowed(&self, address: $address) -> Option<Allow> {
                longest(&self.allow, address.octets().into())
            }
            fn banned(&self, address: $address) -> Ban {
                self.bans.get(&address.octets().into()).copied().unwrap_or(Ban::NONE)
            }
            fn banned_prefix(&self, address: $address) -> Ban {
                longest(&self.prefixes, address.octets().into()).unwrap_or(Ban::NONE)
            }
            fn listed(&self, _: $address, _: u64) -> Classed {
                Classed::NOT
            }
            fn placed(&self, _: $address) -> Classed {
                Classed::NOT
            }
            fn with_own_flow<R>(
                &self,
                _: Ends<$address>,
                _: impl FnOnce(&mut Flow) -> R,
            ) -> Option<R> {
                None
            }
        }
    )+ };
}
address_tables!(V4 V6);

impl Tables for Kernel {
    fn scope(&self, key: ScopeKey) -> Scope {
        self.scopes.get(&key).copied().unwrap_or(Scope::NONE)
    }
    fn with_tally<R>(&self, _: u32, _: impl FnOnce(&mut Tally) -> R) -> Option<R> {
        None
    }
    fn count_hit(&self, _: Hit, _: u32, _: Count) {}
    fn with_flow<R>(&self, _: &Tuple, _: impl FnOnce(&mut Flow) -> R) -> Option<R> {
        None
    }
    fn insert_flow(&self, _: &Tuple, _: &Flow) -> bool {
        false
    }
    fn with_half_open_ways<R>(&self, _: u32, _: impl FnOnce(&mut Ways) -> R) -> Option<R> {
        None
    }
    fn with_half_open<R>(&self, _: Entry, _: impl FnOnce(&mut HalfOpen) -> R) -> Option<R> {
        None
    }
    fn with_source_ways<R>(&self, _: u32, _: impl FnOnce(&mut Ways) -> R) -> Option<R> {
        None
    }
    fn with_source<R>(&self, _: u32, _: impl FnOnce(&mut Source) -> R) -> Option<R> {
        None
    }
    fn with_host_bucket<R>(&self, _: HostBucket, _: impl FnOnce(&mut u64) -> R) -> Option<R> {
        None
    }
    fn protected(&self, _: &[u8; 16]) -> bool {
        false
    }
    fn count_state(&self, _: StateCounter) {}
    fn report(&self, _: &Offence) -> bool {
        true
    }
    fn socket(&self, _: &Pending) -> Socket {
        Socket::None
    }
    fn carries_cookie(&self, _: &Pending) -> bool {
        false
    }
    fn is_awaited(&self, _: &Pending) -> bool {
        false
    }
    fn with_deferred<R>(&self, _: impl FnOnce(&mut Pending) -> R) -> Option<R> {
        None
    }
    fn with_infrastructure<R>(&self, _: u32, _: impl FnOnce(&mut u64) -> R) -> Option<R> {
        None
    }
    fn with_budget<R>(&self, _: u32, _: impl FnOnce(&mut BudgetSlot) -> R) -> Option<R> {
        None
    }
    fn with_reason_budget<R>(&self, _: Reason, _: impl FnOnce(&mut u64) -> R) -> Option<R> {
        None
    }
    fn emit(&self, _: impl FnOnce() -> Event) -> bool {
        true
    }
}
