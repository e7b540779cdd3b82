// SPDX-License-Identifier: MIT
//! A ban has causes; none of them undoes another, and an operator lifts them all.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use aegis_abi::{Ban, Reason, ScopeKey};
use aegis_core::Nanos;
use aegis_policy::{
    Applied, BanEntry, Block, Change, Expiry, Force, Novelty, Origin, Part, Policy, PolicyError,
    Target, Which,
};

const NOW: Nanos = Nanos(1_000);
const SCAN: Origin = Origin::Detector(Reason::PortScan);
const FLOOD: Origin = Origin::Detector(Reason::SynRate);

/// What a mutation came to, where nobody writes its rows.
fn made<T>(applied: Result<Applied<T>, PolicyError>) -> T {
    applied.unwrap().outcome
}

fn target() -> Target {
    "192.0.2.1".parse().unwrap()
}

fn until(time: u64, origin: Origin) -> Block {
    Block {
        target: target(),
        part: Part::WHOLE,
        expires: Expiry::At(Nanos(time)),
        origin,
        remark: "".parse().unwrap(),
        force: Force::No,
        session: None,
    }
}

fn because(remark: &str, block: Block) -> Block {
    Block {
        remark: remark.parse().unwrap(),
        ..block
    }
}

fn only(policy: &Policy, now: u64) -> BanEntry {
    let bans: Vec<&BanEntry> = policy.bans(Nanos(now)).collect();
    assert_eq!(bans.len(), 1, "{bans:?}");
    bans[0].clone()
}

fn origins(ban: &BanEntry) -> Vec<Origin> {
    ban.causes().iter().map(|cause| cause.origin).collect()
}

/// The end of the ban on the whole, as the kernel knows it.
fn row(policy: &Policy) -> Option<u64> {
    let ends: Vec<u64> = policy
        .rows()
        .iter()
        .filter_map(|row| match row {
            Change::Ban { value, .. } => value.map(|ban| ban.expires_ns),
            _ => None,
        })
        .collect();
    assert!(ends.len() < 2, "{ends:?}");
    ends.first().copied()
}

#[test]
fn the_row_holds_until_the_last_cause_ends_whichever_it_is() {
    let orders = [
        [2_000, 3_000, 4_000],
        [4_000, 3_000, 2_000],
        [3_000, 4_000, 2_000],
    ];
    for ends in orders {
        let mut policy = held_until(ends);
        for (now, left) in [(2_000, 2), (3_000, 1)] {
            let ended = policy.expire(Nanos(now));
            assert_eq!(ended.changes, [], "the row stays as it is");
            let [ended] = &ended.outcome[..] else {
                panic!("one cause ends at a time");
            };
            assert_eq!(ended.held_until, Some(Expiry::At(Nanos(4_000))));
            assert_eq!(ended.causes[0].expires, Expiry::At(Nanos(now)));
            assert_eq!(only(&policy, now).causes().len(), left);
        }
        assert_eq!(policy.bans(Nanos(3_999)).count(), 1);
        let ended = policy.expire(Nanos(4_000)).outcome;
        assert_eq!((ended.len(), ended[0].held_until), (1, None));
        assert_eq!(policy.rows(), []);
    }
}

/// A ban with three causes, which come one after the other.
fn held_until(ends: [u64; 3]) -> Policy {
    let mut policy = Policy::new();
    let causes = [SCAN, Origin::Operator, FLOOD].into_iter().zip(ends);
    for (at, (origin, end)) in causes.enumerate() {
        let blocked = made(policy.block(until(end, origin), NOW));
        assert_eq!(blocked.novelty == Novelty::Added, at == 0);
        assert_eq!(blocked.novelty == Novelty::Renewed, at > 0);
        assert_eq!(blocked.ban.causes().len(), at + 1);
        assert_eq!(row(&policy), ends[..=at].iter().max().copied());
    }
    let all = [Origin::Operator, SCAN, FLOOD];
    assert_eq!(origins(&only(&policy, 1_000)), all);
    policy
}

#[test]
fn causes_on_other_parts_end_by_themselves_too() {
    let mut policy = Policy::new();
    let newcomers = Block {
        part: Part::UNSOLICITED,
        ..until(2_000, SCAN)
    };
    made(policy.block(newcomers, NOW));
    made(policy.block(until(3_000, Origin::Operator), NOW));
    let ended = policy.expire(Nanos(2_000));
    assert_eq!(ended.outcome[0].part, Part::UNSOLICITED);
    assert_eq!(ended.outcome[0].held_until, None);
    assert_eq!(only(&policy, 2_000).part, Part::WHOLE);
    assert_eq!(row(&policy), Some(3_000));
}

#[test]
fn an_operator_lifts_every_cause_and_is_told_which() {
    let mut policy = Policy::new();
    for (origin, end) in [(SCAN, 2_000), (FLOOD, 1_500), (Origin::Operator, 9_000)] {
        made(policy.block(until(end, origin), NOW));
    }
    let lifted = policy.unblock(target(), Which::All, Nanos(1_500)).unwrap();
    let named = |bans: &[BanEntry]| -> Vec<Vec<Origin>> { bans.iter().map(origins).collect() };
    assert_eq!(named(&lifted.outcome.bans), [[Origin::Operator, SCAN]]);
    assert_eq!(policy.rows(), []);
    policy.undo(lifted.undo);
    assert_eq!(row(&policy), Some(9_000));
    assert_eq!(
        origins(&only(&policy, 1_400)),
        [Origin::Operator, SCAN, FLOOD]
    );
    let lifted = made(policy.unblock(target(), Which::Part(Part::WHOLE), Nanos(1_400)));
    assert_eq!(lifted.bans[0].causes().len(), 3);
    assert!(policy.unblock(target(), Which::All, NOW).is_err());
}

#[test]
fn banning_again_without_a_reason_keeps_the_one_that_is_there() {
    let mut policy = Policy::new();
    let operator = |end| until(end, Origin::Operator);
    made(policy.block(because("brute force", operator(2_000)), NOW));
    let again = made(policy.block(operator(3_000), NOW)).ban;
    assert_eq!(
        (again.remark(), again.expires()),
        ("brute force", Expiry::At(Nanos(3_000)))
    );
    let other = made(policy.block(because("scans", operator(3_000)), NOW)).ban;
    assert_eq!(other.remark(), "scans");
    let anew = made(policy.block(operator(9_000), Nanos(3_000))).ban;
    assert_eq!(
        (anew.remark(), anew.created()),
        ("", Nanos(3_000).into()),
        "that ban was over"
    );
}

#[test]
fn each_cause_has_its_own_reason_and_the_operators_is_shown_first() {
    let mut policy = Policy::new();
    made(policy.block(because("60 ports", until(2_000, SCAN)), NOW));
    made(policy.block(because("100 packets", until(2_000, FLOOD)), NOW));
    let ban = made(policy.block(until(3_000, Origin::Operator), Nanos(1_100))).ban;
    assert_eq!((ban.remark(), ban.created()), ("60 ports", NOW.into()));
    assert_eq!(ban.by(Origin::Operator).unwrap().remark.as_str(), "");
    assert_eq!(
        ban.by(Origin::Operator).unwrap().created,
        Nanos(1_100).into()
    );
    assert_eq!(ban.by(FLOOD).unwrap().remark.as_str(), "100 packets");
    assert_eq!(ban.by(Origin::Detector(Reason::UdpRate)), None);
    let ban = made(policy.block(because("mine", until(3_000, Origin::Operator)), NOW)).ban;
    assert_eq!(ban.remark(), "mine");
}

#[test]
fn nobody_shortens_a_cause_and_force_shortens_only_ones_own() {
    let mut policy = Policy::new();
    made(policy.block(until(5_000, SCAN), NOW));
    made(policy.block(until(9_000, Origin::Operator), NOW));
    let shorter = made(policy.block(until(4_000, SCAN), NOW)).ban;
    assert_eq!(shorter.by(SCAN).unwrap().expires, Expiry::At(Nanos(5_000)));
    let forced = Block {
        force: Force::Yes,
        ..until(2_000, Origin::Operator)
    };
    let ban = made(policy.block(forced, NOW)).ban;
    assert_eq!(
        ban.by(Origin::Operator).unwrap().expires,
        Expiry::At(Nanos(2_000))
    );
    assert_eq!(
        (ban.expires(), row(&policy)),
        (Expiry::At(Nanos(5_000)), Some(5_000))
    );
    assert_eq!(ban.detected_until(), Some(Expiry::At(Nanos(5_000))));
}

#[test]
fn a_cause_that_is_over_begins_anew_while_the_ban_goes_on() {
    let mut policy = Policy::new();
    made(policy.block(because("60 ports", until(2_000, SCAN)), NOW));
    let rule = made(policy.block(until(9_000, Origin::Operator), NOW))
        .ban
        .rule;
    let ban = made(policy.block(until(3_000, SCAN), Nanos(2_000))).ban;
    let scan = ban.by(SCAN).unwrap();
    assert_eq!(
        (scan.created, scan.remark.as_str()),
        (Nanos(2_000).into(), "")
    );
    assert_eq!((ban.rule, ban.causes().len()), (rule, 2));
    made(policy.block(until(9_500, FLOOD), Nanos(3_000)));
    assert_eq!(origins(&only(&policy, 3_000)), [Origin::Operator, FLOOD]);
    assert_eq!(policy.expire(Nanos(3_000)).outcome, [], "it went already");
}

fn scopes(policy: &Policy) -> Vec<(ScopeKey, u64)> {
    let rows = policy.rows();
    let scope = |row: &Change| match row {
        Change::Scope { key, value } => Some((*key, value.unwrap().expires_ns)),
        _ => None,
    };
    let mut scopes: Vec<(ScopeKey, u64)> = rows.iter().filter_map(scope).collect();
    scopes.sort_unstable();
    scopes
}

#[test]
fn a_peer_may_be_banned_wholly_in_part_and_from_new_connections_at_once() {
    let mut policy = Policy::new();
    let port = Part::new("80".parse().ok(), None).unwrap();
    for (part, end) in [
        (Part::WHOLE, 2_000),
        (port, 3_000),
        (Part::UNSOLICITED, 4_000),
    ] {
        let block = Block {
            part,
            ..until(end, SCAN)
        };
        made(policy.block(block, NOW));
    }
    let scopes = scopes(&policy);
    let group = scopes[0].0.group;
    let of_port = ScopeKey {
        group,
        port: 80,
        protocol: ScopeKey::ANY_PROTOCOL,
        kind: ScopeKey::ALL,
    };
    assert_eq!(
        scopes,
        [(ScopeKey::unsolicited(group), 4_000), (of_port, 3_000)]
    );
    assert_eq!(row(&policy), Some(2_000));
    made(policy.unblock(target(), Which::Part(Part::WHOLE), NOW));
    assert_eq!(row(&policy), Some(Ban::NONE.expires_ns));
    let error = policy
        .unblock(target(), Which::Part(Part::WHOLE), NOW)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no ban on everything of 192.0.2.1"),
        "{error}"
    );
    made(policy.unblock(target(), Which::Part(port), NOW));
    assert_eq!(only(&policy, 1_000).part, Part::UNSOLICITED);
}

#[test]
fn a_cause_is_lifted_alone_and_the_ban_stands_by_the_others() {
    let mut policy = Policy::new();
    made(policy.block(until(9_000, Origin::Operator), NOW));
    let ban = made(policy.block(until(5_000, SCAN), NOW)).ban;
    let which = Which::Cause(Some(ban.part), Origin::Operator);
    let lifted = made(policy.unblock(ban.target, which, NOW));
    let origins =
        |ban: &BanEntry| -> Vec<Origin> { ban.causes().iter().map(|cause| cause.origin).collect() };
    assert_eq!(origins(&lifted.bans[0]), [Origin::Operator]);
    let rest = policy.ban_on(ban.target, ban.part, NOW).expect("it stands");
    assert_eq!((origins(rest), row(&policy)), (vec![SCAN], Some(5_000)));
    let error = policy.unblock(ban.target, which, NOW).unwrap_err();
    assert!(error.to_string().contains("not for operator"), "{error}");
    made(policy.unblock(ban.target, Which::Cause(None, SCAN), NOW));
    assert!(policy.ban_on(ban.target, ban.part, NOW).is_none());
}
