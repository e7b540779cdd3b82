// SPDX-License-Identifier: MIT
//! Lists as people read them.

use super::*;
use aegis_api::{
    Direction, ListAction, ListAttempt, ListCopy, ListDetail, ListPeer, ListQuarantine,
    ListRefusals, Place, RefusedLine, Total,
};

fn at(text: &str) -> Timestamp {
    text.parse().expect("RFC 3339")
}

fn copy(entries: u64) -> ListCopy {
    ListCopy {
        fetched: at("2026-11-28T07:00:00Z"),
        age_seconds: 7_260,
        entries,
        refused: 3,
        addresses_v4: 4_096,
        unique_v4: 1_024,
        networks_v6: 0,
        unique_v6: 0,
    }
}

pub fn drop_list() -> ListStatus {
    ListStatus {
        name: "drop".to_owned(),
        origin: Some("https://example.org/drop.txt".to_owned()),
        format: "plain".to_owned(),
        category: "hijacked".to_owned(),
        action: ListAction::Block,
        direction: Direction::Both,
        enabled: true,
        switched: false,
        busy: false,
        interval_seconds: Some(86_400),
        next: Some(at("2000-01-01T00:00:00Z")),
        failures: 0,
        last: Some(ListAttempt {
            at: at("2026-11-28T07:00:00Z"),
            outcome: "updated".to_owned(),
            why: None,
        }),
        copy: Some(copy(1_402)),
        quarantine: None,
        warning: None,
        hits: ListHits {
            total: Total {
                packets: 12_345,
                bytes: 2_048,
            },
            ..ListHits::default()
        },
        would_hit: ListHits::default(),
    }
}

fn aside() -> ListStatus {
    ListStatus {
        name: "aside".to_owned(),
        origin: None,
        action: ListAction::Alert,
        switched: true,
        next: None,
        last: Some(ListAttempt {
            at: at("2026-11-28T07:00:00Z"),
            outcome: "quarantined".to_owned(),
            why: Some("it is a web page".to_owned()),
        }),
        quarantine: Some(ListQuarantine {
            at: at("2026-11-28T07:00:00Z"),
            why: "it is a web page".to_owned(),
            releasable: true,
            entries: 0,
        }),
        warning: Some("list aside: a new copy was put aside".to_owned()),
        ..drop_list()
    }
}

fn both() -> ListsAnswer {
    ListsAnswer {
        enabled: true,
        idle: None,
        lists: vec![drop_list(), aside()],
        sets: ListSets {
            ranges_v4: 1_500,
            classes: 2,
            kernel_bytes: 2 << 20,
            ..ListSets::default()
        },
        coarse: None,
        problem: None,
    }
}

#[test]
fn the_list_of_lists_is_a_table_with_its_warnings() {
    let expected = "\
LIST   DOES              WAY   CATEGORY  ENTRIES    AGE  NEXT  LAST         FROM
drop   block             both  hijacked    1,402  2h 1m   now  updated      https://example.org/drop.txt
aside  alert (switched)  both  hijacked    1,402  2h 1m     -  quarantined  by hand
warning: list aside: a new copy was put aside
in the kernel: 1,500 ranges of IPv4, 0 of IPv6, 2 classes, 2.0 MiB";
    assert_eq!(list(&both()), expected);
    let off = ListsAnswer {
        idle: Some("lists are off".to_owned()),
        ..ListsAnswer::default()
    };
    assert_eq!(list(&off), "nothing comes of lists: lists are off");
}

#[test]
fn which_list_earns_its_keep_is_a_table() {
    let text = stats(&both());
    let line = text.lines().nth(1).expect("a list");
    let words: Vec<&str> = line.split_whitespace().collect();
    let expected = [
        "drop", "block", "1,402", "4,096", "25", "%", "0", "12,345", "never", "0", "0", "never",
    ];
    assert_eq!(words, expected);
}

#[test]
fn what_came_of_an_update_is_told_of_each() {
    let expected = "\
drop: updated, 1,402 entries in force, 3 refused; `aegis-cli feeds show drop` tells why
aside: PUT ASIDE: it is a web page; the copy before it stays, with 1,402 entries; see `aegis-cli feeds show aside`";
    assert_eq!(outcome(&both()), expected);
}

#[test]
fn status_has_a_line_of_lists_that_are_on() {
    let expected =
        "lists: drop 1,402, 2h 1m old; aside 1,402, 2h 1m old, only tells, a copy PUT ASIDE";
    assert_eq!(summary(&both()).as_deref(), Some(expected));
    assert_eq!(summary(&ListsAnswer::default()), None);
}

#[test]
fn a_list_is_shown_with_what_was_refused_and_whom_it_would_have_cut_off() {
    let why = "it is a gateway of this host".to_owned();
    let detail = ListDetail {
        status: aside(),
        categories: vec!["hijacked".to_owned(), "spam".to_owned()],
        refusals: vec![ListRefusals {
            why: why.clone(),
            count: 1,
        }],
        refused: vec![RefusedLine {
            line: 7,
            text: "192.0.2.1".to_owned(),
            why,
            place: None,
        }],
        peers: vec![ListPeer {
            address: "45.0.0.1".parse().expect("an address"),
            category: "spam".to_owned(),
            first: at("2026-11-28T07:00:00Z"),
            last: at("2026-11-28T08:00:00Z"),
            connections: 2,
            bytes: 2_048,
            place: None,
        }],
        more_peers: 0,
    };
    let expected = "\
aside: alert, both
from a text that was loaded by hand (plain)
last attempt: quarantined at 2026-11-28T07:00:00Z: it is a web page
PUT ASIDE since 2026-11-28T07:00:00Z: it is a web page (0 entries); to take it nevertheless: aegis-cli feeds release aside
in force: 1,402 entries, the newest 2h 1m ago; 3 refused
names 4,096 addresses, of which no other list names 25 %
categories: hijacked, spam
dropped: 12,345 packets (2.0 KiB), 0 in 24 hours, last never
refused 1: it is a gateway of this host
  line 7: 192.0.2.1
peers of this host that it would have cut off:
PEER      CATEGORY  CONNECTIONS    BYTES  FIRST SEEN            LAST SEEN
45.0.0.1  spam                2  2.0 KiB  2026-11-28T07:00:00Z  2026-11-28T08:00:00Z";
    assert_eq!(show(&detail), expected);
    let mut placed = detail;
    placed.peers[0].place = country("CN");
    placed.refused[0].place = country("DE");
    let text = show(&placed);
    assert!(text.contains("  line 7: 192.0.2.1 (DE)"), "{text}");
    assert!(text.contains("LAST SEEN             PLACE\n"), "{text}");
    assert!(text.ends_with("  CN"), "{text}");
}

fn country(code: &str) -> Option<Place> {
    Some(Place {
        country: Some(code.to_owned()),
        ..Place::default()
    })
}

#[test]
fn what_is_not_in_force_is_not_said_to_be() {
    let mut answer = ListsAnswer {
        enabled: true,
        lists: vec![drop_list()],
        ..ListsAnswer::default()
    };
    let said = outcome(&answer);
    assert!(
        said.starts_with("drop: updated, 1,402 entries in force, 3 refused"),
        "{said}"
    );
    answer.problem = Some("there is no room".to_owned());
    answer.coarse = Some("lists overlap in 39218 ways".to_owned());
    let said = outcome(&answer);
    assert!(said.starts_with("drop: NOT IN FORCE: "), "{said}");
    assert!(said.ends_with("there is no room"), "{said}");
    let listed = list(&answer);
    assert!(
        listed.contains("PROBLEM: the kernel has lists as they were before: there is no room"),
        "{listed}"
    );
    assert!(
        listed.contains("warning: lists overlap in 39218 ways"),
        "{listed}"
    );
}

#[test]
fn what_cannot_be_released_is_not_offered_and_closer_reasons_are_shown() {
    let refused = |line, why: &str| RefusedLine {
        line,
        text: format!("text {line}"),
        why: why.to_owned(),
        place: None,
    };
    let mut status = aside();
    if let Some(aside) = &mut status.quarantine {
        aside.releasable = false;
    }
    let detail = ListDetail {
        status,
        categories: Vec::new(),
        refusals: vec![
            ListRefusals {
                why: "wider than a /8".to_owned(),
                count: 2,
            },
            ListRefusals {
                why: "no address".to_owned(),
                count: 1,
            },
        ],
        refused: vec![
            refused(1, "wider than a /8"),
            refused(2, "wider than a /19"),
            refused(3, "no address"),
        ],
        peers: Vec::new(),
        more_peers: 0,
    };
    let shown = show(&detail);
    assert!(
        !shown.contains("feeds release") && shown.contains("feeds update"),
        "{shown}"
    );
    let lines = "refused 2: wider than a /8\n  line 1: text 1\n  line 2: text 2: wider than a /19\nrefused 1: no address\n  line 3: text 3";
    assert!(shown.ends_with(lines), "{shown}");
}
