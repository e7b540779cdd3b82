// SPDX-License-Identifier: MIT
//! Peers of this host that are on a list which only tells: whom it would have cut off.

use aegis_api::ListPeer;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// So many are remembered of a list.
const MOST: usize = 100;

/// A peer, as it is at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// What the list says it does.
    pub category: String,
    /// Connections with it.
    pub connections: u64,
    /// Bytes of these, either way.
    pub bytes: u64,
}

/// What is known of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    category: String,
    first: Timestamp,
    last: Timestamp,
    connections: u64,
    bytes: u64,
}

/// Those of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peers {
    known: BTreeMap<IpAddr, Known>,
    /// Sightings of others, for which there was no room.
    more: u64,
}

impl Peers {
    /// Takes note of one that is there now.
    pub fn note(&mut self, address: IpAddr, seen: &Sighting, now: Timestamp) {
        let room = self.known.len() < MOST;
        match self.known.get_mut(&address) {
            Some(known) => {
                known.last = now;
                known.category.clone_from(&seen.category);
                known.connections = known.connections.max(seen.connections);
                known.bytes = known.bytes.max(seen.bytes);
            }
            None if room => {
                let known = Known {
                    category: seen.category.clone(),
                    first: now,
                    last: now,
                    connections: seen.connections,
                    bytes: seen.bytes,
                };
                self.known.insert(address, known);
            }
            None => self.more += 1,
        }
    }

    /// Forgets all, as what was counted was about another list.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Everybody that is known, and sightings of others.
    pub fn told(&self) -> (Vec<ListPeer>, u64) {
        let peer = |(address, known): (&IpAddr, &Known)| ListPeer {
            address: *address,
            category: known.category.clone(),
            first: known.first,
            last: known.last,
            connections: known.connections,
            bytes: known.bytes,
            place: crate::geo::place(*address),
        };
        (self.known.iter().map(peer).collect(), self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hundred_are_known_and_the_others_counted() {
        let now = |seconds| Timestamp::from_second(seconds).expect("in range");
        let seen = |bytes| Sighting {
            category: "botnet".to_owned(),
            connections: 2,
            bytes,
        };
        let mut peers = Peers::default();
        for last in 0..130_u8 {
            peers.note(IpAddr::from([192, 0, 2, last]), &seen(500), now(60));
        }
        peers.note(IpAddr::from([192, 0, 2, 0]), &seen(400), now(120));
        let (told, more) = peers.told();
        assert_eq!((told.len(), more), (100, 30));
        assert_eq!((told[0].first, told[0].last), (now(60), now(120)));
        assert_eq!((told[0].bytes, told[0].connections), (500, 2));
    }
}
