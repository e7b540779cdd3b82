// SPDX-License-Identifier: MIT

use crate::fixture::{ban, event, flow, model, press, screen, tell, tell_bans, why};
use crate::message::{Change, Effect, Message, Told};
use crate::model::{Model, Overlay, Tab};
use crate::update::update;
use aegis_api::{BanRequest, FlowList, UnbanRequest};
use std::path::Path;

fn busy() -> Model {
    let mut model = model(Tab::Logs);
    for (source, reason, second) in [
        ("192.0.2.1", "port_scan", -9),
        ("192.0.2.2", "tcp_xmas", -8),
        ("192.0.2.3", "syn_cookie", -7),
    ] {
        let event = Box::new(event(source, reason, second));
        tell(&mut model, Told::Event(event));
    }
    model
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| &notice.text)
}

#[test]
fn space_blocks_nobody_before_a_row_is_selected_and_then_its_source() {
    let mut model = busy();
    assert_eq!(press(&mut model, " "), []);
    assert!(notice(&model).contains("select a row first"));
    let blocked = Effect::Change(Change::Ban(BanRequest {
        target: "192.0.2.2".to_owned(),
        ..BanRequest::default()
    }));
    assert_eq!(press(&mut model, "jj "), [blocked]);
    tell_bans(&mut model, vec![ban("192.0.2.2")]);
    let unblocked = Effect::Change(Change::Unban(UnbanRequest {
        target: "192.0.2.2".to_owned(),
        ..UnbanRequest::default()
    }));
    assert_eq!(press(&mut model, " "), [unblocked]);
}

#[test]
fn w_tells_why_and_c_shows_the_connections_of_the_source() {
    let mut model = busy();
    press(&mut model, "jw");
    let address = "192.0.2.3".parse().expect("an address");
    assert!(matches!(model.overlay, Some(Overlay::Why(of, None, _)) if of == address));
    assert_eq!(model.wanted().why, Some(address));
    tell(&mut model, Told::Why(Box::new(why("192.0.2.3"))));
    assert!(matches!(&model.overlay, Some(Overlay::Why(_, Some(known), _)) if known.flows == 1));
    press(&mut model, "\u{1b}c");
    assert_eq!(model.tab, Tab::Connections);
    assert_eq!(model.searched(), "192.0.2.3");
    let flows = vec![flow("192.0.2.3", 40_000)];
    let list = FlowList {
        flows,
        ..FlowList::default()
    };
    let query = model
        .connections
        .query()
        .expect("connections are asked for");
    tell(&mut model, Told::Flows(query, list));
    press(&mut model, "j");
    assert_eq!(model.target().as_deref(), Some("192.0.2.3"));
}

#[test]
fn what_is_opened_stays_the_same_even_if_what_was_selected_is_filtered_out() {
    let mut model = busy();
    press(&mut model, "jj/192.0.2.3\n\n");
    assert!(model.logs.pane.is_open);
    let peer = |model: &Model| model.logs.told().and_then(crate::model::Group::peer);
    let opened = peer(&model);
    assert_eq!(opened, "192.0.2.3".parse().ok());
    let newer = event("192.0.2.3", "tcp_xmas", 5);
    tell(&mut model, Told::Event(Box::new(newer)));
    let reason = model.logs.told().map(|group| &*group.newest().threat_type);
    assert_eq!((peer(&model), reason), (opened, Some("syn_cookie")));
}

#[test]
fn p_pauses_and_goes_on() {
    let mut model = busy();
    press(&mut model, "p");
    let event = Box::new(event("192.0.2.4", "port_scan", 0));
    tell(&mut model, Told::Event(event));
    assert_eq!(model.logs.waiting(), Some(1));
    assert_eq!(model.logs.book().shown(), 3);
    press(&mut model, "p");
    assert_eq!(model.logs.book().shown(), 4);
}

#[test]
fn enter_opens_the_evidence_and_esc_goes_back_step_by_step() {
    let mut model = busy();
    press(&mut model, "/reason:scan\n\n");
    assert!(model.logs.pane.is_open && model.logs.selected().is_some());
    assert_eq!(model.logs.book().shown(), 1);
    press(&mut model, "\u{1b}");
    assert!(!model.logs.pane.is_open);
    press(&mut model, "\u{1b}");
    assert_eq!((model.searched(), model.logs.book().shown()), ("", 3));
    press(&mut model, "\u{1b}");
    assert!(model.logs.selected().is_none());
}

#[test]
fn a_filter_is_in_force_while_it_is_typed_and_mistakes_are_told() {
    let mut model = busy();
    press(&mut model, "/port:99");
    assert_eq!(model.logs.book().shown(), 0);
    press(&mut model, " colour:red");
    let problem = match &model.overlay {
        Some(Overlay::Line(line)) => line.problem.clone().unwrap_or_default(),
        _ => String::new(),
    };
    assert!(problem.contains("keys are reason, country"), "{problem}");
}

#[test]
fn e_says_how_much_of_what_came_is_kept_before_it_writes() {
    let mut model = model(Tab::Logs);
    for second in 0..20 {
        let event = event("192.0.2.1", "port_scan", second);
        tell(&mut model, Told::Event(Box::new(event)));
    }
    press(&mut model, "e");
    for (width, height) in [(80, 24), (40, 12)] {
        let picture = screen(&model, width, height).to_string();
        assert!(picture.contains("8 of 20 events"), "{picture}");
    }
    press(&mut model, "x");
    let picture = screen(&model, 80, 24).to_string();
    assert!(
        picture.contains("of 20 packets"),
        "also while it is typed: {picture}"
    );
    let effects = press(&mut model, "\n");
    let [Effect::Export(_, events, extent)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!((events.len() as u64, extent.events), (extent.kept, 20));
}

#[test]
fn e_writes_what_is_shown_to_a_file_that_is_asked_for() {
    let mut model = busy();
    press(&mut model, "/reason:scan\n");
    let effects = press(&mut model, "e\n");
    let [Effect::Export(path, events, _)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let expected = Path::new("./aegis-events-19700101T010000Z.jsonl");
    assert_eq!((path.as_path(), events.len()), (expected, 1));
    let words = update(&mut model, Message::Exported(Err("no".to_owned())));
    assert_eq!((words, notice(&model)), (vec![], "no"));
    press(&mut model, "/nothing\n");
    assert_eq!(press(&mut model, "e"), []);
    assert!(model.overlay.is_none(), "there is nothing to write");
}

#[test]
fn events_that_did_not_get_here_are_counted() {
    let mut model = busy();
    tell(&mut model, Told::Missed(7));
    tell(&mut model, Told::Missed(5));
    assert_eq!(model.logs.missed, 12);
}
