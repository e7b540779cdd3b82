// SPDX-License-Identifier: MIT
//! What becomes of offences: whom they ban, for how long, and what is remembered of them.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod limits;
mod memory;

use aegis_abi::Reason;
use aegis_core::Nanos;
use aegis_policy::{
    Applied, AutoBan, AutoBanned, BanEntry, Block, Capacity, Change, Expiry, Force, Offence,
    Origin, Part, Policy, PolicyError, ProtectedSet, Remark, Spared, Strikes, Target, Which,
};
use std::net::IpAddr;

/// What a mutation came to, where nobody writes its rows.
fn made<T>(applied: Result<Applied<T>, PolicyError>) -> T {
    applied.unwrap().outcome
}

const MINUTE: u64 = 60_000_000_000;
const DAY: u64 = 24 * 60 * MINUTE;
const NOW: Nanos = Nanos(DAY);

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn spoofable(source: &str, at: Nanos) -> Offence {
    Offence {
        source: target(source),
        kind: Reason::PortScan,
        proven: false,
        at,
        ports_seen: 51,
        packets: 60,
        refused: 2,
        recent_ports: vec![22, 80],
        first_seen: Nanos(at.0 - 1_000),
    }
}

fn proven(source: &str, at: Nanos) -> Offence {
    Offence {
        kind: Reason::SynRate,
        proven: true,
        ..spoofable(source, at)
    }
}

fn limited(max_entries: u32) -> Policy {
    let mut policy = Policy::new();
    policy.set_auto_ban(AutoBan {
        max_entries,
        ..AutoBan::default()
    });
    policy
}

fn banned(policy: &mut Policy, offence: &Offence) -> AutoBanned {
    policy.offence(offence, offence.at).unwrap().outcome
}

fn spared(policy: &mut Policy, offence: &Offence) -> Spared {
    let (rows, strikes) = (policy.rows(), strikes(policy, offence.source));
    let spared = policy.offence(offence, offence.at).unwrap_err();
    assert_eq!(policy.rows(), rows);
    assert_eq!(self::strikes(policy, offence.source), strikes);
    spared
}

fn strikes(policy: &Policy, source: Target) -> Strikes {
    let offender = policy.evidence(source.net().addr());
    offender
        .map(|offender| offender.strikes)
        .unwrap_or_default()
}

fn minutes(policy: &mut Policy, offence: &Offence) -> u64 {
    let banned = banned(policy, offence);
    let Expiry::At(end) = banned.blocked.ban.detected_until().unwrap() else {
        panic!("such bans end");
    };
    (end.0 - offence.at.0) / MINUTE
}

fn operators(source: &str, expires: Expiry) -> Block {
    Block {
        target: target(source),
        part: Part::WHOLE,
        expires,
        origin: Origin::Operator,
        remark: Remark::default(),
        force: Force::No,
        session: None,
    }
}

fn later(minutes: u64) -> Nanos {
    Nanos(NOW.0 + minutes * MINUTE)
}

fn held(policy: &Policy, now: Nanos) -> Vec<String> {
    policy.bans(now).map(|ban| ban.target.to_string()).collect()
}

#[test]
fn proof_bans_everything_and_what_could_be_spoofed_only_new_connections() {
    let mut policy = Policy::new();
    let ban = banned(&mut policy, &proven("192.0.2.1", NOW)).blocked.ban;
    assert_eq!(
        (ban.part, ban.expires()),
        (Part::WHOLE, Expiry::At(later(10)))
    );
    assert_eq!(ban.causes()[0].origin, Origin::Detector(Reason::SynRate));
    assert_eq!(ban.remark(), "51 ports, 60 packets within 1 s");
    let ban = banned(&mut policy, &spoofable("192.0.2.2", NOW))
        .blocked
        .ban;
    assert_eq!(
        (ban.part, ban.expires()),
        (Part::UNSOLICITED, Expiry::At(later(5)))
    );
    assert_eq!(ban.causes()[0].origin, Origin::Detector(Reason::PortScan));
    assert_eq!(policy.auto_banned(), 2);
}

#[test]
fn a_network_is_banned_from_new_connections_as_an_address_is() {
    let mut policy = Policy::new();
    let changes = policy
        .offence(&spoofable("2001:db8::/64", NOW), NOW)
        .unwrap()
        .changes;
    let scope = changes.iter().find_map(|change| match change {
        Change::Scope { key, value } => Some((*key, value.unwrap())),
        _ => None,
    });
    let (key, scope) = scope.unwrap();
    assert_eq!(key, aegis_abi::ScopeKey::unsolicited(key.group));
    assert_eq!(scope.expires_ns, later(5).0);
    let entry = changes.iter().find_map(|change| match change {
        Change::BanPrefix { prefix, value } => Some((*prefix, value.unwrap())),
        _ => None,
    });
    let (prefix, row) = entry.unwrap();
    assert_eq!(
        (prefix, row.scopes),
        (target("2001:db8::/64").net(), key.group)
    );
    assert_eq!(row.expires_ns, 0);
    assert!(policy.evidence(address("2001:db8::9")).is_some());
    assert!(policy.evidence(address("2001:db8:0:1::9")).is_none());
}

#[test]
fn repeaters_are_banned_for_longer_until_they_are_forgotten() {
    let mut policy = Policy::new();
    let (mut at, mut lengths) = (NOW, Vec::new());
    for _ in 0..9 {
        lengths.push(minutes(&mut policy, &proven("192.0.2.1", at)));
        at = Nanos(at.0 + lengths.last().unwrap() * MINUTE);
        drop(policy.expire(at));
    }
    assert_eq!(lengths, [10, 20, 40, 80, 160, 320, 640, 1_280, 1_440]);
    let remembered = Nanos(at.0 + DAY - 1);
    drop(policy.expire(remembered));
    assert_eq!(
        policy
            .evidence(address("192.0.2.1"))
            .unwrap()
            .strikes
            .proven,
        9
    );
    assert_eq!(
        minutes(&mut policy.clone(), &proven("192.0.2.1", remembered)),
        1_440
    );
    let forgotten = Nanos(at.0 + DAY);
    assert_eq!(
        minutes(&mut policy.clone(), &proven("192.0.2.1", forgotten)),
        10
    );
    drop(policy.expire(forgotten));
    assert_eq!(policy.evidence(address("192.0.2.1")), None);
}

#[test]
fn what_could_be_spoofed_never_makes_a_ban_on_proof_longer() {
    let mut policy = Policy::new();
    assert_eq!(minutes(&mut policy, &spoofable("192.0.2.1", NOW)), 5);
    assert_eq!(minutes(&mut policy, &spoofable("192.0.2.1", later(5))), 10);
    assert_eq!(minutes(&mut policy, &proven("192.0.2.1", later(15))), 10);
    assert_eq!(minutes(&mut policy, &spoofable("192.0.2.1", later(25))), 20);
    let expected = Strikes {
        proven: 1,
        unproven: 3,
        until: later(45).into(),
    };
    assert_eq!(strikes(&policy, target("192.0.2.1")), expected);
}

#[test]
fn what_is_told_during_a_ban_renews_it_and_is_no_repetition() {
    let mut policy = Policy::new();
    assert_eq!(banned(&mut policy, &spoofable("192.0.2.1", NOW)).number, 1);
    let again = banned(&mut policy, &spoofable("192.0.2.1", later(4)));
    assert_eq!(
        (again.number, again.blocked.ban.expires()),
        (1, Expiry::At(later(9)))
    );
    let other = Offence {
        kind: Reason::UdpRate,
        ..spoofable("192.0.2.1", later(8))
    };
    let other = banned(&mut policy, &other);
    let ends: Vec<Expiry> = other
        .blocked
        .ban
        .causes()
        .iter()
        .map(|cause| cause.expires)
        .collect();
    assert_eq!(
        (other.number, ends),
        (1, vec![Expiry::At(later(9)), Expiry::At(later(13))])
    );
    let after = banned(&mut policy, &spoofable("192.0.2.1", later(13)));
    assert_eq!(
        (after.number, after.blocked.ban.expires()),
        (2, Expiry::At(later(23)))
    );
}

#[test]
fn nothing_is_done_where_as_much_is_banned_for_as_long() {
    let mut policy = Policy::new();
    made(policy.block(operators("198.51.100.0/24", Expiry::At(later(10))), NOW));
    let by = target("198.51.100.0/24");
    let until = Expiry::At(later(10));
    let expected = Spared::Banned { by, until };
    assert_eq!(spared(&mut policy, &proven("198.51.100.1", NOW)), expected);
    assert_eq!(
        spared(&mut policy, &spoofable("198.51.100.1", NOW)),
        expected
    );
    assert_eq!(
        expected.to_string(),
        "198.51.100.0/24 is banned for at least as long"
    );
    made(policy.block(operators("198.51.0.0/16", Expiry::At(later(20))), NOW));
    assert_eq!(
        spared(&mut policy, &proven("198.51.100.1", NOW)),
        Spared::Banned {
            by: target("198.51.0.0/16"),
            until: Expiry::At(later(20)),
        },
        "the longest is named"
    );
    made(policy.unblock(target("198.51.0.0/16"), Which::All, NOW));
    banned(&mut policy, &proven("198.51.100.1", Nanos(NOW.0 + 1)));
    assert_eq!(policy.auto_banned(), 1);
    assert!(matches!(
        spared(&mut policy, &proven("198.51.100.1", Nanos(NOW.0 + 1))),
        Spared::Banned { by, .. } if by == target("198.51.100.1")
    ));
    let evidence = policy.evidence(address("198.51.100.1")).unwrap();
    assert_eq!(
        evidence
            .charges
            .iter()
            .map(|charge| charge.offences)
            .sum::<u64>(),
        5
    );
    assert_eq!((evidence.strikes.proven, evidence.strikes.unproven), (1, 0));
}

#[test]
fn a_ban_of_less_does_not_stand_in_for_one_of_more() {
    let mut policy = Policy::new();
    let newcomers = Block {
        part: Part::UNSOLICITED,
        ..operators("192.0.2.1", Expiry::Never)
    };
    made(policy.block(newcomers, NOW));
    assert!(matches!(
        spared(&mut policy, &spoofable("192.0.2.1", NOW)),
        Spared::Banned {
            until: Expiry::Never,
            ..
        }
    ));
    banned(&mut policy, &proven("192.0.2.1", NOW));
    let over = operators("192.0.2.9", Expiry::At(later(1)));
    made(policy.block(over, NOW));
    banned(&mut policy, &proven("192.0.2.9", NOW));
}

#[test]
fn an_auto_bans_end_leaves_an_operators_ban_and_the_other_way_round() {
    for (operator, left) in [(5, "port_scan"), (60, "operator")] {
        let mut policy = Policy::new();
        banned(
            &mut policy,
            &Offence {
                proven: true,
                ..spoofable("192.0.2.1", NOW)
            },
        );
        made(policy.block(operators("192.0.2.1", Expiry::At(later(operator))), NOW));
        drop(policy.expire(later(operator.min(10))));
        let bans: Vec<&BanEntry> = policy.bans(later(operator.min(10))).collect();
        let origins: Vec<&str> = bans[0]
            .causes()
            .iter()
            .map(|cause| cause.origin.label())
            .collect();
        assert_eq!((bans.len(), origins), (1, vec![left]));
    }
}
