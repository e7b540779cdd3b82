// SPDX-License-Identifier: MIT
//! Who takes part in attacks, as far as reported packets tell. Each report stands for itself and for those
//! of the same source that were only counted since its last.

use aegis_api::AttackKind;
use aegis_core::Nanos;
use ipnet::IpNet;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// Sources of a kind that are told apart; what others send is still counted.
const MOST: usize = 4_096;
/// So long sources are counted; then what they did before is forgotten by and by.
const WINDOW_NS: u64 = 10_000_000_000;
/// From so many addresses of a network on, it is the network that attacks.
const MANY: usize = 4;

/// Packets by source.
#[derive(Debug, Default)]
struct Tally {
    by: HashMap<IpAddr, u64>,
    /// Of sources for which there was no room.
    others: u64,
}

/// Who takes part, by kind.
#[derive(Debug, Default)]
pub struct Sources {
    now: BTreeMap<AttackKind, Tally>,
    before: BTreeMap<AttackKind, Tally>,
    began: Nanos,
}

/// One who does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// An address, or a network of which many take part.
    pub net: IpNet,
    /// Addresses of it.
    pub addresses: usize,
    /// Of all packets that were reported, percent.
    pub share_percent: u32,
}

impl Part {
    /// Whether it is a network.
    pub fn is_network(&self) -> bool {
        self.net.prefix_len() < self.net.max_prefix_len()
    }

    /// As a ban takes it: an address has no length.
    pub fn name(&self) -> String {
        match self.is_network() {
            true => self.net.to_string(),
            false => self.net.addr().to_string(),
        }
    }
}

impl Sources {
    /// A packet of a source was reported, and with it so many that were not.
    pub fn note(&mut self, kind: AttackKind, source: IpAddr, packets: u64) {
        let tally = self.now.entry(kind).or_default();
        let full = tally.by.len() >= MOST;
        match tally.by.get_mut(&source) {
            Some(known) => *known = known.saturating_add(packets),
            None if full => tally.others = tally.others.saturating_add(packets),
            None => {
                tally.by.insert(source, packets);
            }
        }
    }

    /// Forgets what is long ago.
    pub fn look(&mut self, now: Nanos) {
        if now.0.saturating_sub(self.began.0) >= WINDOW_NS {
            self.before = std::mem::take(&mut self.now);
            self.began = now;
        }
    }

    /// The busiest, and how many there are.
    pub fn top(&self, kind: AttackKind, at_most: usize) -> (Vec<Part>, usize) {
        let tallies = || {
            [&self.now, &self.before]
                .into_iter()
                .filter_map(|by| by.get(&kind))
        };
        let mut by: HashMap<IpAddr, u64> = HashMap::new();
        for (&source, &packets) in tallies().flat_map(|tally| &tally.by) {
            *by.entry(source).or_default() += packets;
        }
        let others: u64 = tallies().map(|tally| tally.others).sum();
        let all = by.values().sum::<u64>().saturating_add(others);
        let mut nets: BTreeMap<IpNet, Vec<(IpAddr, u64)>> = BTreeMap::new();
        for (&source, &packets) in &by {
            let of_net = nets.entry(crate::flow::network(source)).or_default();
            of_net.push((source, packets));
        }
        let mut parts: Vec<(u64, Part)> = nets
            .into_iter()
            .flat_map(|(net, sources)| parts(net, &sources, all))
            .collect();
        parts.sort_unstable_by_key(|(packets, part)| (Reverse(*packets), part.net));
        let top = parts.into_iter().take(at_most).map(|(_, part)| part);
        (top.collect(), by.len())
    }
}

/// A network as a whole, or each of its few addresses.
fn parts(net: IpNet, sources: &[(IpAddr, u64)], all: u64) -> Vec<(u64, Part)> {
    let part = |net: IpNet, addresses, packets: u64| {
        let share = u128::from(packets) * 100 / u128::from(all.max(1));
        let part = Part {
            net,
            addresses,
            share_percent: u32::try_from(share).unwrap_or(100),
        };
        (packets, part)
    };
    if sources.len() >= MANY {
        let packets = sources.iter().map(|(_, packets)| packets).sum();
        return vec![part(net, sources.len(), packets)];
    }
    let single = sources.iter();
    single
        .map(|&(source, packets)| part(source.into(), 1, packets))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: AttackKind = AttackKind::SynFlood;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn top(sources: &Sources) -> Vec<(String, usize, u32)> {
        let (parts, _) = sources.top(KIND, 5);
        let told = |part: Part| (part.net.to_string(), part.addresses, part.share_percent);
        parts.into_iter().map(told).collect()
    }

    #[test]
    fn networks_of_many_stand_for_themselves_and_few_addresses_for_each() {
        let mut sources = Sources::default();
        for last in 0..6 {
            sources.note(KIND, address(&format!("192.0.2.{last}")), 10);
        }
        sources.note(KIND, address("198.51.100.7"), 30);
        sources.note(KIND, address("2001:db8::1"), 10);
        sources.note(AttackKind::Scan, address("203.0.113.1"), 99);
        let told = |net: &str, addresses, share| (net.to_owned(), addresses, share);
        let expected = [
            told("192.0.2.0/24", 6, 60),
            told("198.51.100.7/32", 1, 30),
            told("2001:db8::1/128", 1, 10),
        ];
        assert_eq!(top(&sources), expected);
        assert_eq!(sources.top(KIND, 1).1, 8, "all are counted");
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let mut sources = Sources::default();
        let at = |seconds: u64| Nanos(seconds * 1_000_000_000);
        sources.look(at(100));
        sources.note(KIND, address("192.0.2.1"), 1);
        sources.look(at(110));
        sources.note(KIND, address("192.0.2.2"), 1);
        assert_eq!(top(&sources).len(), 2, "not yet");
        sources.look(at(115));
        assert_eq!(top(&sources).len(), 2);
        sources.look(at(120));
        assert_eq!(top(&sources), [("192.0.2.2/32".to_owned(), 1, 100)]);
        sources.look(at(130));
        assert!(top(&sources).is_empty());
    }

    #[test]
    fn very_many_sources_take_no_more_room() {
        let mut sources = Sources::default();
        for number in 0..MOST as u32 * 2 {
            sources.note(KIND, IpAddr::from(number.to_be_bytes()), 1);
        }
        let (parts, seen) = sources.top(KIND, 1_000_000);
        assert_eq!(seen, MOST);
        let shares: u32 = parts.iter().map(|part| part.share_percent).sum();
        assert!(shares <= 50, "{shares}: others have the rest");
    }
}
