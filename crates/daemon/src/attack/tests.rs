// SPDX-License-Identifier: MIT
//! When attacks begin, go on and end.

use super::*;
use aegis_abi::{Count, CounterSlot, Family};

/// A clock of which each tick is a second.
struct Watch {
    attacks: Attacks,
    second: u64,
}

impl Watch {
    fn new() -> Self {
        let attacks = Attacks::default();
        Self {
            attacks,
            second: 1_000,
        }
    }

    /// A second in which so many packets arrive for each reason.
    fn second(&mut self, rows: &[(Reason, Action, u64)]) -> Vec<AttackKind> {
        self.second += 1;
        let row = |&(reason, action, packets): &(Reason, Action, u64)| {
            let slot = CounterSlot {
                hook: Hook::XdpIngress,
                family: Family::V4,
                reason,
            };
            (slot, action, Count { packets, bytes: 0 })
        };
        let moved = Moved {
            span_ns: SECOND_NS,
            rows: rows.iter().map(row).collect(),
        };
        self.attacks.look(&moved, &self.now());
        self.attacks.going().map(|course| course.kind).collect()
    }

    fn now(&self) -> Moment {
        Moment {
            monotonic: Nanos(self.second * SECOND_NS),
            wall: Timestamp::from_second(self.second as i64).expect("in range"),
        }
    }

    fn syns(&mut self, packets: u64) -> bool {
        let going = self.second(&[(Reason::SynRate, Action::Drop, packets)]);
        going == [AttackKind::SynFlood]
    }
}

#[test]
fn an_attack_begins_with_the_second_loud_look_or_with_one_that_is_plain() {
    let mut watch = Watch::new();
    assert!(!watch.syns(150));
    assert!(!watch.syns(20), "that was a burst");
    assert!(!watch.syns(150));
    assert!(watch.syns(150));
    assert!(Watch::new().syns(5_000), "no second look is needed");
    assert!(!Watch::new().syns(799));
}

#[test]
fn an_attack_that_pauses_goes_on_and_one_that_is_over_ends() {
    let mut watch = Watch::new();
    assert!(watch.syns(5_000));
    for _ in 0..9 {
        assert!(watch.syns(0), "it may come back");
    }
    assert!(watch.syns(30), "a little is enough to go on");
    for _ in 0..9 {
        assert!(watch.syns(24));
    }
    assert!(!watch.syns(24), "ten seconds of less than a quarter");
    assert!(!watch.syns(90), "and it does not come back at that");
}

#[test]
fn what_goes_on_is_told_with_its_peak_and_its_beginning() {
    let mut watch = Watch::new();
    watch.syns(1_000);
    watch.syns(4_000);
    let rows = [
        (Reason::SynCookie, Action::Answer, 1_500),
        (Reason::SynRate, Action::Drop, 500),
        (Reason::Established, Action::Pass, 2_000),
    ];
    watch.second(&rows);
    let course = watch.attacks.going().next().expect("it goes on");
    assert_eq!((course.peak, course.packets), (4_000, 7_000));
    assert_eq!(course.since.as_second(), 1_001);
    let pace = Pace {
        packets: 2_000,
        dropped: 500,
        answered: 1_500,
    };
    assert_eq!(course.now, pace);
    assert_eq!(watch.attacks.arriving().packets, 4_000);
}

#[test]
fn who_cools_down_still_does_what_the_last_offence_was() {
    let mut watch = Watch::new();
    let cooling = [(Reason::CoolDown, Action::Drop, 900)];
    assert_eq!(watch.second(&cooling), [AttackKind::Scan]);
    let mut watch = Watch::new();
    let now = watch.now().monotonic;
    watch.attacks.note_offence(Reason::SynRate, now);
    assert_eq!(watch.second(&cooling), [AttackKind::SynFlood]);
    let barred = [(Reason::BanUnsolicited, Action::Drop, 900)];
    assert_eq!(watch.second(&barred), [AttackKind::SynFlood]);
    watch.second += REMEMBERED_NS / SECOND_NS;
    watch.second(&[]);
    let later = [(Reason::BanUnsolicited, Action::Drop, 9_000)];
    assert_eq!(watch.second(&later), [AttackKind::BanFlood], "of long ago");
}

#[test]
fn several_go_on_at_once_and_what_is_usual_is_none() {
    let mut watch = Watch::new();
    let rows = [
        (Reason::BanAddress, Action::Drop, 10_000),
        (Reason::UdpHostRate, Action::Drop, 10_000),
        (Reason::Established, Action::Pass, 1_000_000),
        (Reason::Arp, Action::Pass, 10_000),
        (Reason::TcpOutOfState, Action::Drop, 100),
    ];
    let going = [AttackKind::UdpFlood, AttackKind::BanFlood];
    assert_eq!(watch.second(&rows), going);
}

#[test]
fn every_reason_that_drops_belongs_to_a_kind_or_is_known_not_to() {
    let settings = aegis_abi::Settings::DEFAULT;
    let none: Vec<Reason> = Reason::ALL
        .iter()
        .copied()
        .filter(|&reason| aegis_core::action::action_of(reason, &settings) != Action::Pass)
        .filter(|&reason| kind_of(reason, None).is_none())
        .collect();
    assert_eq!(none, [Reason::InfrastructureRate, Reason::FlowKilled]);
}
