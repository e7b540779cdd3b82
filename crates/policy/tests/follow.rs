// SPDX-License-Identifier: MIT
//! Bans that others decide about: each on its own merits, beside those of the operator, and never
//! among what this host keeps.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use aegis_core::Nanos;
use aegis_policy::saved::{Clocks, Record};
use aegis_policy::{
    Block, Capacity, Expiry, Followed, Force, Origin, Part, Policy, PolicyError, ProtectedSet,
    Remark, Target, Verdict, Which,
};
use jiff::Timestamp;
use std::net::IpAddr;

const NOW: Nanos = Nanos(1_000);
const THEIRS: Origin = Origin::CrowdSec;

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn ban(text: &str, until: u64) -> Verdict {
    let remark: Remark = "crowdsecurity/ssh-bf".parse().unwrap();
    Verdict {
        target: target(text),
        ban: Some((Expiry::At(Nanos(until)), remark)),
    }
}

fn lift(text: &str) -> Verdict {
    Verdict {
        target: target(text),
        ban: None,
    }
}

fn follow(policy: &mut Policy, verdicts: Vec<Verdict>) -> Vec<Followed> {
    policy.follow(THEIRS, verdicts, NOW).outcome
}

fn operators(text: &str) -> Block {
    Block {
        target: target(text),
        part: Part::WHOLE,
        expires: Expiry::Never,
        origin: Origin::Operator,
        remark: Remark::default(),
        force: Force::No,
        session: None,
    }
}

fn ends(policy: &Policy) -> Vec<(String, Option<u64>)> {
    let theirs = policy.bans(NOW).filter_map(|ban| {
        let end = ban.by(THEIRS)?.expires.nanos();
        Some((ban.target.to_string(), end.map(|end| end.0)))
    });
    theirs.collect()
}

#[test]
fn the_latest_word_holds_also_where_it_is_sooner_or_nothing() {
    let mut policy = Policy::new();
    let first = vec![ban("192.0.2.1", 9_000), ban("2001:db8::/32", 9_000)];
    let both = [Followed::Stands, Followed::Stands];
    assert_eq!(follow(&mut policy, first), both);
    follow(
        &mut policy,
        vec![ban("192.0.2.1", 5_000), lift("2001:db8::/32")],
    );
    assert_eq!(ends(&policy), [("192.0.2.1".to_owned(), Some(5_000))]);
    let over = follow(
        &mut policy,
        vec![ban("192.0.2.1", 1_000), lift("198.51.100.1")],
    );
    assert_eq!(over, [Followed::Lifted, Followed::Lifted]);
    assert_eq!(policy.rows(), []);
}

#[test]
fn one_target_in_many_verdicts_ends_as_the_last_says() {
    let mut policy = Policy::new();
    let verdicts = vec![
        ban("192.0.2.1", 5_000),
        lift("192.0.2.1"),
        ban("192.0.2.1", 7_000),
    ];
    follow(&mut policy, verdicts);
    assert_eq!(ends(&policy), [("192.0.2.1".to_owned(), Some(7_000))]);
}

#[test]
fn the_operators_ban_stays_when_theirs_goes_and_the_operator_lifts_both() {
    let mut policy = Policy::new();
    drop(policy.block(operators("192.0.2.1"), NOW).unwrap());
    follow(&mut policy, vec![ban("192.0.2.1", 5_000)]);
    follow(&mut policy, vec![lift("192.0.2.1")]);
    let bans: Vec<usize> = policy.bans(NOW).map(|ban| ban.causes().len()).collect();
    assert_eq!(bans, [1]);
    follow(&mut policy, vec![ban("192.0.2.1", 5_000)]);
    let lifted = policy
        .unblock(target("192.0.2.1"), Which::All, NOW)
        .unwrap();
    assert_eq!(lifted.outcome.bans[0].causes().len(), 2);
    assert_eq!(policy.bans(NOW).count(), 0);
}

#[test]
fn what_the_host_needs_is_refused_alone_and_spared_once_it_is_needed() {
    let gateway: IpAddr = "192.0.2.1".parse().unwrap();
    let mut policy = Policy::new();
    policy.set_protected(ProtectedSet::new(&[], &[gateway], &[]));
    let all = vec![
        ban("192.0.2.0/24", 5_000),
        ban("192.0.2.2", 5_000),
        ban("0.0.0.0/0", 5_000),
    ];
    let followed = follow(&mut policy, all);
    assert!(matches!(
        followed[0],
        Followed::Refused(PolicyError::Protected { .. })
    ));
    assert_eq!(followed[1], Followed::Stands);
    assert!(matches!(
        followed[2],
        Followed::Refused(PolicyError::Everything(_))
    ));
    let other: IpAddr = "192.0.2.2".parse().unwrap();
    policy.set_protected(ProtectedSet::new(&[other], &[], &[]));
    let spared = policy.spare_protected().outcome;
    let spared: Vec<Target> = spared.iter().map(|ban| ban.target).collect();
    assert_eq!(spared, [target("192.0.2.2")]);
    assert_eq!(policy.rows(), []);
}

#[test]
fn an_allowlist_entry_overrules_and_does_not_refuse() {
    let mut policy = Policy::new();
    let allow = policy.allow(target("192.0.2.1"), Remark::default(), Force::No, NOW);
    drop(allow.unwrap());
    let verdicts = vec![ban("192.0.2.1", 5_000), ban("192.0.2.0/24", 5_000)];
    assert_eq!(
        follow(&mut policy, verdicts),
        [Followed::Stands, Followed::Stands]
    );
    drop(policy.disallow(target("192.0.2.1")).unwrap());
    assert_eq!(policy.bans(NOW).count(), 2);
}

#[test]
fn an_eighth_of_each_table_is_left_to_the_operator() {
    let capacity = Capacity {
        addresses: 16,
        prefixes: 8,
        ..Capacity::default()
    };
    let mut policy = Policy::with_capacity(capacity);
    let addresses = (0..20).map(|last| ban(&format!("192.0.2.{last}"), 5_000));
    let prefixes = (0..10).map(|third| ban(&format!("10.0.{third}.0/24"), 5_000));
    let v6 = (0..2).map(|last| ban(&format!("2001:db8::{last}"), 5_000));
    let followed = follow(&mut policy, addresses.chain(prefixes).chain(v6).collect());
    let stand = |part: &[Followed]| part.iter().filter(|one| **one == Followed::Stands).count();
    assert_eq!(stand(&followed[..20]), 14);
    assert_eq!(stand(&followed[20..30]), 7);
    assert_eq!(stand(&followed[30..]), 2);
    assert_eq!(followed[19], Followed::NoRoom);
    assert_eq!(policy.wanted_by(THEIRS), 23);
    drop(policy.block(operators("198.51.100.1"), NOW).unwrap());
    // One that is known needs no room.
    assert_eq!(
        follow(&mut policy, vec![ban("192.0.2.3", 6_000)]),
        [Followed::Stands]
    );
    follow(&mut policy, vec![lift("192.0.2.3"), lift("192.0.2.4")]);
    assert_eq!(
        follow(&mut policy, vec![ban("192.0.2.19", 6_000)]),
        [Followed::Stands]
    );
}

#[test]
fn what_others_decide_is_not_kept_as_this_hosts() {
    let clocks = Clocks {
        monotonic: NOW,
        wall: Timestamp::UNIX_EPOCH,
    };
    let mut policy = Policy::new();
    let applied = policy.follow(THEIRS, vec![ban("192.0.2.1", 5_000)], NOW);
    assert_eq!(policy.saved_changes(&applied.undo, &clocks), []);
    assert_eq!(policy.saved(&clocks), []);
    let applied = policy.block(operators("192.0.2.1"), NOW).unwrap();
    let kept: Vec<String> = policy
        .saved(&clocks)
        .iter()
        .map(Record::to_string)
        .collect();
    assert_eq!(kept.len(), 1);
    assert!(
        kept[0].contains("by operator") && !kept[0].contains("crowdsec"),
        "{kept:?}"
    );
    assert_eq!(policy.saved_changes(&applied.undo, &clocks).len(), 1);
    let applied = policy
        .unblock(target("192.0.2.1"), Which::All, NOW)
        .unwrap();
    let changes = policy.saved_changes(&applied.undo, &clocks);
    assert!(
        matches!(changes[..], [Record::Unban(..), Record::Strikes(_)]),
        "{changes:?}"
    );
}

#[test]
fn undoing_takes_back_all_of_it() {
    let mut policy = Policy::new();
    follow(&mut policy, vec![ban("192.0.2.1", 5_000)]);
    let rows = policy.rows();
    let verdicts = vec![
        ban("192.0.2.1", 6_000),
        ban("192.0.2.2", 6_000),
        lift("192.0.2.1"),
    ];
    let applied = policy.follow(THEIRS, verdicts, NOW);
    policy.undo(applied.undo);
    assert_eq!(policy.rows(), rows);
    assert_eq!(ends(&policy), [("192.0.2.1".to_owned(), Some(5_000))]);
}
