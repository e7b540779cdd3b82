// SPDX-License-Identifier: MIT

use crate::fixture::{ban, detected, event, model, place, press, screen, tell, tell_bans};
use crate::message::Told;
use crate::model::{Model, Tab};
use aegis_api::SecurityEvent;
use insta::assert_snapshot;

fn busy() -> Model {
    let mut model = model(Tab::Logs);
    let scan = |second| SecurityEvent {
        src_place: Some(place("RU", "Russia", 64_500, "Example Hosting")),
        suppressed: 19,
        ..event("203.0.113.9", "port_scan", second)
    };
    let flood = SecurityEvent {
        src_place: Some(place("CN", "China", 64_501, "Example Backbone")),
        suppressed: 120_000,
        ..event("2001:db8:7:9::a1b2", "syn_cookie", -40)
    };
    let listed = SecurityEvent {
        list: Some("spamhaus-drop".to_owned()),
        category: Some("hijacked".to_owned()),
        threat_type: "hijacked".to_owned(),
        reason: "CIDR_FEED".to_owned(),
        ..event("192.0.2.77", "hijacked", -30)
    };
    let departing = SecurityEvent {
        hook: "tc_egress".to_owned(),
        dst_ip: "192.0.2.200".parse().ok(),
        reason: "EGRESS_BLOCK".to_owned(),
        ..event("198.51.100.1", "ban_address", -20)
    };
    let broken = SecurityEvent {
        src_ip: None,
        dst_ip: None,
        src_port: None,
        dst_port: None,
        proto: None,
        tcp_flags: None,
        hop_limit: None,
        reason: "MALFORMED".to_owned(),
        ..event("192.0.2.1", "ipv4_truncated", -10)
    };
    let events = [flood, listed, departing, broken].into_iter();
    for event in events.chain((-9..0).map(scan)) {
        tell(&mut model, Told::Event(Box::new(event)));
    }
    tell(&mut model, Told::Missed(12));
    model
}

#[test]
fn nothing_has_happened() {
    assert_snapshot!("empty_80x24", screen(&model(Tab::Logs), 80, 24));
}

#[test]
fn much_has_happened() {
    let model = busy();
    assert_snapshot!("busy_80x24", screen(&model, 80, 24));
    assert_snapshot!("busy_120x40", screen(&model, 120, 40));
    assert_snapshot!("busy_40x12", screen(&model, 40, 12));
}

#[test]
fn only_some_of_it_is_looked_for_while_it_is_paused() {
    let mut model = busy();
    press(&mut model, "/country:ru,cn\np");
    let event = Box::new(event("192.0.2.4", "port_scan", 0));
    tell(&mut model, Told::Event(event));
    assert_snapshot!("filtered_80x24", screen(&model, 80, 24));
    press(&mut model, "/ port:");
    assert_snapshot!("half_typed_40x12", screen(&model, 40, 12));
}

#[test]
fn the_evidence_of_one_source() {
    let mut model = busy();
    press(&mut model, "\n");
    assert_snapshot!("evidence_80x24", screen(&model, 80, 24));
    assert_snapshot!("evidence_120x40", screen(&model, 120, 40));
    assert_snapshot!("evidence_40x12", screen(&model, 40, 12));
}

#[test]
fn names_that_others_give_themselves_reach_no_terminal_as_they_are() {
    let mut model = model(Tab::Logs);
    let hostile = SecurityEvent {
        src_place: Some(place("RU", "Russia", 1, "Evil\u{1b}[2J\u{202e}Corp\u{7}")),
        list: Some("a\rb\u{9b}c".to_owned()),
        interface: "eth\u{1b}]0;x\u{7}".to_owned(),
        ..event("192.0.2.1", "port_scan", 0)
    };
    tell(&mut model, Told::Event(Box::new(hostile)));
    let screen = screen(&model, 160, 40);
    let cells = screen.buffer().content().iter();
    let unruly = |letter: char| letter.is_control() || letter == '\u{202e}';
    let found: Vec<&str> = cells
        .map(ratatui::buffer::Cell::symbol)
        .filter(|symbol| symbol.contains(unruly))
        .collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(screen.to_string().contains("Evil[2JCorp"));
}

#[test]
fn a_ban_of_the_network_around_the_peer_is_evidence_too() {
    let mut model = model(Tab::Logs);
    let event = event("2001:db8:1:2::7", "port_scan", -60);
    tell(&mut model, Told::Event(Box::new(event)));
    tell_bans(
        &mut model,
        vec![
            detected("2001:db8:1:2::/64"),
            ban("2001:db8:9::/48"),
            ban("2001:db8::/32"),
        ],
    );
    press(&mut model, "j\n");
    let picture = screen(&model, 80, 24).to_string();
    for line in [
        "banned by 2001:db8:1:2::/64: new connections",
        "banned by 2001:db8::/32: everything",
    ] {
        assert!(picture.contains(line), "{picture}");
    }
    assert!(!picture.contains("2001:db8:9"), "{picture}");
}
