// SPDX-License-Identifier: MIT
//! What a tired admin reads.

use super::*;

fn moment(text: &str) -> Timestamp {
    format!("2026-01-01T{text}Z").parse().expect("RFC 3339")
}

fn nothing() -> Why {
    Why {
        address: "192.0.2.7".parse().expect("an address"),
        place: None,
        geo_rule: None,
        standing: Standing::Free,
        bans: Vec::new(),
        allowlisted: None,
        lists: Vec::new(),
        protected: Vec::new(),
        cooling_down: None,
        counted: None,
        evidence: None,
        decisions: Vec::new(),
        events: Vec::new(),
        flows: 0,
    }
}

fn scanned() -> Ban {
    Ban {
        target: "192.0.2.7".to_owned(),
        port: None,
        protocol: None,
        part: "new connections".to_owned(),
        causes: vec![BanCause {
            origin: "port_scan".to_owned(),
            reason: Some("54 ports, 60 packets within 3 s".to_owned()),
            since: moment("10:00:00"),
            expires: Some(moment("10:05:00")),
            expires_in_seconds: Some(120),
        }],
        reason: None,
        rule: 4,
        expires: Some(moment("10:05:00")),
        expires_in_seconds: Some(120),
        place: None,
    }
}

fn scan() -> Charge {
    Charge {
        kind: "port_scan".to_owned(),
        summary: "one port too many of a source that tries many".to_owned(),
        offences: 1,
        proven: 0,
        packets: 60,
        refused: 0,
        ports: 54,
        recent_ports: vec![22, 80],
        first: moment("09:59:57"),
        last: moment("10:00:00"),
    }
}

#[test]
fn of_a_stranger_there_is_nothing_to_tell() {
    let expected = "192.0.2.7 is not banned\nconnections: none";
    assert_eq!(render(&nothing()), expected);
}

#[test]
fn a_scanner_is_told_with_its_ban_its_cool_down_and_the_evidence() {
    let why = Why {
        standing: Standing::BannedInPart,
        bans: vec![scanned()],
        cooling_down: Some(CoolDown {
            source: "192.0.2.7".to_owned(),
            until: moment("10:01:00"),
            seconds_left: 42,
            strikes: 1,
            cause: Some("port_scan".to_owned()),
        }),
        evidence: Some(Evidence {
            source: "192.0.2.7".to_owned(),
            charges: vec![scan()],
            bans_proven: 0,
            bans_unproven: 1,
        }),
        flows: 2,
        ..nothing()
    };
    let expected = "\
192.0.2.7 is banned in part: new connections
ban 4 of 192.0.2.7: new connections
  automatically, for port_scan, since 2026-01-01T10:00:00Z, until 2026-01-01T10:05:00Z, 2m from now: 54 ports, 60 packets within 3 s
cooling down: 192.0.2.7 begins no connection until 2026-01-01T10:01:00Z, 42s from now, for port_scan (strike 1); those that it has go on
evidence against 192.0.2.7, banned for it once:
  port_scan, 1 offence from 2026-01-01T09:59:57Z to 2026-01-01T10:00:00Z: one port too many of a source that tries many
    54 ports, 60 unsolicited packets, 0 over a rate; the sender's address could be forged
    last ports: 22, 80
connections: 2; aegis-cli flows --peer 192.0.2.7
to let it through: aegis-cli unblock 192.0.2.7";
    assert_eq!(render(&why), expected);
}

#[test]
fn an_operators_ban_names_its_reason_and_the_prefix_to_unblock() {
    let by_hand = Ban {
        target: "192.0.2.0/24".to_owned(),
        part: "everything".to_owned(),
        causes: vec![BanCause {
            origin: "operator".to_owned(),
            reason: Some("abuse".to_owned()),
            since: moment("10:00:00"),
            expires: None,
            expires_in_seconds: None,
        }],
        rule: 1,
        ..scanned()
    };
    let why = Why {
        standing: Standing::Banned,
        bans: vec![by_hand],
        ..nothing()
    };
    let expected = "\
192.0.2.7 is BANNED: nothing from or to it passes
ban 1 of 192.0.2.0/24: everything
  by an operator, since 2026-01-01T10:00:00Z, until it is unblocked: abuse
connections: none
to let it through: aegis-cli unblock 192.0.2.0/24";
    assert_eq!(render(&why), expected);
}

#[test]
fn whom_the_host_needs_and_whom_it_allows_is_told() {
    let why = Why {
        standing: Standing::Allowlisted,
        allowlisted: Some(Allow {
            target: "192.0.2.0/24".to_owned(),
            reason: Some("office".to_owned()),
            rule: 2,
            place: None,
        }),
        protected: vec!["a gateway of this host".to_owned()],
        counted: Some(Counted {
            source: "192.0.2.7".to_owned(),
            since: moment("10:00:00"),
            packets: 30,
            refused: 2,
            ports: 1,
            recent_ports: vec![443],
        }),
        ..nothing()
    };
    let expected = "\
192.0.2.7 passes: it is on the allowlist
allowed: by 192.0.2.0/24 (office)
needed: it is a gateway of this host, so no detector bans it
counted since 2026-01-01T10:00:00Z: 30 unsolicited packets, 2 over a rate, 1 port (last 443)
connections: none";
    assert_eq!(render(&why), expected);
}
