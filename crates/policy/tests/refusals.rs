// SPDX-License-Identifier: MIT
//! What a policy refuses, what it says then, and that nothing has changed afterwards.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use aegis_core::Nanos;
use aegis_policy::{
    Applied, Block, Capacity, ErrorKind, Expiry, Force, Novelty, Origin, Part, Policy, PolicyError,
    Port, ProtectedSet, Protocol, Remark, Target, Which,
};
use std::net::IpAddr;

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

fn forced(text: &str) -> Block {
    Block {
        force: Force::Yes,
        ..ban(text)
    }
}

fn tcp(port: u16) -> Part {
    Part::new(Port::new(port), Some(Protocol::TCP)).unwrap()
}

fn with_bans(targets: &[&str]) -> Policy {
    let mut policy = Policy::new();
    made(policy.block_all(targets.iter().map(|text| forced(text)).collect(), NOW));
    policy
}

/// The message of a refused ban, which may not have changed anything.
fn refusal(policy: &mut Policy, block: Block) -> (ErrorKind, String) {
    let before = policy.rows();
    let error = policy.block(block, NOW).unwrap_err();
    assert_eq!(policy.rows(), before);
    assert!(!error.to_string().contains('\n'));
    (error.kind(), error.to_string())
}

fn guarded() -> Policy {
    let of = |text: &str| -> IpAddr { text.parse().unwrap() };
    let mut policy = Policy::new();
    let set = ProtectedSet::new(
        &[of("192.0.2.2"), of("2001:db8::2")],
        &[of("192.0.2.1")],
        &[of("198.51.100.53")],
    );
    policy.set_protected(set.with_admins(&[of("::ffff:198.51.100.99")]));
    policy
}

#[test]
fn banning_an_address_of_the_host_says_so() {
    let (kind, message) = refusal(&mut guarded(), ban("192.0.2.2"));
    assert_eq!(kind, ErrorKind::Refused);
    assert_eq!(
        message,
        "192.0.2.2 is an address of this host: banning it could cut this host off; use --force to ban it all the same"
    );
    assert!(
        refusal(&mut guarded(), ban("2001:db8::/32"))
            .1
            .contains("covers 2001:db8::2, an address of this host")
    );
}

#[test]
fn banning_a_gateway_a_resolver_or_the_session_says_which() {
    let (_, message) = refusal(&mut guarded(), ban("192.0.2.0/31"));
    assert!(
        message.contains("192.0.2.0/31 covers 192.0.2.1, a gateway of this host"),
        "{message}"
    );
    let scoped = Block {
        part: tcp(80),
        ..ban("198.51.100.53")
    };
    assert!(
        refusal(&mut guarded(), scoped)
            .1
            .contains("is a resolver of this host")
    );
    let (_, message) = refusal(&mut guarded(), ban("198.51.100.99"));
    assert!(
        message.contains("is the address of an administrator's session"),
        "{message}"
    );
    let session = Block {
        session: Some("::ffff:203.0.113.9".parse().unwrap()),
        ..ban("203.0.113.0/24")
    };
    let (_, message) = refusal(&mut guarded(), session);
    assert!(
        message.contains("covers 203.0.113.9, the address your session comes from"),
        "{message}"
    );
}

#[test]
fn force_bans_what_is_protected() {
    for text in ["192.0.2.2", "192.0.2.0/24", "0.0.0.0/0"] {
        assert_eq!(
            guarded().block(forced(text), NOW).unwrap().outcome.novelty,
            Novelty::Added
        );
    }
}

#[test]
fn banning_what_is_allowed_names_the_entry_and_the_next_step() {
    let mut policy = Policy::new();
    made(policy.allow(target("203.0.113.0/24"), Remark::default(), Force::No, NOW));
    let (kind, message) = refusal(&mut policy, ban("203.0.113.7"));
    assert_eq!(kind, ErrorKind::Refused);
    assert!(
        message.contains("aegis-cli allow remove 203.0.113.0/24"),
        "{message}"
    );
    let (_, message) = refusal(&mut policy, ban("203.0.0.0/16"));
    assert!(
        message.contains("covers 203.0.113.0/24, which is on the allowlist"),
        "{message}"
    );
    let outcome = policy.block(forced("203.0.113.7"), NOW).unwrap().outcome;
    assert_eq!(outcome.overridden_by, Some(target("203.0.113.0/24")));
}

#[test]
fn banning_everybody_needs_force() {
    let (_, message) = refusal(&mut Policy::new(), ban("::/0"));
    assert!(message.contains("every address there is"), "{message}");
}

#[test]
fn allowing_everybody_needs_force() {
    for everybody in ["0.0.0.0/0", "::/0"] {
        let mut policy = Policy::new();
        let mut allow = |force| policy.allow(target(everybody), Remark::default(), force, NOW);
        let error = allow(Force::No).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(
            error.to_string().contains("every address there is"),
            "{error}"
        );
        made(allow(Force::Yes));
        assert_eq!(policy.allowlist().count(), 1);
    }
}

#[test]
fn a_ban_that_would_be_over_is_refused() {
    let (kind, _) = refusal(
        &mut Policy::new(),
        Block {
            expires: Expiry::At(NOW),
            ..forced("192.0.2.1")
        },
    );
    assert_eq!(kind, ErrorKind::Invalid);
}

#[test]
fn a_full_table_is_refused_and_leaves_no_trace() {
    let small = Capacity {
        addresses: 2,
        prefixes: 1,
        scopes: 1,
        allow: 1,
    };
    let mut policy = Policy::with_capacity(small);
    made(policy.block_all(
        vec![ban("192.0.2.1"), ban("192.0.2.2"), ban("2001:db8::1")],
        NOW,
    ));
    let (kind, message) = refusal(&mut policy, ban("192.0.2.3"));
    assert_eq!(kind, ErrorKind::Full);
    assert!(
        message.contains("banned addresses are limited to 2"),
        "{message}"
    );
    made(policy.block(
        Block {
            part: tcp(80),
            ..ban("198.51.100.0/24")
        },
        NOW,
    ));
    let second_scope = Block {
        part: tcp(81),
        ..ban("198.51.100.0/24")
    };
    assert!(
        refusal(&mut policy, second_scope)
            .1
            .contains("ports and protocols are limited to 1")
    );
    assert!(
        refusal(&mut policy, ban("198.51.0.0/16"))
            .1
            .contains("banned prefixes are limited to 1")
    );
    made(policy.allow(target("203.0.113.1"), Remark::default(), Force::No, NOW));
    assert!(
        policy
            .allow(target("203.0.113.2"), Remark::default(), Force::No, NOW)
            .is_err()
    );
    assert_eq!(policy.bans(NOW).count(), 4);
}

#[test]
fn one_refusal_takes_back_all_of_a_bulk() {
    let mut policy = guarded();
    let error = policy.block_all(
        vec![ban("203.0.113.1"), ban("203.0.113.0/24"), ban("192.0.2.1")],
        NOW,
    );
    assert!(matches!(error, Err(PolicyError::Protected { .. })));
    assert_eq!(policy.rows(), vec![]);
    assert_eq!(policy.bans(NOW).count(), 0);
}

#[test]
fn lifting_what_is_not_banned_says_what_is() {
    let mut policy = with_bans(&["192.0.2.0/24", "198.51.100.7"]);
    let mut message = |text: &str, which| {
        let error = policy.unblock(target(text), which, NOW).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Absent);
        error.to_string()
    };
    assert!(message("192.0.2.7", Which::All).contains("use `aegis-cli unblock 192.0.2.0/24`"));
    assert!(message("198.51.100.0/24", Which::All).contains("only 198.51.100.7 inside it"));
    assert!(message("203.0.113.1", Which::All).contains("203.0.113.1 is not banned"));
    assert!(
        message("198.51.100.7", Which::Part(tcp(22)))
            .contains("no ban on tcp port 22 of 198.51.100.7")
    );
}

#[test]
fn removing_what_is_not_allowed_says_what_is() {
    let mut policy = Policy::new();
    made(policy.allow(target("192.0.2.0/24"), Remark::default(), Force::No, NOW));
    let error = policy
        .disallow(target("192.0.2.1"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("use `aegis-cli allow remove 192.0.2.0/24`"),
        "{error}"
    );
    let error = policy
        .disallow(target("198.51.100.1"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("aegis-cli allow list"), "{error}");
}
