// SPDX-License-Identifier: MIT
//! How it goes with CrowdSec, in answers.

use super::{Clock, Crowd};
use crate::geo;
use crate::places::Decision;
use aegis_api::{CrowdSecDecision, CrowdSecStatus, PlaceDecisions};
use aegis_lists::crowdsec::{Sentence, Subject};
use aegis_policy::{Origin, Policy, Region, Target};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Of whom is told that the host needs them.
const SHOWN: usize = 5;
/// Countries and autonomous systems that are kept out at once: the kernel is told of all of them
/// whenever one changes.
const MOST_PLACES: usize = 1_024;

impl Crowd {
    /// How it goes, and what stands.
    pub(crate) fn status(&self, policy: &Policy, places: Option<String>) -> CrowdSecStatus {
        let texts = |counts: &BTreeMap<&str, usize>| -> BTreeMap<String, usize> {
            let counts = counts.iter();
            counts
                .map(|(what, count)| ((*what).to_owned(), *count))
                .collect()
        };
        let unusable = self.tally.unusable.iter();
        let refusals = self.refused.iter().take(SHOWN);
        CrowdSecStatus {
            url: self.url.clone(),
            connected: self.contact.is_good(),
            since: self.contact.since,
            last_answer: self.contact.last_answer,
            problem: self.contact.problem.clone(),
            decisions: self.tally.decisions,
            scopes: texts(&self.tally.scopes),
            origins: self.tally.origins.clone(),
            unusable: unusable
                .map(|(why, count)| (why.to_string(), *count))
                .collect(),
            bans: policy.wanted_by(Origin::CrowdSec),
            pending: self.pending.len(),
            lifted: self.lifted.len(),
            refused: self.refused.len(),
            refusals: refusals
                .map(|(target, why)| format!("{}: {why}", geo::beside(*target)))
                .collect(),
            no_room: self.no_room.len(),
            places: self.places(places),
            alerts: self.alerts.as_ref().map(|alerts| alerts.status()),
        }
    }

    /// What an operator should know of, one line each.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        let outage = self.contact.problem.as_ref().map(|problem| {
            let decisions = self.tally.decisions;
            format!(
                "CrowdSec: {problem}; the {decisions} decisions it told before hold until they end"
            )
        });
        let room = (!self.no_room.is_empty() && self.problem.is_none()).then(|| {
            let count = self.no_room.len();
            format!("CrowdSec: {count} more addresses and prefixes are to be banned than there is room for; select origins or scenarios in [crowdsec]")
        });
        let failed = self
            .problem
            .as_ref()
            .map(|problem| format!("CrowdSec: {problem}"));
        let damage = self
            .damage
            .as_ref()
            .map(|damage| format!("CrowdSec: {damage}"));
        let beyond = self.places.len().saturating_sub(MOST_PLACES);
        let places = (beyond > 0).then(|| {
            format!("CrowdSec: {beyond} more countries and autonomous systems are to be kept out than the {MOST_PLACES} there is room for; select origins or scenarios in [crowdsec]")
        });
        [outage, room, places, failed, damage].into_iter().flatten()
    }

    /// Countries and autonomous systems that are decided about, and what keeps them from being let
    /// through nevertheless.
    fn places(&self, problem: Option<String>) -> PlaceDecisions {
        let mut places = PlaceDecisions::default();
        for subject in self.places.keys() {
            match subject {
                Subject::Country(country) => places.countries.push(country.to_string()),
                Subject::As(_) => places.systems += 1,
                Subject::Net(_) => {}
            }
        }
        places.problem = problem.filter(|_| !self.places.is_empty());
        places
    }

    /// The same for whoever keeps them out, as many as there is room for, where they have changed
    /// since this was asked last.
    pub(crate) fn changed_places(&mut self) -> Option<Vec<Decision>> {
        if !std::mem::take(&mut self.places_changed) {
            return None;
        }
        let decided = self.places.iter().filter_map(|(subject, sentence)| {
            let region = match subject {
                Subject::Country(country) => Region::Country(*country),
                Subject::As(system) => Region::System(*system),
                Subject::Net(_) => return None,
            };
            let until = Some(wall(&self.clock, sentence));
            Some(Decision { region, until })
        });
        Some(decided.take(MOST_PLACES).collect())
    }

    /// What is decided about an address, and what became of it.
    pub(crate) fn decisions(&self, address: IpAddr) -> Vec<CrowdSecDecision> {
        let around = self.around(IpNet::from(address));
        around
            .map(|(subject, sentence)| self.shown(subject, sentence))
            .collect()
    }

    fn shown(&self, subject: Subject, sentence: &Sentence) -> CrowdSecDecision {
        CrowdSecDecision {
            id: sentence.id,
            target: subject.to_string(),
            origin: sentence.origin.to_string(),
            scenario: sentence.scenario.to_string(),
            until: wall(&self.clock, sentence),
            state: self.state(subject),
        }
    }

    fn state(&self, subject: Subject) -> String {
        let target = match subject {
            Subject::Net(net) => Target::try_from(net).ok(),
            _ => None,
        };
        let refused = target.and_then(|target| self.refused.get(&target));
        match refused {
            Some(why) => format!("not banned: {why}"),
            None if self.lifted.contains(&subject) => "let go by an operator".to_owned(),
            None if target.is_some_and(|target| self.no_room.contains(&target)) => {
                "not banned: no room".to_owned()
            }
            None => "banned".to_owned(),
        }
    }
}

/// The end by the clock that people read.
fn wall(clock: &Clock, sentence: &Sentence) -> jiff::Timestamp {
    let now = crate::ban::Moment::now().clocks();
    let end = clock.0.end(Some(sentence.until));
    now.wall_of_end(end).unwrap_or(sentence.until)
}
