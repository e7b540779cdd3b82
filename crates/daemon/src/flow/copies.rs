// SPDX-License-Identifier: MIT
//! The tables as they were at one moment, and what moved since the moment before.

use aegis_abi::{Count, Tuple};
use aegis_api::FlowRate;
use aegis_core::Nanos;
use aegis_engine::{Census, FlowEntry};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;
use std::sync::{Arc, OnceLock};

const SECOND_NS: u64 = 1_000_000_000;
/// Over less, a packet more or less would be a flood or none.
const SHORTEST_NS: u64 = SECOND_NS / 2;
/// What is older says nothing of the moment, and is not kept.
const LONGEST_NS: u64 = 10 * SECOND_NS;

/// For so long it does who only wants to know how many there are that somebody else had them counted.
const COUNTED_NS: u64 = SECOND_NS;

/// Every connection at one moment.
#[derive(Debug, Default)]
pub struct Table {
    /// When, `CLOCK_MONOTONIC`.
    pub at: Nanos,
    /// The connections.
    pub entries: Vec<FlowEntry>,
    index: OnceLock<Index>,
}

impl Table {
    /// Of these connections.
    pub fn new(entries: Vec<FlowEntry>, at: Nanos) -> Self {
        Self {
            at,
            entries,
            index: OnceLock::new(),
        }
    }

    /// Found by whoever asks first: most copies are never asked.
    fn find(&self, tuple: &Tuple) -> Option<&FlowEntry> {
        let index = self.index.get_or_init(|| Index::of(&self.entries));
        index.find(tuple, &self.entries)
    }
}

/// Where in a copy each connection is: places alone, as the copy has the rest. Whoever sends packets
/// chooses what is hashed, so each index has a seed of its own.
#[derive(Debug, Default)]
struct Index {
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Index {
    /// Of two entries with the same ends the later one counts.
    fn of(entries: &[FlowEntry]) -> Self {
        let hasher = DefaultHashBuilder::default();
        let mut places: HashTable<u32> = HashTable::with_capacity(entries.len());
        let hash_at = |place: &u32| hasher.hash_one(entries[*place as usize].tuple);
        for (place, entry) in (0..).zip(entries) {
            let same = |other: &u32| entries[*other as usize].tuple == entry.tuple;
            match places.entry(hash_at(&place), same, hash_at) {
                Entry::Occupied(mut known) => *known.get_mut() = place,
                Entry::Vacant(free) => drop(free.insert(place)),
            }
        }
        Self { places, hasher }
    }

    fn find<'a>(&self, tuple: &Tuple, entries: &'a [FlowEntry]) -> Option<&'a FlowEntry> {
        let is_it = |place: &u32| entries[*place as usize].tuple == *tuple;
        let place = self.places.find(self.hasher.hash_one(tuple), is_it)?;
        entries.get(*place as usize)
    }
}

/// The tables now, and what they are measured against.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Now.
    pub now: Arc<Table>,
    before: Option<Arc<Table>>,
}

impl Tables {
    /// What moves of a connection at the moment.
    pub fn pace(&self, entry: &FlowEntry) -> FlowRate {
        let mean = || {
            let lasted = entry.last_ns.saturating_sub(entry.first_ns);
            moved(entry, [Count::default(); 2], lasted.max(SECOND_NS))
        };
        let Some(before) = &self.before else {
            return mean();
        };
        let span = self.now.at.0.saturating_sub(before.at.0);
        match before.find(&entry.tuple) {
            // A connection of the same ends that began since is another one.
            Some(known) if known.first_ns == entry.first_ns => {
                moved(entry, [known.ingress, known.egress], span)
            }
            _ if entry.first_ns >= before.at.0 => moved(entry, [Count::default(); 2], span),
            _ => mean(),
        }
    }
}

/// So much in so many nanoseconds, by the second.
pub fn per_second(moved: u64, span_ns: u64) -> u64 {
    let span_ns = span_ns.max(1);
    match moved.checked_mul(SECOND_NS) {
        Some(scaled) => scaled / span_ns,
        // Beyond 18 GB. A division of so wide numbers takes longer.
        None => {
            let rate = u128::from(moved) * u128::from(SECOND_NS) / u128::from(span_ns);
            u64::try_from(rate).unwrap_or(u64::MAX)
        }
    }
}

fn moved(entry: &FlowEntry, [ingress, egress]: [Count; 2], span_ns: u64) -> FlowRate {
    let per_second = |moved| per_second(moved, span_ns);
    let more = |now: u64, before: u64| now.saturating_sub(before);
    FlowRate {
        received_bytes_per_second: per_second(more(entry.ingress.bytes, ingress.bytes)),
        sent_bytes_per_second: per_second(more(entry.egress.bytes, egress.bytes)),
        packets_per_second: per_second(
            more(entry.ingress.packets, ingress.packets)
                .saturating_add(more(entry.egress.packets, egress.packets)),
        ),
    }
}

/// Copies that are kept while somebody asks again and again: the last one that may be measured against,
/// and the one before, for whoever asks too soon after somebody else.
#[derive(Debug, Default)]
pub struct Copies {
    last: Option<Arc<Table>>,
    before: Option<Arc<Table>>,
    counted: Option<(Nanos, Census)>,
}

impl Copies {
    /// Takes note of how many there are.
    pub fn count(&mut self, census: Census, at: Nanos) {
        self.counted = Some((at, census));
    }

    /// How many there were within the last second, if anybody had them counted.
    pub fn census(&self, now: Nanos) -> Option<Census> {
        let (at, census) = self.counted?;
        (now.0.saturating_sub(at.0) <= COUNTED_NS).then_some(census)
    }

    /// Room for a copy that is about as large as the last one, so that it need not grow on the way.
    pub fn room(&self) -> usize {
        let last = self.last.as_ref().map_or(0, |last| last.entries.len());
        last + last / 8
    }

    /// Somebody has ended connections: whoever asks next is to see that.
    pub fn outdate(&mut self) {
        self.counted = None;
    }

    /// Takes note of the tables as they are.
    pub fn add(&mut self, table: Table) -> Tables {
        let (now, at) = (Arc::new(table), |table: &Table| table.at.0);
        let age = |table: &Arc<Table>| now.at.0.saturating_sub(at(table));
        if self
            .last
            .as_ref()
            .is_none_or(|last| age(last) >= SHORTEST_NS)
        {
            self.before = self.last.replace(Arc::clone(&now));
        }
        let fits = |before: &Arc<Table>| (SHORTEST_NS..=LONGEST_NS).contains(&age(before));
        Tables {
            before: self.before.clone().filter(fits),
            now,
        }
    }

    /// Lets go of what nobody will ask about any more.
    pub fn forget(&mut self, now: Nanos) {
        let is_old = |table: &Arc<Table>| now.0.saturating_sub(table.at.0) > LONGEST_NS;
        for kept in [&mut self.last, &mut self.before] {
            drop(kept.take_if(|table| is_old(table)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::Origin;
    use aegis_engine::FlowState;

    /// A connection that began at 1 s and of which so many packets of 100 bytes arrived.
    fn entry(peer_port: u16, packets: u64) -> FlowEntry {
        FlowEntry {
            tuple: Tuple {
                peer_port,
                ..Tuple::default()
            },
            state: FlowState::Established,
            origin: Origin::Peer,
            first_ns: SECOND_NS,
            last_ns: 11 * SECOND_NS,
            ingress: Count {
                packets,
                bytes: packets * 100,
            },
            egress: Count::default(),
        }
    }

    fn at(milliseconds: u64, entries: Vec<FlowEntry>) -> Table {
        Table::new(entries, Nanos(milliseconds * 1_000_000))
    }

    fn packets(tables: &Tables, entry: &FlowEntry) -> u64 {
        tables.pace(entry).packets_per_second
    }

    #[test]
    fn what_moves_is_measured_against_the_question_before() {
        let mut copies = Copies::default();
        let first = copies.add(at(20_000, vec![entry(1, 100)]));
        assert_eq!(packets(&first, &entry(1, 100)), 10, "on average");
        let second = copies.add(at(22_000, vec![entry(1, 300), entry(2, 50)]));
        let pace = second.pace(&entry(1, 300));
        assert_eq!(pace.packets_per_second, 100);
        assert_eq!(pace.bytes_per_second(), 10_000);
        assert_eq!(
            packets(&second, &entry(2, 50)),
            5,
            "where it was is not known"
        );
        let new = FlowEntry {
            first_ns: 21 * SECOND_NS,
            ..entry(1, 50)
        };
        assert_eq!(packets(&second, &new), 25, "all of it is since then");
    }

    #[test]
    fn who_asks_too_soon_is_measured_against_the_one_before_and_too_late_against_none() {
        let mut copies = Copies::default();
        copies.add(at(20_000, vec![entry(1, 100)]));
        copies.add(at(21_000, vec![entry(1, 200)]));
        let soon = copies.add(at(21_250, vec![entry(1, 225)]));
        assert_eq!(packets(&soon, &entry(1, 225)), 100);
        let next = copies.add(at(22_000, vec![entry(1, 300)]));
        assert_eq!(
            packets(&next, &entry(1, 300)),
            100,
            "not against that of 250 ms"
        );
        let late = copies.add(at(40_000, vec![entry(1, 400)]));
        assert_eq!(packets(&late, &entry(1, 400)), 40);
    }

    #[test]
    fn rates_are_told_of_little_and_of_very_much() {
        assert_eq!(per_second(3, 2 * SECOND_NS), 1);
        assert_eq!(per_second(18_446_744_073, SECOND_NS), 18_446_744_073);
        assert_eq!(per_second(18_446_744_074, SECOND_NS), 18_446_744_074);
        assert_eq!(per_second(u64::MAX, 2 * SECOND_NS), u64::MAX / 2);
        assert_eq!(per_second(u64::MAX, 0), u64::MAX);
    }

    #[test]
    fn a_count_does_for_a_second_unless_somebody_ends_connections() {
        let (mut copies, census) = (Copies::default(), Census::default());
        assert_eq!(copies.census(Nanos(0)), None);
        copies.count(census, Nanos(20 * SECOND_NS));
        assert_eq!(copies.census(Nanos(21 * SECOND_NS)), Some(census));
        assert_eq!(copies.census(Nanos(21 * SECOND_NS + 1)), None);
        copies.outdate();
        assert_eq!(copies.census(Nanos(20 * SECOND_NS)), None);
    }

    #[test]
    fn of_two_entries_with_the_same_ends_the_later_one_is_found() {
        let ports = (1..2_000).chain([7, 9]);
        let entries: Vec<FlowEntry> = (0..)
            .zip(ports)
            .map(|(number, port)| entry(port, number))
            .collect();
        let table = at(20_000, entries);
        let found = |port| {
            table
                .find(&entry(port, 0).tuple)
                .map(|one| one.ingress.packets)
        };
        assert_eq!(found(1_234), Some(1_233));
        assert_eq!((found(7), found(9)), (Some(1_999), Some(2_000)));
        assert_eq!(found(2_000), None);
    }

    #[test]
    fn copies_are_let_go_once_nobody_asks() {
        let mut copies = Copies::default();
        let tables = copies.add(at(20_000, vec![entry(1, 100)]));
        copies.add(at(21_000, Vec::new()));
        copies.forget(Nanos(30_500 * 1_000_000));
        assert!(copies.before.is_none() && copies.last.is_some());
        copies.forget(Nanos(31_500 * 1_000_000));
        assert!(copies.last.is_none());
        assert_eq!(Arc::strong_count(&tables.now), 1);
    }
}
