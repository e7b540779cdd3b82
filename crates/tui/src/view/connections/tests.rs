// SPDX-License-Identifier: MIT

use super::super::draw;
use crate::fixture::{self, flow, place};
use crate::message::{Message, Told};
use crate::model::{About, FlowOrder, Link, Model, Process, Tab};
use crate::theme::{Palette, Symbols, Theme};
use crate::update::update;
use crate::view::{Spot, spot};
use aegis_api::{Flow, FlowGroup, FlowGroupList, FlowList, FlowRate, FlowSort, Standing, Total};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use insta::assert_snapshot;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const THEME: Theme = Theme {
    palette: Palette::NoColour,
    symbols: Symbols::Unicode,
};

fn say(model: &mut Model, message: Message) {
    drop(update(model, message));
}

fn press(model: &mut Model, code: KeyCode) {
    say(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
}

fn keys(model: &mut Model, letters: &str) {
    letters
        .chars()
        .for_each(|letter| press(model, KeyCode::Char(letter)));
}

/// What is on a screen of so many columns and lines.
fn screen(model: &mut Model, (width, height): (u16, u16), theme: Theme) -> String {
    say(model, Message::Resized(width, height));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    let drawn = terminal.draw(|frame| draw(frame, model, theme));
    drawn.expect("a picture");
    terminal.backend().to_string()
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn flows() -> Vec<Flow> {
    let mut flows = vec![
        flow("192.0.2.7", 40_122),
        flow("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", 51_000),
        flow("203.0.113.9", 443),
        flow("198.51.100.200", 3_333),
    ];
    let of_lan = aegis_api::Place {
        near: Some("LAN".to_owned()),
        ..aegis_api::Place::default()
    };
    flows[1].place = Some(place(
        "JP",
        "Japan",
        2497,
        "Internet Initiative Japan Inc. \u{1b}[31m",
    ));
    flows[1].now = FlowRate::default();
    flows[2].direction = "out".to_owned();
    flows[2].local_port = 55_122;
    flows[2].proto = "udp".to_owned();
    flows[2].state = "replied".to_owned();
    flows[2].place = Some(of_lan);
    flows[2].standing = Standing::Allowlisted;
    flows[3].state = "syn_received".to_owned();
    flows[3].verdict = "drop".to_owned();
    flows[3].standing = Standing::Banned;
    flows[3].reason = Some("ban_address".to_owned());
    flows[3].place = None;
    flows[3].received = Total {
        packets: 1,
        bytes: 60,
    };
    flows[3].sent = Total::default();
    flows[3].now = FlowRate::default();
    flows
}

fn told(model: &mut Model, flows: Vec<Flow>, (matched, total): (usize, usize)) {
    let query = model.connections.query().expect("a question");
    let list = FlowList {
        flows,
        matched,
        total,
    };
    say(model, Message::Told(Told::Flows(query, list)));
}

fn empty() -> Model {
    let about = About {
        instance: "eth0".to_owned(),
        ..About::default()
    };
    let mut model = Model::new(about, second(1_000));
    model.link = Link::Live;
    told(&mut model, vec![], (0, 0));
    model
}

fn busy() -> Model {
    let mut model = empty();
    told(&mut model, flows(), (4, 4));
    keys(&mut model, "j");
    for now in 1_001..1_031 {
        say(&mut model, Message::Tick(second(now)));
        let mut flows = flows();
        let rate = u64::try_from(now % 7).expect("a number");
        flows[0].now.received_bytes_per_second = rate * 1_000;
        told(&mut model, flows, (4, 4));
    }
    let process = Process {
        pid: 812,
        name: "nginx".to_owned(),
        user: "www-data".to_owned(),
        command: "nginx: worker process".to_owned(),
    };
    let id = flows()[0].id.clone();
    say(&mut model, Message::Processes([(id, process)].into()));
    model
}

fn grouped() -> Model {
    let mut model = busy();
    keys(&mut model, "ccc");
    let query = model.connections.group_query().expect("a question");
    let group = |key: &str, label: &str, connections| FlowGroup {
        key: key.to_owned(),
        label: label.to_owned(),
        connections,
        received: Total {
            packets: 1_000,
            bytes: 90_000,
        },
        ..FlowGroup::default()
    };
    let list = FlowGroupList {
        groups: vec![
            group("CN", "China", 70_211),
            group("DE", "Germany", 2_000),
            group("", "", 12),
        ],
        found: 3,
        matched: 72_223,
        total: 72_223,
    };
    say(&mut model, Message::Told(Told::Groups(query, list)));
    keys(&mut model, "j");
    model
}

fn filtered() -> Model {
    let mut model = busy();
    keys(&mut model, "/country:de port:443");
    told(&mut model, flows()[..1].to_vec(), (1, 4));
    keys(&mut model, " country:x");
    model
}

/// Of a peer that did much.
fn opened() -> Model {
    let mut model = busy();
    let why = serde_json::json!({
        "address": "192.0.2.7",
        "place": {"country": "DE", "country_name": "Germany", "asn": 3320, "organisation": "Deutsche Telekom AG"},
        "standing": "banned_in_part",
        "bans": [{
            "target": "192.0.2.7", "port": null, "protocol": null, "part": "new connections",
            "causes": [{
                "origin": "port_scan", "reason": "51 ports, 53 packets within 0 s",
                "since": "1970-01-01T00:16:00Z", "expires": "1970-01-01T00:21:00Z", "expires_in_seconds": 230,
            }],
            "reason": null, "rule": 3, "expires": "1970-01-01T00:21:00Z", "expires_in_seconds": 230,
        }],
        "allowlisted": null,
        "lists": [{"list": "spamhaus-drop", "category": "hijacked", "effect": "counted", "fetched": null}],
        "protected": [],
        "cooling_down": {"source": "192.0.2.7", "until": "1970-01-01T00:17:57Z", "seconds_left": 57, "strikes": 1, "cause": "port_scan"},
        "counted": null,
        "evidence": {"source": "192.0.2.7", "charges": [{
            "kind": "port_scan", "summary": "too many ports", "offences": 3, "proven": 0, "packets": 160,
            "refused": 0, "ports": 51, "recent_ports": [1, 2], "first": "1970-01-01T00:16:00Z", "last": "1970-01-01T00:16:01Z",
        }], "bans_proven": 0, "bans_unproven": 1},
        "events": [],
        "flows": 1,
    });
    let why = serde_json::from_value(why).expect("what is known of an address");
    say(&mut model, Message::Told(Told::Why(Box::new(why))));
    press(&mut model, KeyCode::Enter);
    model
}

fn asked() -> Model {
    let mut model = busy();
    model.about.peer = Some("192.0.2.77".parse().expect("an address"));
    keys(&mut model, "b");
    press(&mut model, KeyCode::Right);
    let filter = model.wanted().hits.expect("a question");
    let hits = crate::model::Hits {
        connections: 14,
        total: 3_411,
    };
    say(&mut model, Message::Told(Told::Hits(filter, hits)));
    model
}

#[test]
fn of_a_problem_that_is_too_long_the_beginning_is_shown() {
    let mut model = busy();
    keys(&mut model, "/state:xyz");
    let filter = model.connections.filter().clone();
    let states = "established, half_closed, time_wait, reset, killed, ".repeat(8);
    let why = format!("\"xyz\" is no state; choose one of these: {states}");
    say(&mut model, Message::Told(Told::Refused(filter, why)));
    for size in [(80, 24), (40, 12)] {
        let shown = screen(&mut model, size, THEME).to_string();
        assert!(shown.contains("\"xyz\" is no state; choose"), "{shown}");
        assert!(shown.contains("/state:xyz"), "{shown}");
    }
}

macro_rules! screens {
    ($($name:ident: $model:ident, $width:literal x $height:literal;)+) => {
        $(#[test]
        fn $name() {
            assert_snapshot!(screen(&mut $model(), ($width, $height), THEME));
        })+
    };
}

screens! {
    empty_80x24: empty, 80 x 24;
    empty_40x12: empty, 40 x 12;
    busy_80x24: busy, 80 x 24;
    busy_120x40: busy, 120 x 40;
    busy_40x12: busy, 40 x 12;
    busy_200x50: busy, 200 x 50;
    grouped_80x24: grouped, 80 x 24;
    grouped_120x40: grouped, 120 x 40;
    grouped_40x12: grouped, 40 x 12;
    filtered_80x24: filtered, 80 x 24;
    filtered_40x12: filtered, 40 x 12;
    opened_80x24: opened, 80 x 24;
    opened_120x40: opened, 120 x 40;
    opened_40x12: opened, 40 x 12;
    asked_80x24: asked, 80 x 24;
    asked_40x12: asked, 40 x 12;
}

#[test]
fn letters_do_where_there_are_no_symbols() {
    let theme = Theme {
        symbols: Symbols::Ascii,
        ..THEME
    };
    for mut model in [empty(), busy(), grouped(), filtered(), opened(), asked()] {
        for size in [(200, 50), (40, 12)] {
            let screen = screen(&mut model, size, theme);
            // The command's own text is not this interface's.
            assert!(screen.is_ascii(), "{screen}");
        }
    }
}

#[test]
fn what_has_ended_says_so_and_stays_while_it_is_selected() {
    let mut model = busy();
    told(&mut model, flows()[1..].to_vec(), (3, 3));
    let shown = screen(&mut model, (80, 24), THEME);
    assert!(shown.contains("gone"), "{shown}");
}

#[test]
fn what_is_clicked_is_selected_and_a_title_sorts() {
    let mut model = busy();
    say(&mut model, Message::Resized(80, 24));
    assert_eq!(spot(&model, (10, 3)), Some(Spot::Row(0)));
    assert_eq!(spot(&model, (10, 5)), Some(Spot::Row(2)));
    assert_eq!(spot(&model, (10, 15)), None);
    assert_eq!(
        spot(&model, (7, 2)),
        Some(Spot::Sort(FlowOrder::All(FlowSort::Peer)))
    );
    assert_eq!(spot(&model, (7, 0)), Some(Spot::Tab(Tab::Connections)));
    assert_eq!(spot(&model, (20, 0)), Some(Spot::Tab(Tab::Stats)));
    assert_eq!(spot(&model, (60, 0)), None);
    let click = |model: &mut Model, column, row| {
        use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
        say(
            model,
            Message::Mouse(MouseEvent {
                kind: MouseEventKind::Down(MouseButton::Left),
                column,
                row,
                modifiers: KeyModifiers::NONE,
            }),
        );
    };
    click(&mut model, 10, 5);
    assert_eq!(model.connections.rows().selected(), Some(2));
    click(&mut model, 7, 2);
    click(&mut model, 7, 2);
    let query = model.wanted().flows.expect("a question");
    assert_eq!((query.sort, query.reverse), (FlowSort::Peer, true));
}

#[test]
fn a_list_of_hundreds_is_drawn_by_what_is_on_the_screen() {
    let mut model = empty();
    let flows: Vec<Flow> = (1..=300).map(|port| flow("192.0.2.1", port)).collect();
    told(&mut model, flows, (100_000, 100_000));
    press(&mut model, KeyCode::End);
    let shown = screen(&mut model, (80, 24), THEME);
    assert!(
        shown.contains("100,000 connections") && shown.contains("first 300"),
        "{shown}"
    );
    assert!(shown.contains("  300 "), "{shown}");
    drop(fixture::why("192.0.2.1"));
}

#[test]
fn a_click_on_any_title_of_a_wide_screen_sorts_by_that_column() {
    let mut model = busy();
    say(&mut model, Message::Resized(400, 40));
    let spots = (0..400).filter_map(|x| match spot(&model, (x, 2)) {
        Some(Spot::Sort(order)) => Some(order),
        _ => None,
    });
    let mut orders: Vec<FlowOrder> = spots.collect();
    orders.dedup();
    assert_eq!(orders.len(), 21, "{orders:?}");
    for order in [FlowOrder::Process, FlowOrder::All(FlowSort::Verdict)] {
        assert!(orders.contains(&order), "{order:?}");
    }
}

#[test]
fn a_list_by_process_says_that_only_what_is_listed_is_sorted() {
    let mut model = busy();
    model.connections.sort_by(FlowOrder::Process, false);
    let shown = screen(&mut model, (80, 24), THEME);
    assert!(
        shown.contains("by process") && !shown.contains("only these"),
        "{shown}"
    );
    told(&mut model, flows(), (100_000, 100_000));
    for size in [(80, 24), (40, 12)] {
        let shown = screen(&mut model, size, THEME);
        assert!(shown.contains("only these 4"), "{shown}");
    }
}
