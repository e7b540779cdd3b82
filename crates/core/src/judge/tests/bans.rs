// SPDX-License-Identifier: MIT
//! Bans and the allowlist.

use super::*;

#[test]
fn a_ban_meets_what_the_peer_sends_and_what_is_sent_to_it() {
    for pair in PAIRS {
        let tables = HostTables::new().ban(ip(pair.0), forever(9));
        let banned = Verdict::drop(Reason::BanAddress).by(9);
        assert_eq!(
            judged(&between(pair).tcp(1, 2, "A"), &INGRESS, &tables),
            banned
        );
        assert_eq!(judged(&back(pair).tcp(2, 1, "A"), &EGRESS, &tables), banned);
        // The other way round the banned address is on the guarded side.
        assert_eq!(
            judged(&back(pair).tcp(2, 1, "S"), &INGRESS, &tables),
            Verdict::pass(Reason::Default)
        );
        assert_eq!(
            judged(&between(pair).tcp(1, 2, "S"), &EGRESS, &tables),
            Verdict::pass(Reason::Default)
        );
    }
}

/// Where connection state is looked at first, banning a live one does nothing.
#[test]
fn a_ban_cuts_a_live_connection_at_its_next_packet() {
    for pair in PAIRS {
        let data = between(pair).tcp(40_000, 80, "PA").sequence(2);
        let data = data.acknowledgement(101).payload(b"more");
        let open = HostTables::new();
        let synchronise = between(pair).tcp(40_000, 80, "S");
        let answer = back(pair).tcp(80, 40_000, "SA").sequence(100);
        for (frame, site, reason) in [
            (&synchronise, INGRESS, Reason::Default),
            (&answer.acknowledgement(2), EGRESS, Reason::Established),
            (&data, INGRESS, Reason::Established),
        ] {
            assert_eq!(judged(frame, &site, &open), Verdict::pass(reason));
        }
        assert_eq!(open.flows().len(), 1);
        let banned = open.ban(ip(pair.0), forever(1));
        assert_eq!(judged(&data, &INGRESS, &banned).reason, Reason::BanAddress);
    }
}

/// One inbound datagram, or an answer that nobody asked for, must not open every door.
#[test]
fn no_packet_of_a_banned_peer_makes_the_next_one_pass() {
    for pair in PAIRS {
        let tables = HostTables::new().ban(ip(pair.0), forever(1));
        for frame in [
            between(pair).udp(53, 40_000),
            between(pair).tcp(80, 40_000, "SA"),
        ] {
            for _ in 0..3 {
                assert_eq!(judged(&frame, &INGRESS, &tables).reason, Reason::BanAddress);
            }
        }
    }
}

/// A key that repeats the length among its bits never matches a /24, and one of a bare address
/// matches everybody.
#[test]
fn a_banned_prefix_holds_exactly_its_addresses() {
    let tables = HostTables::new()
        .ban_prefix(prefix("198.51.100.0", 24), forever(1))
        .ban_prefix(prefix("203.0.113.9", 32), forever(2))
        .ban_prefix(prefix("2001:db8:7::", 48), forever(3));
    for (source, rule) in [
        ("198.51.100.0", 1),
        ("198.51.100.255", 1),
        ("198.51.99.255", 0),
        ("198.51.101.0", 0),
        ("203.0.113.9", 2),
        ("203.0.113.8", 0),
        ("8.8.8.10", 0),
    ] {
        let verdict = judged(&between((source, "192.0.2.1")).udp(1, 2), &INGRESS, &tables);
        assert_eq!(verdict.rule, rule, "{source}");
        assert_eq!(verdict.reason == Reason::BanPrefix, rule != 0, "{source}");
    }
    for (source, rule) in [
        ("2001:db8:7:ffff::1", 3),
        ("2001:db8:8::1", 0),
        ("2001:db8:6:ffff::", 0),
    ] {
        let verdict = judged(
            &between((source, "2001:db8:1::1")).udp(1, 2),
            &INGRESS,
            &tables,
        );
        assert_eq!(verdict.rule, rule, "{source}");
    }
}

/// Private ranges tested on the wrong end of the address let 8.8.8.10 bypass everything.
#[test]
fn no_address_bypasses_its_ban_because_of_its_last_byte() {
    for source in [
        "8.8.8.10",
        "8.8.8.127",
        "8.8.16.172",
        "8.8.168.192",
        "10.8.8.8",
        "192.168.0.1",
    ] {
        let tables = HostTables::new().ban(ip(source), forever(1));
        let verdict = judged(&between((source, "192.0.2.1")).udp(1, 2), &INGRESS, &tables);
        assert_eq!(verdict.reason, Reason::BanAddress, "{source}");
    }
}

#[test]
fn a_ban_ends_at_its_very_nanosecond() {
    for pair in PAIRS {
        for (expires_ns, dropped) in [
            (NOW.0 + 1, true),
            (NOW.0, false),
            (NOW.0 - 1, false),
            (0, false),
        ] {
            let ban = Ban {
                expires_ns,
                ..forever(1)
            };
            let around = Prefix::new(ip(pair.0), 32);
            for tables in [
                HostTables::new().ban(ip(pair.0), ban),
                HostTables::new().ban_prefix(around, ban),
            ] {
                let verdict = judged(&between(pair).udp(1, 2), &INGRESS, &tables);
                assert_eq!(verdict.action == Action::Drop, dropped, "{expires_ns}");
            }
        }
    }
}

#[test]
fn a_ban_that_ended_leaves_the_one_around_it() {
    for pair in PAIRS {
        let ended = Ban {
            expires_ns: NOW.0,
            ..forever(1)
        };
        let tables = HostTables::new()
            .ban(ip(pair.0), ended)
            .ban_prefix(Prefix::new(ip(pair.0), 16), forever(2));
        let verdict = judged(&between(pair).udp(1, 2), &INGRESS, &tables);
        assert_eq!(verdict, Verdict::drop(Reason::BanPrefix).by(2));
    }
}

#[test]
fn a_scoped_ban_meets_its_port_and_protocol_only() {
    let key = |port, protocol| ScopeKey {
        group: 5,
        port,
        protocol,
        kind: ScopeKey::ALL,
    };
    let scope = Scope {
        expires_ns: Ban::NEVER,
        rule: 4,
        reserved: 0,
    };
    for pair in PAIRS {
        let peer = HostTables::new().ban(
            ip(pair.0),
            Ban {
                scopes: 5,
                ..Ban::NONE
            },
        );
        let cases = [
            (key(80, 6), [true, false, false, false]),
            (key(80, ScopeKey::ANY_PROTOCOL), [true, true, false, false]),
            (key(0, 17), [false, true, false, true]),
        ];
        for (key, expected) in cases {
            let tables = peer.clone().scope_ban(key, scope);
            let frames = [
                between(pair).tcp(9, 80, "S"),
                between(pair).udp(9, 80),
                between(pair).tcp(80, 81, "S"),
                between(pair).udp(80, 81),
            ];
            let dropped = frames.map(|frame| {
                judged(&frame, &INGRESS, &tables) == Verdict::drop(Reason::BanScope).by(4)
            });
            assert_eq!(dropped, expected, "{key:?}");
        }
    }
}

#[test]
fn a_scoped_ban_of_an_address_and_one_of_its_prefix_both_hold() {
    let scope = |rule| Scope {
        expires_ns: Ban::NEVER,
        rule,
        reserved: 0,
    };
    let key = |group, port| ScopeKey {
        group,
        port,
        protocol: 6,
        kind: ScopeKey::ALL,
    };
    for pair in PAIRS {
        let tables = HostTables::new()
            .ban(
                ip(pair.0),
                Ban {
                    scopes: 1,
                    ..Ban::NONE
                },
            )
            .ban_prefix(
                Prefix::new(ip(pair.0), 20),
                Ban {
                    scopes: 2,
                    ..Ban::NONE
                },
            )
            .scope_ban(key(1, 80), scope(11))
            .scope_ban(key(2, 81), scope(12));
        for (port, rule) in [(80, 11), (81, 12), (82, 0)] {
            assert_eq!(
                judged(&between(pair).tcp(9, port, "S"), &INGRESS, &tables).rule,
                rule
            );
        }
    }
}

#[test]
fn the_allowlist_wins_over_bans_anomalies_and_broken_headers() {
    for pair in PAIRS {
        let tables = HostTables::new()
            .ban(ip(pair.0), forever(1))
            .allow(Prefix::new(ip(pair.0), 24), Allow::always(2));
        for frame in [
            between(pair).tcp(1, 2, "S"),
            between(pair).tcp(1, 2, ""),
            between(pair).udp(1, 2).claiming_udp_length(3),
        ] {
            assert_eq!(
                judged(&frame, &INGRESS, &tables),
                Verdict::pass(Reason::Allowlist).by(2)
            );
        }
    }
}

#[test]
fn a_ban_meets_later_fragments_and_broken_headers_too() {
    for pair in PAIRS {
        let tables = HostTables::new().ban(ip(pair.0), forever(1));
        for frame in [
            between(pair)
                .fragment(64, false)
                .protocol(17)
                .payload(&[0; 8]),
            between(pair).udp(1, 2).claiming_udp_length(3),
        ] {
            assert_eq!(judged(&frame, &INGRESS, &tables).reason, Reason::BanAddress);
        }
    }
}
