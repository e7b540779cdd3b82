// SPDX-License-Identifier: MIT
//! What is remembered of offenders, and when it is forgotten or forgiven.

use super::*;

#[test]
fn an_operator_who_lifts_an_auto_ban_also_forgives() {
    for which in [Which::All, Which::Part(Part::UNSOLICITED)] {
        let mut policy = Policy::new();
        banned(&mut policy, &spoofable("192.0.2.1", NOW));
        let before = strikes(&policy, target("192.0.2.1"));
        let lifted = policy.unblock(target("192.0.2.1"), which, NOW).unwrap();
        assert_eq!(strikes(&policy, target("192.0.2.1")), Strikes::default());
        assert!(
            policy.evidence(address("192.0.2.1")).is_some(),
            "what was, was"
        );
        policy.undo(lifted.undo);
        assert_eq!(strikes(&policy, target("192.0.2.1")), before);
        made(policy.unblock(target("192.0.2.1"), which, NOW));
        assert_eq!(minutes(&mut policy, &spoofable("192.0.2.1", later(1))), 5);
    }
}

#[test]
fn an_operator_who_lifts_a_ban_of_theirs_on_a_part_does_not_forgive() {
    let mut policy = Policy::new();
    banned(&mut policy, &spoofable("192.0.2.1", NOW));
    let part = Part::new("80".parse().ok(), None).unwrap();
    let own = Block {
        part,
        ..operators("192.0.2.1", Expiry::Never)
    };
    made(policy.block(own, NOW));
    made(policy.unblock(target("192.0.2.1"), Which::Part(part), NOW));
    assert_eq!(strikes(&policy, target("192.0.2.1")).unproven, 1);
}

#[test]
fn an_operator_who_lifts_everything_also_forgives_what_is_over() {
    let mut policy = Policy::new();
    banned(&mut policy, &spoofable("192.0.2.1", NOW));
    made(policy.block(operators("192.0.2.1", Expiry::Never), NOW));
    drop(policy.expire(later(5)));
    made(policy.unblock(target("192.0.2.1"), Which::All, later(5)));
    assert_eq!(strikes(&policy, target("192.0.2.1")), Strikes::default());
}

#[test]
fn evidence_adds_up_without_counting_twice() {
    let mut policy = Policy::new();
    let first = spoofable("192.0.2.1", NOW);
    let went_on = Offence {
        at: later(1),
        packets: 100,
        refused: 40,
        ports_seen: 80,
        recent_ports: (1..=20).collect(),
        ..first.clone()
    };
    let anew = Offence {
        proven: true,
        packets: 7,
        refused: 1,
        recent_ports: vec![],
        ..spoofable("192.0.2.1", later(2))
    };
    for offence in [&first, &went_on, &anew, &proven("192.0.2.1", later(3))] {
        drop(policy.offence(offence, offence.at));
    }
    let evidence = policy.evidence(address("192.0.2.1")).unwrap();
    let (begin, end) = (evidence.first(), evidence.last());
    assert_eq!((begin, end), (first.first_seen, later(3)));
    let [scan, flood] = &evidence.charges[..] else {
        panic!("two kinds, {evidence:?}");
    };
    assert_eq!(scan.kind, Reason::PortScan);
    assert_eq!((scan.offences, scan.proven), (3, 1));
    assert_eq!((scan.packets, scan.refused, scan.ports_seen), (107, 41, 80));
    assert_eq!(scan.recent_ports, (1..=16).collect::<Vec<u16>>());
    assert_eq!((scan.first, scan.last), (first.first_seen, later(2)));
    assert_eq!(
        (flood.kind, flood.offences, flood.packets),
        (Reason::SynRate, 1, 60)
    );
}

#[test]
fn offenders_are_forgotten_unproven_and_quiet_first_and_never_exceed_their_limit() {
    let mut policy = Policy::new();
    policy.set_auto_ban(AutoBan {
        max_entries: 1,
        max_offenders: 3,
        ..AutoBan::default()
    });
    banned(&mut policy, &proven("192.0.2.1", NOW));
    banned(&mut policy, &spoofable("192.0.2.2", later(21)));
    banned(&mut policy, &spoofable("192.0.2.3", later(22)));
    banned(&mut policy, &spoofable("192.0.2.2", later(23)));
    let known = |policy: &Policy| -> Vec<u8> {
        let is_known = |last: &u8| policy.evidence(IpAddr::from([192, 0, 2, *last])).is_some();
        (1..=9).filter(is_known).collect()
    };
    assert_eq!(known(&policy), [1, 2, 3]);
    banned(&mut policy, &spoofable("192.0.2.4", later(24)));
    assert_eq!(known(&policy), [1, 2, 4]);
    banned(&mut policy, &proven("192.0.2.5", later(25)));
    banned(&mut policy, &proven("192.0.2.6", later(26)));
    assert_eq!(known(&policy), [1, 5, 6]);
    banned(&mut policy, &spoofable("192.0.2.7", later(27)));
    banned(&mut policy, &spoofable("192.0.2.8", later(27)));
    assert_eq!(known(&policy), [5, 6, 8], "the spoofed cost one, not all");
}
