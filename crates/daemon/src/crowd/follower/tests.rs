// SPDX-License-Identifier: MIT
//! What becomes of decisions, with a policy and without a kernel.

use super::*;
use crate::host::Facts;
use aegis_api::{CrowdSecStatus, PlaceDecisions};
use aegis_policy::{ProtectedSet, Which};
use std::net::IpAddr;

const NOW: Nanos = Nanos(1_000_000_000);

struct Lab {
    crowd: Crowd,
    policy: Policy,
    lifts: watch::Receiver<Lifted>,
    _poller: mpsc::Sender<Told>,
}

fn lab() -> Lab {
    let (poller, told) = mpsc::channel(1);
    let (lifts, lifted) = watch::channel(Lifted::new());
    let alerts = Some(Arc::default());
    let clock = Clock::begin();
    let config = CrowdSec::default();
    let crowd = Crowd::new(
        &config,
        (clock, None),
        &Saved::default(),
        (told, lifts, alerts),
    );
    Lab {
        crowd,
        policy: Policy::new(),
        lifts: lifted,
        _poller: poller,
    }
}

impl Lab {
    /// What the poller tells, carried out.
    fn told(&mut self, changes: &[(&str, Option<u64>)]) {
        let changes = changes.iter().map(|(value, id)| self.change(value, *id));
        let told = Told {
            changes: changes.collect(),
            contact: Contact::default(),
            tally: Tally::default(),
        };
        self.crowd.note(told);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some((chunk, applied)) = self.crowd.next(&mut self.policy, NOW) {
            self.crowd.followed(chunk, applied.outcome);
        }
    }

    fn change(&self, value: &str, id: Option<u64>) -> Change {
        let scope = if value.starts_with("AS") {
            "as"
        } else {
            "range"
        };
        Change {
            subject: Subject::read(scope, value).expect("it is one"),
            after: id.map(|id| Sentence {
                id,
                until: self.crowd.clock.now() + Duration::from_secs(60),
                origin: "cscli".into(),
                scenario: "test/scenario".into(),
            }),
        }
    }

    fn status(&self) -> CrowdSecStatus {
        self.crowd
            .status(&self.policy, Some("no database".to_owned()))
    }

    fn bans(&self) -> Vec<String> {
        let bans = self.policy.bans(NOW);
        bans.map(|ban| ban.target.to_string()).collect()
    }

    fn unblock(&mut self, target: &str) {
        let target: Target = target.parse().expect("it is one");
        drop(
            self.policy
                .unblock(target, Which::All, NOW)
                .expect("it is banned"),
        );
        self.crowd.let_go(target);
    }

    fn protect(&mut self, addresses: &[&str]) {
        let gateways = addresses
            .iter()
            .map(|text| text.parse().expect("an address"));
        let gateways: Vec<IpAddr> = gateways.collect();
        self.policy
            .set_protected(ProtectedSet::new(&[], &gateways, &[]));
        let spared = self.policy.spare_protected().outcome;
        self.crowd.spared(&spared);
        self.carry_out();
    }

    fn state(&self, address: &str) -> Vec<String> {
        let decisions = self.crowd.decisions(address.parse().expect("an address"));
        decisions
            .into_iter()
            .map(|decision| decision.state)
            .collect()
    }
}

#[test]
fn decisions_on_addresses_are_bans_and_those_on_places_are_not() {
    let mut lab = lab();
    lab.told(&[
        ("192.0.2.1", Some(1)),
        ("198.51.100.0/24", Some(2)),
        ("AS64496", Some(3)),
    ]);
    assert_eq!(lab.bans(), ["192.0.2.1", "198.51.100.0/24"]);
    let status = lab.status();
    assert_eq!((status.bans, status.places.systems), (2, 1));
    assert!(status.places.problem.is_some());
    assert_eq!(
        lab.crowd.changed_places().map(|places| places.len()),
        Some(1)
    );
    assert!(lab.crowd.changed_places().is_none(), "once");
    lab.told(&[("192.0.2.1", None), ("AS64496", None)]);
    assert_eq!(lab.bans(), ["198.51.100.0/24"]);
    assert_eq!(lab.status().places, PlaceDecisions::default());
}

#[test]
fn more_places_than_there_is_room_for_are_told() {
    let mut lab = lab();
    let systems: Vec<String> = (1..=1_030).map(|number| format!("AS{number}")).collect();
    let told: Vec<_> = systems
        .iter()
        .map(|system| (&system[..], Some(1)))
        .collect();
    lab.told(&told[..1_024]);
    assert_eq!(lab.crowd.warnings().count(), 0);
    lab.told(&told[1_024..]);
    let places = lab.crowd.changed_places().expect("they have changed");
    assert_eq!(places.len(), 1_024);
    let warnings: Vec<String> = lab.crowd.warnings().collect();
    assert!(
        warnings[0].starts_with("CrowdSec: 6 more countries"),
        "{warnings:?}"
    );
}

#[test]
fn whom_an_operator_lets_go_is_free_until_every_decision_has_ended() {
    let mut lab = lab();
    lab.told(&[("192.0.2.1", Some(1))]);
    lab.unblock("192.0.2.1");
    assert_eq!(lab.lifts.borrow_and_update().len(), 1, "to be written down");
    lab.told(&[("192.0.2.1", Some(2))]);
    assert!(lab.bans().is_empty());
    assert_eq!(lab.state("192.0.2.1"), ["let go by an operator"]);
    lab.told(&[("192.0.2.1", None)]);
    assert!(lab.lifts.borrow_and_update().is_empty());
    lab.told(&[("192.0.2.1", Some(3))]);
    assert_eq!(lab.bans(), ["192.0.2.1"]);
}

#[test]
fn an_operators_own_ban_is_none_of_crowdsecs_to_let_go() {
    let mut lab = lab();
    lab.crowd.let_go("192.0.2.1".parse().expect("it is one"));
    assert!(!lab.lifts.has_changed().expect("it is there"));
}

#[test]
fn what_the_host_needs_is_refused_as_long_as_it_does() {
    let mut lab = lab();
    lab.told(&[("192.0.2.0/24", Some(1)), ("198.51.100.7", Some(2))]);
    lab.protect(&["192.0.2.7"]);
    assert_eq!(lab.bans(), ["198.51.100.7"]);
    assert_eq!(lab.status().refused, 1);
    assert!(lab.state("192.0.2.9")[0].starts_with("not banned"));
    lab.protect(&["198.51.100.7"]);
    assert_eq!(lab.bans(), ["192.0.2.0/24"]);
    lab.told(&[("198.51.100.7", None)]);
    assert_eq!(lab.status().refused, 0);
}

#[test]
fn what_the_kernel_does_not_take_is_tried_again() {
    let mut lab = lab();
    let change = lab.change("192.0.2.1", Some(1));
    lab.crowd.pending.push_back(change);
    let (chunk, applied) = lab.crowd.next(&mut lab.policy, NOW).expect("there is one");
    lab.policy.undo(applied.undo);
    lab.crowd.failed(chunk, "full".to_owned());
    assert!(lab.bans().is_empty());
    assert_eq!(lab.crowd.warnings().count(), 1);
    lab.crowd.again = Instant::now();
    lab.told(&[]);
    assert_eq!(lab.bans(), ["192.0.2.1"]);
    assert_eq!(lab.crowd.warnings().count(), 0);
}

#[test]
fn an_end_that_the_kernel_does_not_take_is_tried_again() {
    let mut lab = lab();
    lab.told(&[("192.0.2.1", Some(1))]);
    let change = lab.change("192.0.2.1", None);
    lab.crowd.pending.push_back(change);
    let (chunk, applied) = lab.crowd.next(&mut lab.policy, NOW).expect("there is one");
    lab.policy.undo(applied.undo);
    lab.crowd.failed(chunk, "busy".to_owned());
    assert_eq!(lab.bans(), ["192.0.2.1"]);
    assert_eq!(lab.status().no_room, 0);
    lab.crowd.again = Instant::now();
    lab.told(&[]);
    assert!(lab.bans().is_empty());
}

#[test]
fn nothing_is_told_of_whom_crowdsec_has_banned() {
    let mut lab = lab();
    lab.told(&[("192.0.2.0/24", Some(1))]);
    let offence = |source: &str| Offence {
        source: source.parse().expect("it is one"),
        kind: aegis_abi::Reason::PortScan,
        proven: false,
        at: NOW,
        ports_seen: 51,
        packets: 53,
        refused: 0,
        recent_ports: Vec::new(),
        first_seen: NOW,
    };
    lab.crowd.alert(&offence("192.0.2.1"));
    lab.crowd.alert(&offence("198.51.100.1"));
    lab.crowd.alert(&offence("2001:db8::/64"));
    let waiting = lab
        .crowd
        .alerts
        .as_ref()
        .map(|alerts| alerts.status().waiting);
    assert_eq!(waiting, Some(2));
}

#[tokio::test]
async fn what_was_refused_does_not_stand_after_a_restart() {
    let mut lab = lab();
    for (value, id) in [("192.0.2.0/24", 1), ("198.51.100.7", 2)] {
        let change = lab.change(value, Some(id));
        lab.crowd.pending.push_back(change);
    }
    let gateway = || -> Facts {
        let gateway = "192.0.2.7".parse().expect("an address");
        Box::pin(async move { Ok(ProtectedSet::new(&[], &[gateway], &[])) })
    };
    let host = Host::with(gateway, Duration::ZERO);
    lab.crowd.stand(&mut lab.policy, &host, NOW).await;
    assert_eq!(lab.bans(), ["198.51.100.7"]);
    assert_eq!(lab.status().refused, 1);
}
