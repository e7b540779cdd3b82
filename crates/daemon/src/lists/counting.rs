// SPDX-License-Identifier: MIT
//! What lists came to, by list, and what of it outlives the daemon.

use super::Lists;
use super::book::Meaning;
use super::hits::ClassCount;
use super::kept::{Counted, Said};
use super::list::List;
use super::peers::Sighting;
use aegis_api::ListEffect;
use aegis_lists::ClassId;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

impl Lists {
    /// Takes note of what the kernel has counted by now.
    pub fn count(&mut self, counts: &[(u32, ClassCount)], now: Timestamp) {
        let mut by_list: BTreeMap<String, ClassCount> = BTreeMap::new();
        for (class, counted) in self.readings.since_last(counts) {
            let meanings = self.book.meanings(ClassId(class));
            let names: BTreeSet<&str> = meanings.map(|meaning| meaning.list.as_str()).collect();
            for name in names {
                let sum = by_list.entry(name.to_owned()).or_default();
                sum.dropped = sum.dropped.with(counted.dropped);
                sum.watched = sum.watched.with(counted.watched);
            }
        }
        for (name, counted) in by_list {
            if let Some(list) = self.find_mut(&name) {
                note(list, counted, now);
            }
        }
    }

    /// Takes note of peers that the host has at the moment, with how many connections and bytes.
    pub fn see(&mut self, peers: &BTreeMap<IpAddr, (u64, u64)>, now: Timestamp) {
        for (&address, &(connections, bytes)) in peers {
            let class = self.class_of(address);
            let meanings: Vec<Meaning> = self.book.meanings(class).cloned().collect();
            for Meaning { list, category } in meanings {
                let list = self
                    .find_mut(&list)
                    .filter(|list| list.effect() == ListEffect::Counted);
                if let Some(list) = list {
                    let seen = Sighting {
                        category,
                        connections,
                        bytes,
                    };
                    list.record.peers.note(address, &seen, now);
                }
            }
        }
    }

    /// What is to be written down of what was counted.
    pub fn counted(&self) -> Counted {
        let record = |list: &List| (list.name().to_owned(), list.record.clone());
        Counted {
            readings: self.readings.clone(),
            lists: self.lists.iter().map(record).collect(),
        }
    }

    /// Likewise of what was said by hand.
    pub fn said(&self) -> Said {
        let switch = |list: &List| Some((list.name().to_owned(), list.switch()?.clone()));
        Said {
            switches: self.lists.iter().filter_map(switch).collect(),
            loaded: self.lists.iter().filter_map(List::loaded).collect(),
        }
    }
}

fn note(list: &mut List, ClassCount { dropped, watched }: ClassCount, now: Timestamp) {
    match list.effect() {
        ListEffect::Counted => list.record.would_hit.note(dropped.with(watched), now),
        ListEffect::Nothing => {}
        ListEffect::Dropped | ListEffect::DroppedIn | ListEffect::DroppedOut => {
            list.record.hits.note(dropped, now)
        }
    }
}
