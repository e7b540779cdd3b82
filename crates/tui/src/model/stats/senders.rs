// SPDX-License-Identifier: MIT
//! Whose packets are dropped most, as far as events tell: each stands for itself and for those of its
//! source and reason that were held back before it. What was long ago counts less and less.

use crate::model::is_departing;
use aegis_api::{Place, SecurityEvent};
use std::collections::HashMap;
use std::net::IpAddr;

/// Sources that are known at once; when there are more, those that count least are forgotten.
const MOST: usize = 4_096;
/// Reasons that are told apart of a source.
const MOST_REASONS: usize = 4;
/// What is left of a count after a second: half of it after about ten.
const FADING: f64 = 0.933;
/// What counts less is forgotten.
const LEAST: f64 = 0.05;
/// Sources that are shown, at most.
const SHOWN: usize = 20;
/// Seconds that a rate is the mean of, about: as many as a count is the sum of.
pub const MEAN_SECONDS: f64 = 1.0 / (1.0 - FADING);

/// A source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sender {
    /// Where it is.
    pub place: Option<Place>,
    /// Packets by the reason that they were dropped for, those of long ago less.
    reasons: Vec<(String, f64)>,
}

impl Sender {
    /// Packets of all reasons, those of long ago less.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.reasons.iter().map(|(_, weight)| weight).sum()
    }

    /// Packets a second, the mean of the last [`MEAN_SECONDS`].
    #[must_use]
    pub fn packets_per_second(&self) -> f64 {
        self.weight() / MEAN_SECONDS
    }

    /// What most of them were dropped for.
    #[must_use]
    pub fn reason(&self) -> &str {
        let by_weight = |one: &&(String, f64), other: &&(String, f64)| one.1.total_cmp(&other.1);
        let most = self.reasons.iter().max_by(by_weight);
        most.map_or("", |(reason, _)| reason)
    }

    fn add(&mut self, reason: &str, packets: f64) {
        if let Some((_, weight)) = self.reasons.iter_mut().find(|(known, _)| known == reason) {
            *weight += packets;
            return;
        }
        self.reasons.push((reason.to_owned(), packets));
        if self.reasons.len() > MOST_REASONS {
            self.reasons
                .sort_by(|(_, one), (_, other)| other.total_cmp(one));
            self.reasons.truncate(MOST_REASONS);
        }
    }

    fn fade(&mut self) {
        for (_, weight) in &mut self.reasons {
            *weight *= FADING;
        }
    }
}

/// Sources by what they send.
#[derive(Debug, Default)]
pub struct Senders {
    known: HashMap<IpAddr, Sender>,
    /// Those that send most, as of the last second.
    pub top: Vec<(IpAddr, Sender)>,
}

impl Senders {
    /// An event has come. What this host itself was kept from sending says nothing of sources.
    pub fn arrived(&mut self, event: &SecurityEvent) {
        if is_departing(event) {
            return;
        }
        let (Some(source), "drop") = (event.src_ip, event.action.as_str()) else {
            return;
        };
        if self.known.len() >= MOST && !self.known.contains_key(&source) {
            return;
        }
        let sender = self.known.entry(source).or_default();
        sender.place.clone_from(&event.src_place);
        sender.add(&event.threat_type, 1.0 + f64::from(event.suppressed));
    }

    /// A second went by.
    pub fn fade(&mut self) {
        let is_full = self.known.len() >= MOST;
        self.known.retain(|_, sender| {
            sender.fade();
            // Of invented sources each is seen once: those go first.
            sender.weight() >= if is_full { 1.0 } else { LEAST }
        });
        let mut top: Vec<(IpAddr, &Sender, f64)> = self
            .known
            .iter()
            .map(|(&source, sender)| (source, sender, sender.weight()))
            .collect();
        let heavier = |one: &(IpAddr, &Sender, f64), other: &(IpAddr, &Sender, f64)| {
            other.2.total_cmp(&one.2).then(one.0.cmp(&other.0))
        };
        if top.len() > SHOWN {
            top.select_nth_unstable_by(SHOWN, heavier);
            top.truncate(SHOWN);
        }
        top.sort_unstable_by(heavier);
        self.top = top
            .into_iter()
            .map(|(source, sender, _)| (source, sender.clone()))
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::event;

    #[test]
    fn the_reason_is_that_of_most_packets_and_not_of_the_last() {
        let mut senders = Senders::default();
        senders.arrived(&SecurityEvent {
            suppressed: 9_999,
            ..event("203.0.113.9", "ban_unsolicited", 0)
        });
        senders.arrived(&event("203.0.113.9", "tcp_port_zero", 1));
        for reason in ["syn_rate", "cool_down", "port_scan", "land"] {
            senders.arrived(&event("203.0.113.9", reason, 2));
        }
        senders.fade();
        let (_, sender) = &senders.top[0];
        assert_eq!(sender.reason(), "ban_unsolicited");
    }

    #[test]
    fn packets_of_this_host_make_it_no_source() {
        let mut senders = Senders::default();
        senders.arrived(&SecurityEvent {
            hook: "tc_egress".to_owned(),
            ..event("198.51.100.1", "ban_address", 0)
        });
        senders.fade();
        assert!(senders.top.is_empty());
    }

    #[test]
    fn a_flood_that_goes_on_has_its_own_rate() {
        let mut senders = Senders::default();
        for second in 0..100 {
            senders.arrived(&SecurityEvent {
                suppressed: 59_999,
                ..event("203.0.113.9", "ban_unsolicited", second)
            });
            senders.fade();
        }
        let rate = senders.top[0].1.packets_per_second();
        assert!((54_000.0..=60_000.0).contains(&rate), "{rate}");
        (0..400).for_each(|_| senders.fade());
        assert!(senders.top.is_empty(), "it is forgotten by and by");
    }
}
