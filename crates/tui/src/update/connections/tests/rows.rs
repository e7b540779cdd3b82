// SPDX-License-Identifier: MIT
//! No key does anything to another row than the one that it was meant for.

use super::{answer, answer_groups, change, key, line, notice, press};
use crate::fixture::{self, detected, flow, model, screen, tell, tell_bans};
use crate::message::{Change, Effect, Message, Told};
use crate::model::{Model, Tab};
use crate::update::update;
use aegis_api::{FlowList, Standing};
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// What does something to a row.
const ACTIONS: [char; 8] = [' ', 'b', 'a', 'x', 'w', 'f', 'y', 'u'];

fn nothing_is_done(model: &mut Model, why: &str) {
    for letter in ACTIONS {
        assert_eq!(key(model, letter), [], "{why}: {letter}");
        assert!(model.overlay.is_none(), "{why}: {letter}");
    }
}

fn listed(tab: Tab) -> Model {
    let mut model = model(tab);
    answer(&mut model, &["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    model
}

fn told(model: &mut Model, flows: Vec<aegis_api::Flow>, matched: usize) {
    let query = model.connections.query().expect("a question");
    let list = FlowList {
        flows,
        matched,
        total: matched,
    };
    tell(model, Told::Flows(query, list));
}

#[test]
fn nothing_is_selected_before_somebody_moves() {
    let mut model = listed(Tab::Connections);
    nothing_is_done(&mut model, "nobody has moved");
    key(&mut model, 'j');
    assert_eq!(model.target().as_deref(), Some("192.0.2.1"));
}

#[test]
fn rows_of_another_question_are_faded_and_out_of_reach() {
    let mut model = listed(Tab::Logs);
    let event = fixture::event("203.0.113.7", "port_scan", 0);
    tell(&mut model, Told::Event(Box::new(event)));
    key(&mut model, 'j');
    key(&mut model, 'c');
    assert_eq!(
        (model.tab, model.searched()),
        (Tab::Connections, "203.0.113.7")
    );
    assert!(!model.connections.is_current());
    nothing_is_done(&mut model, "not answered");
    answer(&mut model, &["203.0.113.7"]);
    assert!(model.connections.is_current());
    key(&mut model, 'j');
    assert_eq!(model.target().as_deref(), Some("203.0.113.7"));
}

#[test]
fn so_are_those_from_before_a_group_was_entered_and_after_it_was_left() {
    let mut model = listed(Tab::Connections);
    key(&mut model, 'j');
    key(&mut model, 'c');
    answer_groups(&mut model, &[("192.0.2.2", 1), ("192.0.2.3", 4)]);
    press(&mut model, KeyCode::Enter);
    nothing_is_done(&mut model, "entered");
    answer(&mut model, &["192.0.2.2"]);
    press(&mut model, KeyCode::Esc);
    key(&mut model, 'c');
    nothing_is_done(&mut model, "other groups, not answered");
    answer_groups(&mut model, &[("192.0.2.0/24", 5)]);
    assert_eq!(model.target().as_deref(), Some("192.0.2.0/24"));
    line(&mut model, "port:22");
    press(&mut model, KeyCode::Enter);
    nothing_is_done(&mut model, "groups of another filter");
}

#[test]
fn of_groups_what_came_in_its_place_is_not_hit() {
    let mut model = model(Tab::Connections);
    key(&mut model, 'c');
    answer_groups(&mut model, &[("192.0.2.2", 1), ("192.0.2.3", 1)]);
    assert_eq!(model.target().as_deref(), Some("192.0.2.2"));
    let query = model.connections.group_query().expect("a question");
    let list = aegis_api::FlowGroupList {
        groups: vec![fixture::group("192.0.2.3", 1, 0)],
        ..Default::default()
    };
    tell(&mut model, Told::Groups(query, list));
    nothing_is_done(&mut model, "its last connection has ended");
    press(&mut model, KeyCode::Enter);
    assert!(
        notice(&model).starts_with("select a group"),
        "{}",
        notice(&model)
    );
    key(&mut model, 'j');
    assert_eq!(model.target().as_deref(), Some("192.0.2.3"));
}

#[test]
fn nothing_is_lifted_before_somebody_moves_nor_what_came_in_the_place_of_another() {
    let all = || {
        vec![
            fixture::ban("192.0.2.1"),
            fixture::ban("192.0.2.2"),
            fixture::ban("192.0.2.3"),
        ]
    };
    let mut model = model(Tab::Bans);
    tell_bans(&mut model, all());
    for letter in ['d', ' ', '+'] {
        assert_eq!(key(&mut model, letter), [], "{letter}");
        assert!(model.overlay.is_none(), "{letter}");
    }
    key(&mut model, 'j');
    key(&mut model, 'j');
    assert_eq!(model.bans.target(), Some("192.0.2.2"));
    tell_bans(
        &mut model,
        vec![
            fixture::ban("192.0.2.9"),
            fixture::ban("192.0.2.1"),
            fixture::ban("192.0.2.2"),
        ],
    );
    assert_eq!(model.bans.target(), Some("192.0.2.2"), "wherever it goes");
    tell_bans(
        &mut model,
        vec![fixture::ban("192.0.2.1"), fixture::ban("192.0.2.3")],
    );
    assert_eq!(key(&mut model, 'd'), [], "its time has come");
    tell_bans(&mut model, all());
    assert_eq!(key(&mut model, 'd'), [], "nor is it once it is back");
}

#[test]
fn what_a_cut_list_does_not_tell_of_has_not_ended() {
    let mut model = model(Tab::Connections);
    told(
        &mut model,
        vec![flow("192.0.2.1", 1), flow("192.0.2.2", 2)],
        900,
    );
    key(&mut model, 'j');
    key(&mut model, 'j');
    told(
        &mut model,
        vec![flow("192.0.2.1", 1), flow("192.0.2.9", 9)],
        900,
    );
    assert_eq!(model.target().as_deref(), Some("192.0.2.2"));
    let picture = screen(&model, 160, 30).to_string();
    assert!(picture.contains("no longer among the first"), "{picture}");
    assert!(!picture.contains("it has ended"), "{picture}");
    told(&mut model, vec![flow("192.0.2.1", 1)], 1);
    let picture = screen(&model, 160, 30).to_string();
    assert!(picture.contains("it has ended"), "{picture}");
}

fn click(model: &mut Model, row: u16) {
    let event = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 5,
        row,
        modifiers: KeyModifiers::NONE,
    };
    assert_eq!(update(model, Message::Mouse(event)), []);
}

#[test]
fn a_click_moves_no_row_in_any_table() {
    let mut model = model(Tab::Connections);
    drop(update(&mut model, Message::Resized(80, 24)));
    let flows = (1..=99)
        .map(|number| flow(&format!("192.0.2.{number}"), 1))
        .collect();
    told(&mut model, flows, 99);
    tell_bans(
        &mut model,
        (1..=99)
            .map(|number| fixture::ban(&format!("192.0.2.{number}")))
            .collect(),
    );
    for tab in [Tab::Connections, Tab::Bans] {
        model.tab = tab;
        press(&mut model, KeyCode::End);
        let mut hit = Vec::new();
        for _ in 0..3 {
            click(&mut model, 10);
            hit.push(model.target());
        }
        assert!(
            hit[0].is_some() && hit.iter().all(|target| *target == hit[0]),
            "{hit:?}"
        );
        let line = screen(&model, 80, 24).to_string();
        let line = line.lines().nth(10).unwrap_or_default();
        assert!(line.contains(hit[0].as_deref().unwrap_or("?")), "{line}");
    }
}

#[test]
fn the_last_row_of_a_screen_is_left_by_one_row() {
    let mut model = model(Tab::Connections);
    drop(update(&mut model, Message::Resized(80, 24)));
    let flows = (1..=99)
        .map(|number| flow(&format!("192.0.2.{number}"), 1))
        .collect();
    told(&mut model, flows, 99);
    let top = |model: &Model| {
        let picture = screen(model, 80, 24).to_string();
        picture.lines().nth(3).unwrap_or_default().to_owned()
    };
    let before = top(&model);
    for _ in 0..18 {
        key(&mut model, 'j');
        assert_eq!(top(&model), before, "{:?}", model.target());
    }
    for _ in 0..2 {
        key(&mut model, 'j');
    }
    assert_ne!(top(&model), before);
}

#[test]
fn who_is_kept_from_new_connections_is_blocked_and_not_let_go() {
    let mut model = model(Tab::Connections);
    answer(&mut model, &["192.0.2.9"]);
    key(&mut model, 'j');
    tell_bans(&mut model, vec![detected("192.0.2.9")]);
    let effects = key(&mut model, ' ');
    assert!(matches!(change(&effects), Change::Ban(ban) if ban.target == "192.0.2.9"));
}

#[test]
fn of_whom_others_block_space_says_so() {
    let mut model = model(Tab::Connections);
    let mut banned = flow("192.0.2.9", 1);
    banned.standing = Standing::Banned;
    told(&mut model, vec![banned], 1);
    key(&mut model, 'j');
    assert_eq!(key(&mut model, ' '), []);
    assert!(notice(&model).contains("CrowdSec"), "{}", notice(&model));
    tell_bans(&mut model, vec![fixture::ban("192.0.2.9")]);
    let effects: Vec<Effect> = key(&mut model, ' ');
    assert!(
        matches!(change(&effects), Change::Unban(_)),
        "its own ban is lifted"
    );
}

#[test]
fn where_there_is_no_row_nothing_opens() {
    for tab in [Tab::Connections, Tab::Logs, Tab::Bans, Tab::Lists] {
        let mut model = model(tab);
        press(&mut model, KeyCode::Enter);
        assert!(
            model.pane_mut().is_some_and(|pane| !pane.is_open),
            "{tab:?}"
        );
        assert!(notice(&model).contains("no row"), "{}", notice(&model));
    }
}

#[test]
fn nothing_is_done_to_nobody() {
    let mut model = model(Tab::Connections);
    for letter in [' ', 'b', 'a', 'x', 'w', 'f', 'y'] {
        model.notice = None;
        assert_eq!(key(&mut model, letter), [], "{letter}");
        assert!(
            notice(&model).starts_with("select"),
            "{letter}: {}",
            notice(&model)
        );
    }
}
