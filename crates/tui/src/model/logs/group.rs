// SPDX-License-Identifier: MIT
//! Events of one peer for one reason.

use aegis_api::{Place, SecurityEvent};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

/// Events that are kept of a group, the newest ones.
pub const MOST_SAMPLES: usize = 8;

/// What events have in common that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    peer: Option<IpAddr>,
    is_departing: bool,
    reason: String,
    list: Option<String>,
}

/// What they come to.
#[derive(Clone, Debug)]
pub struct Group {
    /// Events that were sent.
    pub events: u64,
    /// Packets: those, and what was held back of them.
    pub packets: u64,
    /// When the first of them was judged.
    pub first: Timestamp,
    /// When the last was.
    pub last: Timestamp,
    /// The newest events, the oldest of them first; never empty.
    pub samples: VecDeque<Arc<SecurityEvent>>,
    /// Whether it is among what is searched for.
    pub is_shown: bool,
}

/// Whether the packet was on its way out of this host, so that the peer is its destination.
#[must_use]
pub fn is_departing(event: &SecurityEvent) -> bool {
    event.hook == "tc_egress"
}

fn peer(event: &SecurityEvent) -> Option<IpAddr> {
    match is_departing(event) {
        true => event.dst_ip,
        false => event.src_ip,
    }
}

impl Key {
    /// Of an event.
    pub fn of(event: &SecurityEvent) -> Self {
        Self {
            peer: peer(event),
            is_departing: is_departing(event),
            reason: event.threat_type.clone(),
            list: event.list.clone(),
        }
    }
}

impl Group {
    /// That of one event.
    pub fn new(event: Arc<SecurityEvent>) -> Self {
        Self {
            events: 1,
            packets: packets(&event),
            first: event.timestamp,
            last: event.timestamp,
            samples: VecDeque::from([event]),
            is_shown: true,
        }
    }

    /// One more.
    pub fn add(&mut self, event: Arc<SecurityEvent>) {
        self.events += 1;
        self.packets += packets(&event);
        self.first = self.first.min(event.timestamp);
        self.last = self.last.max(event.timestamp);
        if self.samples.len() == MOST_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(event);
    }

    /// The newest event.
    #[must_use]
    pub fn newest(&self) -> &SecurityEvent {
        &self.samples[self.samples.len() - 1]
    }

    /// The other end than this host; `None` where the frame was too broken to have any.
    #[must_use]
    pub fn peer(&self) -> Option<IpAddr> {
        peer(self.newest())
    }

    /// Whether the packets were on their way out of this host.
    #[must_use]
    pub fn is_departing(&self) -> bool {
        is_departing(self.newest())
    }

    /// Where the peer is.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        let event = self.newest();
        match self.is_departing() {
            true => event.dst_place.as_ref(),
            false => event.src_place.as_ref(),
        }
    }

    /// What they have in common.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::of(self.newest())
    }

    /// What decided: the list and what it says of the peer, or the place.
    #[must_use]
    pub fn source(&self) -> Option<String> {
        let event = self.newest();
        match (&event.list, &event.category) {
            (Some(list), Some(category)) => Some(format!("{list} ({category})")),
            (list, category) => list
                .clone()
                .or_else(|| category.clone())
                .or_else(|| event.geo_rule.clone()),
        }
    }
}

fn packets(event: &SecurityEvent) -> u64 {
    1 + u64::from(event.suppressed)
}
