// SPDX-License-Identifier: MIT
//! Whom no offence bans, and how many there may be.

use super::*;

#[test]
fn what_is_protected_or_allowed_is_never_banned() {
    let mut policy = Policy::new();
    let protected = ProtectedSet::new(&[], &[address("2001:db8::1")], &[address("192.0.2.53")]);
    policy.set_protected(protected.with_admins(&[address("192.0.2.99")]));
    made(policy.allow(target("203.0.113.0/24"), Remark::default(), Force::No, NOW));
    made(policy.allow(target("2001:db8:1::7"), Remark::default(), Force::No, NOW));
    let sources = [
        ("192.0.2.53", "is a resolver of this host"),
        ("192.0.2.99", "is the address of an administrator's session"),
        (
            "2001:db8::/64",
            "covers 2001:db8::1, a gateway of this host",
        ),
        ("203.0.113.7", "is on the allowlist as 203.0.113.0/24"),
        (
            "2001:db8:1::/64",
            "covers 2001:db8:1::7, which is on the allowlist",
        ),
    ];
    for (source, says) in sources {
        for offence in [proven(source, NOW), spoofable(source, NOW)] {
            let spared = spared(&mut policy, &offence);
            assert!(matches!(spared, Spared::Refused(_)), "{spared:?}");
            assert!(spared.to_string().contains(says), "{spared}");
            assert!(policy.evidence(offence.source.net().addr()).is_some());
        }
    }
    assert_eq!((policy.auto_banned(), policy.bans(NOW).count()), (0, 0));
}

#[test]
fn whoever_becomes_protected_is_freed_of_detectors_bans_and_of_no_other() {
    let mut policy = Policy::new();
    banned(&mut policy, &spoofable("192.0.2.1", NOW));
    banned(&mut policy, &proven("192.0.2.2", NOW));
    banned(&mut policy, &proven("192.0.2.3", NOW));
    made(policy.block(operators("192.0.2.2", Expiry::Never), NOW));
    let admins = [address("192.0.2.1"), address("192.0.2.2")];
    policy.set_protected(ProtectedSet::default().with_admins(&admins));
    let rows = policy.rows().len();
    let spared = policy.spare_protected();
    let named: Vec<(Target, usize)> = spared
        .outcome
        .iter()
        .map(|ban| (ban.target, ban.causes().len()))
        .collect();
    assert_eq!(named, [(target("192.0.2.1"), 1), (target("192.0.2.2"), 1)]);
    assert_eq!(held(&policy, NOW), ["192.0.2.2", "192.0.2.3"]);
    policy.undo(spared.undo);
    assert_eq!((policy.rows().len(), policy.auto_banned()), (rows, 3));
}

#[test]
fn offences_ban_nobody_where_that_is_switched_off() {
    for settings in [
        AutoBan {
            enabled: false,
            ..AutoBan::default()
        },
        AutoBan {
            max_entries: 0,
            ..AutoBan::default()
        },
    ] {
        let mut policy = Policy::new();
        policy.set_auto_ban(settings);
        assert_eq!(
            spared(&mut policy, &proven("192.0.2.1", NOW)),
            Spared::Disabled
        );
        assert_eq!(
            policy.evidence(address("192.0.2.1")).unwrap().charges.len(),
            1
        );
        assert_eq!(policy.auto_ban(), &settings);
    }
}

#[test]
fn a_ban_for_which_there_is_no_room_leaves_evidence_and_no_trace_else() {
    let mut policy = Policy::with_capacity(Capacity {
        addresses: 1,
        ..Capacity::default()
    });
    banned(&mut policy, &proven("192.0.2.1", NOW));
    let full = spared(&mut policy, &proven("192.0.2.2", NOW));
    assert!(
        full.to_string()
            .contains("banned addresses are limited to 1"),
        "{full}"
    );
    assert_eq!(policy.auto_banned(), 1);
}

#[test]
fn the_ban_that_ends_soonest_gives_way_to_one_too_many() {
    let mut policy = limited(2);
    banned(&mut policy, &proven("192.0.2.1", later(1)));
    banned(&mut policy, &proven("192.0.2.2", NOW));
    made(policy.block(operators("192.0.2.2", Expiry::Never), NOW));
    made(policy.block(operators("192.0.2.7", Expiry::Never), NOW));
    let before = (policy.rows().len(), policy.auto_banned());
    let applied = policy
        .offence(&proven("192.0.2.3", later(2)), later(2))
        .unwrap();
    let [gone] = &applied.outcome.gave_way[..] else {
        panic!("one is enough");
    };
    assert_eq!((gone.target, gone.causes().len()), (target("192.0.2.2"), 1));
    assert!(gone.causes()[0].origin.is_detector());
    let all = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.7"];
    assert_eq!(held(&policy, later(2)), all, "the operator's stays");
    assert_eq!(policy.auto_banned(), 2);
    policy.undo(applied.undo);
    assert_eq!((policy.rows().len(), policy.auto_banned()), before);
    assert_eq!(strikes(&policy, target("192.0.2.3")), Strikes::default());
    assert_eq!(
        policy.evidence(address("192.0.2.3")).unwrap().charges.len(),
        1
    );
}

#[test]
fn what_could_be_spoofed_gives_way_before_what_is_proven() {
    let mut policy = limited(2);
    banned(&mut policy, &proven("192.0.2.1", NOW));
    banned(&mut policy, &spoofable("192.0.2.2", later(8)));
    banned(&mut policy, &spoofable("192.0.2.3", later(9)));
    assert_eq!(held(&policy, later(9)), ["192.0.2.1", "192.0.2.3"]);
    banned(&mut policy, &proven("192.0.2.4", later(9)));
    assert_eq!(held(&policy, later(9)), ["192.0.2.1", "192.0.2.4"]);
    for last in 10..100 {
        banned(
            &mut policy,
            &spoofable(&format!("203.0.113.{last}"), later(9)),
        );
        assert_eq!(
            held(&policy, later(9)),
            ["192.0.2.4", &format!("203.0.113.{last}")]
        );
    }
}

#[test]
fn what_is_over_gives_way_before_what_could_be_spoofed() {
    let mut policy = limited(2);
    banned(&mut policy, &proven("192.0.2.1", NOW));
    banned(&mut policy, &spoofable("192.0.2.2", later(9)));
    let third = banned(&mut policy, &spoofable("192.0.2.3", later(10)));
    assert_eq!(third.gave_way, [], "it ended by itself");
    assert_eq!(held(&policy, later(10)), ["192.0.2.2", "192.0.2.3"]);
}

#[test]
fn more_of_a_source_that_is_banned_already_needs_no_room() {
    let mut policy = limited(1);
    banned(&mut policy, &spoofable("192.0.2.1", NOW));
    let both = banned(&mut policy, &proven("192.0.2.1", NOW));
    assert_eq!((both.gave_way.len(), policy.auto_banned()), (0, 1));
    assert_eq!(policy.bans(NOW).count(), 2);
    drop(policy.expire(later(5)));
    assert_eq!(
        (policy.auto_banned(), policy.bans(later(5)).count()),
        (1, 1)
    );
    let next = banned(&mut policy, &proven("192.0.2.2", later(10)));
    assert_eq!(next.gave_way, [], "that one was over");
    assert_eq!(held(&policy, later(10)), ["192.0.2.2"]);
}

#[test]
fn a_lower_limit_holds_from_the_next_offence_on() {
    let mut policy = limited(9);
    for last in 1..=5 {
        banned(
            &mut policy,
            &proven(&format!("192.0.2.{last}"), later(last)),
        );
    }
    policy.set_auto_ban(AutoBan {
        max_entries: 2,
        ..*policy.auto_ban()
    });
    assert_eq!(policy.auto_banned(), 5);
    let banned = banned(&mut policy, &proven("192.0.2.6", later(6)));
    assert_eq!((banned.gave_way.len(), policy.auto_banned()), (4, 2));
}

#[test]
fn the_rows_of_a_ban_come_before_those_of_what_gives_way_to_it_go() {
    let mut policy = limited(1);
    banned(&mut policy, &spoofable("192.0.2.0/30", NOW));
    let applied = policy.offence(&proven("192.0.2.0/31", NOW), NOW).unwrap();
    let prefixes: Vec<(String, bool)> = applied
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::BanPrefix { prefix, value } => Some((prefix.to_string(), value.is_some())),
            _ => None,
        })
        .collect();
    let (wide, narrow) = ("192.0.2.0/30".to_owned(), "192.0.2.0/31".to_owned());
    // In between the narrower row says what the wider one does, so that nothing passes that is
    // banned before and afterwards.
    assert_eq!(prefixes[0], (narrow.clone(), true));
    assert!(prefixes.contains(&(wide, false)));
    assert_eq!(prefixes.last(), Some(&(narrow, true)));
}
