// SPDX-License-Identifier: MIT
//! Whose packets are dropped most, as far as events tell: each stands for itself and for those that
//! were held back before it. What was long ago counts less and less.

use aegis_api::{Place, SecurityEvent};
use std::collections::HashMap;
use std::net::IpAddr;

/// Sources that are known at once; when there are more, those that count least are forgotten.
const MOST: usize = 4_096;
/// What is left of a count after a second: half of it after about ten.
const FADING: f64 = 0.933;
/// What counts less is forgotten.
const LEAST: f64 = 0.05;
/// Sources that are shown, at most.
const SHOWN: usize = 20;

/// A source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sender {
    /// Packets, those of long ago less.
    pub weight: f64,
    /// Where it is.
    pub place: Option<Place>,
    /// Why the last one was dropped.
    pub reason: String,
}

/// Sources by what they send.
#[derive(Debug, Default)]
pub struct Senders {
    known: HashMap<IpAddr, Sender>,
    /// Those that send most, as of the last second.
    pub top: Vec<(IpAddr, Sender)>,
}

impl Senders {
    /// An event has come.
    pub fn arrived(&mut self, event: &SecurityEvent) {
        let (Some(source), "drop") = (event.src_ip, event.action.as_str()) else {
            return;
        };
        let packets = 1.0 + f64::from(event.suppressed);
        if self.known.len() >= MOST && !self.known.contains_key(&source) {
            return;
        }
        let sender = self.known.entry(source).or_default();
        sender.weight += packets;
        sender.place.clone_from(&event.src_place);
        sender.reason.clone_from(&event.threat_type);
    }

    /// A second went by.
    pub fn fade(&mut self) {
        let is_full = self.known.len() >= MOST;
        self.known.retain(|_, sender| {
            sender.weight *= FADING;
            // Of invented sources each is seen once: those go first.
            sender.weight >= if is_full { 1.0 } else { LEAST }
        });
        let mut top: Vec<(IpAddr, &Sender)> = self
            .known
            .iter()
            .map(|(&source, sender)| (source, sender))
            .collect();
        let heavier = |one: &(IpAddr, &Sender), other: &(IpAddr, &Sender)| {
            let weight = other.1.weight.total_cmp(&one.1.weight);
            weight.then(one.0.cmp(&other.0))
        };
        if top.len() > SHOWN {
            top.select_nth_unstable_by(SHOWN, heavier);
            top.truncate(SHOWN);
        }
        top.sort_unstable_by(heavier);
        self.top = top
            .into_iter()
            .map(|(source, sender)| (source, sender.clone()))
            .collect();
    }
}
