// SPDX-License-Identifier: MIT
//! What mutations answer, in which order rows come, and how long many of them take.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use aegis_abi::{Ban, Family, ScopeKey};
use aegis_core::Nanos;
use aegis_policy::{
    Applied, Block, Change, Expiry, Force, Novelty, Origin, Part, Policy, PolicyError, Port,
    Protocol, Remark, Target, Which,
};
use std::time::{Duration, Instant};

const NOW: Nanos = Nanos(1_000);

/// What a mutation came to, where nobody writes its rows.
fn made<T>(applied: Result<Applied<T>, PolicyError>) -> T {
    applied.unwrap().outcome
}

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn ban(text: &str) -> Block {
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

fn until(time: u64, text: &str) -> Block {
    Block {
        expires: Expiry::At(Nanos(time)),
        ..ban(text)
    }
}

fn scoped(text: &str, port: Option<u16>, protocol: Option<Protocol>) -> Block {
    Block {
        part: Part::new(port.and_then(Port::new), protocol).unwrap(),
        ..ban(text)
    }
}

/// The row of a prefix, as the policy would write it now.
fn row(policy: &Policy, text: &str) -> Ban {
    let wanted = target(text).net();
    let found = policy.rows().into_iter().find_map(|row| match row {
        Change::BanPrefix { prefix, value } if prefix == wanted => value,
        _ => None,
    });
    found.unwrap()
}

#[test]
fn banning_again_renews_and_keeps_the_number() {
    let mut policy = Policy::new();
    let first = policy
        .block(until(2_000, "192.0.2.1"), NOW)
        .unwrap()
        .outcome;
    let again = Block {
        remark: "again".parse().unwrap(),
        ..until(3_000, "192.0.2.1")
    };
    let second = policy.block(again, Nanos(1_500)).unwrap().outcome;
    assert_eq!(
        (first.novelty, second.novelty),
        (Novelty::Added, Novelty::Renewed)
    );
    assert_eq!(first.ban.rule, second.ban.rule);
    assert_eq!(
        (second.ban.created(), second.ban.remark()),
        (NOW.into(), "again")
    );
    let third = policy
        .block(until(9_000, "192.0.2.1"), Nanos(3_000))
        .unwrap()
        .outcome;
    assert_eq!(third.novelty, Novelty::Added, "the one before was over");
    assert_ne!(third.ban.rule, first.ban.rule);
    assert_eq!(policy.bans(Nanos(3_000)).count(), 1);
}

#[test]
fn banning_again_never_shortens_a_ban_unless_forced() {
    let mut policy = Policy::new();
    made(policy.block(ban("192.0.2.1"), NOW));
    let hour = until(3_600, "192.0.2.1");
    let kept = policy.block(hour.clone(), NOW).unwrap().outcome;
    assert_eq!(
        (kept.ban.expires(), kept.novelty),
        (Expiry::Never, Novelty::Renewed)
    );
    let forced = Block {
        force: Force::Yes,
        ..hour
    };
    let shortened = policy.block(forced, NOW).unwrap().outcome;
    assert_eq!(shortened.ban.expires(), Expiry::At(Nanos(3_600)));
}

#[test]
fn a_wide_ban_rewrites_the_prefixes_inside_it() {
    let mut policy = Policy::new();
    let inner = policy
        .block(until(5_000, "10.1.0.0/16"), NOW)
        .unwrap()
        .outcome
        .ban;
    let outer = policy
        .block(until(9_000, "10.0.0.0/8"), NOW)
        .unwrap()
        .outcome
        .ban;
    assert_eq!(
        row(&policy, "10.1.0.0/16"),
        Ban {
            expires_ns: 9_000,
            rule: outer.rule.get(),
            scopes: 0
        }
    );
    let shorter = Block {
        force: Force::Yes,
        ..until(5_000, "10.0.0.0/8")
    };
    made(policy.block(shorter, NOW));
    assert_eq!(
        row(&policy, "10.1.0.0/16").rule,
        inner.rule.get(),
        "of equal ends the narrowest names the rule"
    );
    let lifted = policy
        .unblock(target("10.1.0.0/16"), Which::All, NOW)
        .unwrap()
        .outcome;
    assert_eq!(lifted.still_banned_by, Some(target("10.0.0.0/8")));
}

#[test]
fn rows_come_in_an_order_in_which_each_is_safe() {
    let mut policy = Policy::new();
    let kinds = |changes: &[Change]| -> Vec<&str> {
        let kind = |change: &Change| match change {
            Change::Ban { value: Some(_), .. } => "ban",
            Change::Ban { .. } => "no ban",
            Change::Scope { value: Some(_), .. } => "scope",
            Change::Scope { .. } => "no scope",
            Change::Touched { .. } => "touched",
            Change::BanPrefix { .. } | Change::Allow { .. } => "other",
        };
        changes.iter().map(kind).collect()
    };
    let made = policy
        .block(scoped("192.0.2.1", Some(22), Some(Protocol::TCP)), NOW)
        .unwrap()
        .changes;
    assert_eq!(kinds(&made), ["scope", "ban", "touched"]);
    let lifted = policy
        .unblock(target("192.0.2.1"), Which::All, NOW)
        .unwrap()
        .changes;
    assert_eq!(kinds(&lifted), ["no ban", "no scope", "touched"]);
}

#[test]
fn scope_keys_say_any_port_and_any_protocol_as_the_kernel_does() {
    let mut policy = Policy::new();
    made(policy.block(scoped("192.0.2.1", Some(53), None), NOW));
    made(policy.block(
        scoped("192.0.2.1", None, Some("icmp".parse().unwrap())),
        NOW,
    ));
    let mut keys: Vec<(u16, u8)> = policy
        .rows()
        .iter()
        .filter_map(|row| match row {
            Change::Scope { key, .. } => Some((key.port, key.protocol)),
            _ => None,
        })
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, [(0, 1), (53, ScopeKey::ANY_PROTOCOL)]);
}

#[test]
fn expiry_reclaims_what_is_over_and_nothing_else() {
    let mut policy = Policy::new();
    let blocks = vec![
        until(2_000, "192.0.2.1"),
        until(3_000, "192.0.2.2"),
        ban("192.0.2.3"),
    ];
    made(policy.block_all(blocks, NOW));
    let ended = policy.expire(Nanos(2_000));
    assert_eq!(
        ended
            .outcome
            .iter()
            .map(|ban| ban.target)
            .collect::<Vec<_>>(),
        [target("192.0.2.1")]
    );
    assert_eq!(
        ended.changes,
        [Change::Ban {
            address: "192.0.2.1".parse().unwrap(),
            value: None
        }]
    );
    policy.undo(ended.undo);
    assert!(policy.expire(Nanos(1_999)).changes.is_empty());
    assert_eq!(policy.expire(Nanos(2_000)).outcome.len(), 1);
}

#[test]
fn allowing_lists_the_bans_that_lose_their_effect_and_names_the_ban_around() {
    let mut policy = Policy::new();
    let blocks = vec![
        ban("10.1.2.3"),
        ban("10.1.0.0/16"),
        ban("10.0.0.0/8"),
        until(1_500, "10.1.9.9"),
    ];
    made(policy.block_all(blocks, NOW));
    let allowed = policy
        .allow(
            target("10.1.0.0/16"),
            Remark::default(),
            Force::No,
            Nanos(1_500),
        )
        .unwrap()
        .outcome;
    let overridden: Vec<String> = allowed
        .overrides
        .iter()
        .map(|ban| ban.target.to_string())
        .collect();
    assert_eq!(overridden, ["10.1.0.0/16", "10.1.2.3"]);
    assert_eq!(allowed.exempt_from, Some(target("10.0.0.0/8")));
}

#[test]
fn allowing_again_keeps_the_reason_unless_another_is_given() {
    let mut policy = Policy::new();
    let mut allow = |reason: &str| {
        let made = policy.allow(
            target("192.0.2.0/24"),
            reason.parse().unwrap(),
            Force::No,
            NOW,
        );
        let allowed = made.unwrap().outcome;
        (allowed.entry, allowed.novelty)
    };
    let (first, novelty) = allow("office");
    assert_eq!(novelty, Novelty::Added);
    assert_eq!(allow(""), (first.clone(), Novelty::Unchanged));
    assert_eq!(allow("office"), (first.clone(), Novelty::Unchanged));
    let (other, novelty) = allow("branch");
    assert_eq!(
        (other.remark.as_str(), novelty),
        ("branch", Novelty::Renewed)
    );
    assert_eq!(other.rule, first.rule);
}

#[test]
fn prefixes_touch_every_group_they_cover_and_leave_none_behind() {
    let lines = |text: &str| {
        let mut policy = Policy::new();
        let made = policy
            .block(
                Block {
                    force: Force::Yes,
                    ..ban(text)
                },
                NOW,
            )
            .unwrap()
            .changes;
        let lifted = policy
            .unblock(target(text), Which::All, NOW)
            .unwrap()
            .changes;
        assert_eq!(policy.rows(), vec![], "{text}");
        assert_eq!(made.len(), lifted.len(), "{text}");
        let bits = made.iter().filter_map(|change| match change {
            Change::Touched { value, .. } => {
                Some(value.0.iter().map(|word| word.count_ones()).sum::<u32>())
            }
            _ => None,
        });
        (made.len() - 1, bits.sum::<u32>())
    };
    assert_eq!(lines("10.1.2.3"), (1, 1));
    assert_eq!(lines("10.1.2.0/23"), (1, 2));
    assert_eq!(lines("10.1.0.0/17"), (1, 128));
    assert_eq!(lines("10.0.0.0/14"), (8, 1_024));
    assert_eq!(lines("0.0.0.0/0"), (131_072, 1 << 24));
    assert_eq!(lines("2001:db8::/32"), (1, 1));
    assert_eq!(lines("2001:db8::/30").1, 4);
    assert!(lines("2001::/16").1 <= 65_536);
    assert_eq!(lines("2000::/3"), (131_072, 1 << 24));
}

#[test]
fn both_families_keep_their_own_touched_lines() {
    let mut policy = Policy::new();
    let families = |changes: Vec<Change>| -> Vec<Family> {
        changes
            .into_iter()
            .filter_map(|change| match change {
                Change::Touched { family, .. } => Some(family),
                _ => None,
            })
            .collect()
    };
    assert_eq!(
        families(policy.block(ban("192.0.2.1"), NOW).unwrap().changes),
        [Family::V4]
    );
    assert_eq!(
        families(policy.block(ban("2001:db8::1"), NOW).unwrap().changes),
        [Family::V6]
    );
}

/// Ten thousand addresses and as many prefixes, many of them nested.
fn many() -> Vec<Block> {
    let addresses =
        (0..10_000_u32).map(|n| format!("{}.{}.{}.7", 11 + n % 80, n / 80 % 250, n % 251));
    let prefixes = (0..10_000_u32).map(|n| match n % 4 {
        0 => format!("{}.{}.{}.0/24", 100 + n % 50, n / 256 % 256, n % 256),
        1 => format!("2001:db8:{:x}::/48", n),
        2 => format!("2400:{:x}::/32", n),
        _ => format!("{}.{}.0.0/18", 100 + n % 50, n / 50 % 256),
    });
    addresses.chain(prefixes).map(|text| ban(&text)).collect()
}

#[test]
fn twenty_thousand_bans_are_loaded_within_seconds() {
    let start = Instant::now();
    let mut one_by_one = Policy::new();
    for block in many() {
        assert!(one_by_one.block(block, NOW).is_ok());
    }
    let (single, start) = (start.elapsed(), Instant::now());
    let mut bulk = Policy::new();
    let rows = bulk.block_all(many(), NOW).unwrap().changes.len();
    println!(
        "one by one {single:?}, in bulk {:?} and {rows} rows",
        start.elapsed()
    );
    assert_eq!(one_by_one.bans(NOW).count(), bulk.bans(NOW).count());
    // Generous, for unoptimised builds on busy machines: it is a square that this would catch.
    assert!(single < Duration::from_secs(10) && start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_policy_can_be_owned_by_a_task_on_another_thread() {
    fn movable<T: Send + Sync + 'static>() {}
    movable::<Policy>();
    movable::<Applied<()>>();
}
