// SPDX-License-Identifier: MIT
//! The frames are judged by the packet path itself, on the host model with the rows of the policy:
//! what is foretold must come true, and leave nothing but a count behind.

use super::*;
use crate::{Block, Change, Expiry, Force, Origin, Part, Port, Protocol, Remark};
use aegis_abi::Reason::{
    self, Allowlist, BanAddress, BanPrefix, BanScope, BanUnsolicited, BogusSource, Default,
    Ipv4HeaderLength, Land, NotIp, PickedUp, TcpNull, TcpOutOfState, Untracked,
};
use aegis_core::model::{HostTables, Prefix};
use aegis_core::{Site, inspect};

const SECOND: u64 = 1_000_000_000;
const NOW: Nanos = Nanos(1_000 * SECOND);

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn ban(policy: &mut Policy, text: &str, part: Part, expires: Expiry) {
    let block = Block {
        target: target(text),
        part,
        expires,
        origin: Origin::Operator,
        remark: Remark::default(),
        force: Force::Yes,
        session: None,
    };
    policy.block(block, NOW).map(drop).unwrap();
}

fn allow(policy: &mut Policy, text: &str) {
    let allowed = policy.allow(target(text), Remark::default(), Force::Yes, NOW);
    allowed.map(drop).unwrap();
}

/// What the kernel's tables would hold.
fn tables(policy: &Policy) -> HostTables {
    let prefix = |net: ipnet::IpNet| Prefix::new(net.addr(), net.prefix_len());
    let tables = HostTables::new();
    policy
        .rows()
        .into_iter()
        .fold(tables, |tables, row| match row {
            Change::Ban {
                address,
                value: Some(ban),
            } => tables.ban(address, ban),
            Change::BanPrefix {
                prefix: net,
                value: Some(ban),
            } => tables.ban_prefix(prefix(net), ban),
            Change::Scope {
                key,
                value: Some(scope),
            } => tables.scope_ban(key, scope),
            Change::Allow {
                prefix: net,
                value: Some(allow),
            } => tables.allow(prefix(net), allow),
            _ => tables,
        })
}

/// The reasons of these frames, in their order, each judged as foretold and without a trace.
#[track_caller]
fn judged(enforced: Enforced<'_>, place: Place, probes: &[Probe]) -> Vec<Reason> {
    let site = Site {
        hook: place.hook,
        link: place.link,
        loopback: false,
        interface: 2,
    };
    let empty = tables(enforced.policy);
    for probe in probes {
        let tables = empty.clone();
        let frame = probe.frame.as_slice();
        let verdict = inspect(&frame, &site, (enforced.settings, &tables), enforced.now);
        let fate = Fate {
            action: verdict.action,
            reason: verdict.reason,
        };
        assert_eq!(fate, probe.fate, "{} at {place:?}", probe.what);
        assert!(tables.flows().is_empty(), "{}", probe.what);
        assert!(tables.half_opens().is_empty(), "{}", probe.what);
        assert!(tables.sources().is_empty(), "{}", probe.what);
        assert_eq!(tables.state_counters(), [], "{}", probe.what);
    }
    probes.iter().map(|probe| probe.fate.reason).collect()
}

const PLACES: [Place; 4] = [
    place(Hook::XdpIngress, Link::Ethernet),
    place(Hook::XdpIngress, Link::RawIp),
    place(Hook::TcEgress, Link::Ethernet),
    place(Hook::TcEgress, Link::RawIp),
];

const fn place(hook: Hook, link: Link) -> Place {
    Place { hook, link }
}

fn usual(policy: &Policy, settings: &Settings, place: Place) -> Vec<Reason> {
    let enforced = Enforced {
        policy,
        settings,
        now: NOW,
    };
    judged(enforced, place, &enforced.usual(place))
}

fn told(policy: &Policy, settings: &Settings, text: &str) -> [Vec<Reason>; 2] {
    let enforced = Enforced {
        policy,
        settings,
        now: NOW,
    };
    [PLACES[0], PLACES[2]].map(|place| {
        let probes = enforced.of_target(target(text), place);
        judged(enforced, place, &probes)
    })
}

fn without(flags: Flags) -> Settings {
    Settings {
        flags: Settings::DEFAULT.flags.without(flags),
        ..Settings::DEFAULT
    }
}

#[test]
fn the_usual_frames_try_both_legs_both_families_and_both_outcomes() {
    let policy = Policy::new();
    let expected: [&[Reason]; 4] = [
        &[
            Ipv4HeaderLength,
            NotIp,
            TcpOutOfState,
            TcpOutOfState,
            BogusSource,
            Land,
        ],
        &[
            Ipv4HeaderLength,
            TcpOutOfState,
            TcpOutOfState,
            BogusSource,
            Land,
        ],
        &[Ipv4HeaderLength, NotIp, Default, Default, TcpNull],
        &[Ipv4HeaderLength, Default, Default, TcpNull],
    ];
    for (place, expected) in PLACES.into_iter().zip(expected) {
        assert_eq!(usual(&policy, &Settings::DEFAULT, place), expected);
    }
}

#[test]
fn what_is_expected_follows_the_switches() {
    let policy = Policy::new();
    let conn_track = usual(&policy, &without(Flags::CONN_TRACK), PLACES[0]);
    assert_eq!(conn_track[2..4], [Untracked, Untracked]);
    let threats = usual(&policy, &without(Flags::THREATS), PLACES[0]);
    assert_eq!(threats[4..], [TcpOutOfState], "and nothing of LAND");
    let scans = usual(&policy, &without(Flags::SCAN_DETECT), PLACES[2]);
    assert!(!scans.contains(&TcpNull), "it would be believed and kept");
    let loose = Settings {
        flags: Settings::DEFAULT.flags.with(Flags::LOOSE),
        ..Settings::DEFAULT
    };
    assert_eq!(usual(&policy, &loose, PLACES[0])[2..4], [Untracked; 2]);
}

#[test]
fn during_grace_resets_pass_and_at_its_end_nothing_is_foretold() {
    let policy = Policy::new();
    let grace = |grace_until_ns| Settings {
        grace_until_ns,
        ..Settings::DEFAULT
    };
    let long = usual(&policy, &grace(NOW.0 + 60 * SECOND), PLACES[0]);
    assert_eq!(long[2..4], [PickedUp, PickedUp]);
    let ends = usual(&policy, &grace(NOW.0 + SECOND), PLACES[0]);
    assert_eq!(ends, [Ipv4HeaderLength, NotIp, BogusSource, Land]);
}

#[test]
fn the_peers_that_there_cannot_be_may_be_banned_or_allowed_all_the_same() {
    let mut policy = Policy::new();
    for net in ["192.0.0.0/16", "127.0.0.0/16"] {
        ban(&mut policy, net, Part::WHOLE, Expiry::Never);
    }
    let expected = [Ipv4HeaderLength, NotIp, BanPrefix, TcpOutOfState, BanPrefix];
    assert_eq!(usual(&policy, &Settings::DEFAULT, PLACES[0]), expected);
    for net in ["192.0.0.0/16", "127.0.0.0/16", "100::/32"] {
        allow(&mut policy, net);
    }
    let expected = [Ipv4HeaderLength, NotIp, Allowlist, Allowlist, Allowlist];
    assert_eq!(usual(&policy, &Settings::DEFAULT, PLACES[0]), expected);
    let departing = [Ipv4HeaderLength, NotIp, Allowlist, Allowlist];
    assert_eq!(usual(&policy, &Settings::DEFAULT, PLACES[2]), departing);
}

#[test]
fn a_change_is_tried_by_a_frame_of_whom_it_is_about() {
    let mut policy = Policy::new();
    let part = |port, protocol| Part::new(Port::new(port), protocol).unwrap();
    let settings = Settings::DEFAULT;
    for (text, part, expected) in [
        ("192.0.2.1", Part::WHOLE, [BanAddress, BanAddress]),
        ("2001:db8::/32", Part::WHOLE, [BanPrefix, BanPrefix]),
        (
            "192.0.2.2",
            part(22, Some(Protocol::TCP)),
            [BanScope, BanScope],
        ),
        (
            "192.0.2.3",
            part(53, Some(Protocol::UDP)),
            [BanScope, BanScope],
        ),
        ("192.0.2.4", part(80, None), [BanScope, BanScope]),
        (
            "192.0.2.5",
            part(0, Protocol::new(47)),
            [BanScope, BanScope],
        ),
        (
            "198.51.100.0/24",
            part(0, Some(Protocol::TCP)),
            [BanScope, BanScope],
        ),
    ] {
        assert_ne!(told(&policy, &settings, text)[0], [expected[0]], "{text}");
        ban(&mut policy, text, part, Expiry::Never);
        assert_eq!(
            told(&policy, &settings, text),
            expected.map(|reason| vec![reason])
        );
    }
    ban(&mut policy, "203.0.113.9", Part::UNSOLICITED, Expiry::Never);
    assert_eq!(
        told(&policy, &settings, "203.0.113.9"),
        [vec![BanUnsolicited], vec![Default]]
    );
    allow(&mut policy, "192.0.2.1");
    assert_eq!(
        told(&policy, &settings, "192.0.2.1"),
        [vec![Allowlist], vec![Allowlist]]
    );
    assert_eq!(
        told(&policy, &settings, "233.252.0.1"),
        [vec![BogusSource], vec![Default]]
    );
    assert_eq!(
        told(&policy, &settings, "192.0.0.10"),
        [vec![], vec![]],
        "the other end"
    );
}

#[test]
fn a_wider_ban_speaks_for_what_lies_inside() {
    let mut policy = Policy::new();
    ban(&mut policy, "192.0.2.0/24", Part::WHOLE, Expiry::Never);
    let tcp = Part::new(Port::new(22), Some(Protocol::TCP)).unwrap();
    ban(&mut policy, "192.0.2.7", tcp, Expiry::Never);
    let settings = Settings::DEFAULT;
    assert_eq!(told(&policy, &settings, "192.0.2.7")[0], [BanPrefix]);
    allow(&mut policy, "192.0.2.1");
    let inside = told(&policy, &settings, "192.0.2.0/24");
    assert_eq!(inside[0], [Allowlist], "its first host is allowed");
}

#[test]
fn a_ban_that_is_about_to_end_is_not_foretold() {
    let mut policy = Policy::new();
    let soon = Expiry::At(Nanos(NOW.0 + SECOND));
    ban(&mut policy, "192.0.2.1", Part::WHOLE, soon);
    assert_eq!(
        told(&policy, &Settings::DEFAULT, "192.0.2.1"),
        [vec![], vec![]]
    );
    let later = Expiry::At(Nanos(NOW.0 + 60 * SECOND));
    ban(&mut policy, "192.0.2.2", Part::WHOLE, later);
    assert_eq!(
        told(&policy, &Settings::DEFAULT, "192.0.2.2")[0],
        [BanAddress]
    );
}
