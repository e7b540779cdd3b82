// SPDX-License-Identifier: MIT

use super::book::MOST_GROUPS;
use super::*;
use crate::fixture::{event, place};
use std::net::Ipv4Addr;

fn sources(logs: &Logs) -> Vec<String> {
    let peers = logs.book().rows().filter_map(Group::peer);
    peers.map(|peer| peer.to_string()).collect()
}

#[test]
fn events_of_a_source_for_a_reason_are_counted_together_and_the_newest_comes_first() {
    let mut logs = Logs::default();
    logs.arrived(event("192.0.2.1", "port_scan", 0));
    logs.arrived(event("192.0.2.2", "port_scan", 1));
    logs.arrived(SecurityEvent {
        suppressed: 40,
        ..event("192.0.2.1", "port_scan", 2)
    });
    logs.arrived(event("192.0.2.1", "tcp_xmas", 3));
    assert_eq!(sources(&logs), ["192.0.2.1", "192.0.2.1", "192.0.2.2"]);
    let group = logs.book().row(1).expect("three rows");
    assert_eq!((group.events, group.packets), (2, 42));
    let (first, last) = (group.first, group.last);
    assert_eq!(last.duration_since(first).as_secs(), 2);
    assert_eq!(logs.book().packets, 44);
}

#[test]
fn a_packet_on_its_way_out_is_of_whom_it_was_to() {
    let mut logs = Logs::default();
    logs.arrived(SecurityEvent {
        hook: "tc_egress".to_owned(),
        dst_ip: "203.0.113.5".parse().ok(),
        dst_place: Some(place("RU", "Russia", 64_500, "Example")),
        ..event("198.51.100.1", "ban_address", 0)
    });
    let group = logs.book().row(0).expect("a row");
    assert_eq!(group.peer(), "203.0.113.5".parse().ok());
    assert!(group.is_departing() && group.place().is_some());
}

#[test]
fn invented_sources_take_no_more_than_so_much() {
    let mut logs = Logs::default();
    let most = MOST_GROUPS.get();
    for number in 0..most as u32 + 100 {
        let source = Ipv4Addr::from(0x0a00_0000 + number).to_string();
        logs.arrived(event(&source, "syn_cookie", i64::from(number)));
    }
    for second in 0..100 {
        logs.arrived(event("192.0.2.1", "port_scan", 10_000 + second));
    }
    let book = logs.book();
    assert_eq!((book.len(), book.shown()), (most, most));
    assert_eq!(book.forgotten, 101);
    assert_eq!(book.rows().count(), most);
    let group = book.row(0).expect("rows");
    assert_eq!((group.events, group.samples.len()), (100, MOST_SAMPLES));
    assert_eq!(
        sources(&logs).last().map(String::as_str),
        Some("10.0.0.101")
    );
}

#[test]
fn the_selected_row_moves_with_its_source() {
    let mut logs = Logs::default();
    for number in 1..=5 {
        let source = format!("192.0.2.{number}");
        logs.arrived(event(&source, "port_scan", number));
    }
    assert!(logs.selected().is_none(), "nobody has moved");
    logs.step(1);
    logs.step(1);
    let peer = |logs: &Logs| logs.selected().and_then(Group::peer);
    let chosen = peer(&logs);
    assert_eq!(chosen, "192.0.2.4".parse().ok());
    logs.arrived(event("192.0.2.9", "port_scan", 9));
    assert_eq!((peer(&logs), logs.rows().selected()), (chosen, Some(2)));
    logs.arrived(event("192.0.2.4", "port_scan", 10));
    assert_eq!((peer(&logs), logs.rows().selected()), (chosen, Some(0)));
    logs.release();
    assert_eq!(logs.rows().selected(), None);
}

#[test]
fn while_it_is_paused_nothing_moves_and_nothing_is_lost() {
    let mut logs = Logs::default();
    logs.arrived(event("192.0.2.1", "port_scan", 0));
    logs.pause();
    assert_eq!(logs.waiting(), Some(0));
    logs.arrived(event("192.0.2.2", "port_scan", 1));
    logs.arrived(event("192.0.2.1", "port_scan", 2));
    assert_eq!((sources(&logs).len(), logs.waiting()), (1, Some(2)));
    assert_eq!(logs.book().packets, 1);
    logs.pause();
    assert_eq!((sources(&logs).len(), logs.waiting()), (2, None));
    assert_eq!(logs.book().packets, 3);
}

#[test]
fn what_is_searched_for_is_shown_also_of_what_comes_later() {
    let mut logs = Logs::default();
    logs.arrived(SecurityEvent {
        src_place: Some(place("RU", "Russia", 64_500, "Example Hosting")),
        ..event("192.0.2.1", "port_scan", 0)
    });
    logs.arrived(SecurityEvent {
        dst_port: Some(443),
        list: Some("drop".to_owned()),
        ..event("192.0.2.2", "tcp_xmas", 1)
    });
    for (line, expected) in [
        ("reason:scan", "192.0.2.1"),
        ("country:ru", "192.0.2.1"),
        ("as:AS64500", "192.0.2.1"),
        ("port:443", "192.0.2.2"),
        ("list:drop", "192.0.2.2"),
        ("192.0.2.2", "192.0.2.2"),
        ("hosting", "192.0.2.1"),
        ("-port:443-500,8080", "192.0.2.1"),
        ("!hosting dir:i", "192.0.2.2"),
        ("reason:nothing,scan,", "192.0.2.1"),
    ] {
        logs.searched(line);
        logs.search_finished();
        assert_eq!(sources(&logs), [expected], "{line}");
        assert_eq!(logs.book().shown(), 1, "{line}");
    }
    logs.searched("reason:xmas");
    logs.arrived(event("192.0.2.3", "port_scan", 2));
    assert_eq!(sources(&logs), ["192.0.2.2"]);
    logs.arrived(event("192.0.2.4", "tcp_xmas", 3));
    assert_eq!(sources(&logs), ["192.0.2.4", "192.0.2.2"]);
    logs.searched("");
    assert_eq!(logs.book().shown(), 4);
}

#[test]
fn what_is_in_the_past_and_in_what_follows_is_counted_once() {
    let mut logs = Logs::default();
    let list = |seconds: &[i64]| EventList {
        events: seconds
            .iter()
            .map(|&second| event("192.0.2.1", "port_scan", second))
            .collect(),
    };
    logs.past(list(&[0, 1, 2, 2]));
    assert_eq!(logs.book().packets, 4);
    for second in [1, 2, 3, 4] {
        logs.arrived(event("192.0.2.1", "port_scan", second));
    }
    assert_eq!(logs.book().packets, 6);
    // The connection was lost, and with it what came at the seconds 5 and 6.
    logs.past(list(&[2, 3, 4, 5, 6]));
    assert_eq!(logs.book().packets, 8);
    logs.arrived(event("192.0.2.1", "port_scan", 6));
    logs.arrived(event("192.0.2.1", "port_scan", 7));
    assert_eq!(logs.book().packets, 9);
}
