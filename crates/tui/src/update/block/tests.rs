// SPDX-License-Identifier: MIT

use crate::fixture::{ban, flow};
use crate::message::{Change, Effect, Message, Outcome, Told};
use crate::model::{About, BlockDialog, Hits, Model, Overlay};
use crate::update::update;
use aegis_api::{BanAnswer, BanRequest, EndedSockets, FlowList};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;

fn press(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn asked() -> Model {
    let mut model = Model::new(About::default(), Timestamp::UNIX_EPOCH);
    let query = model.connections.query().expect("a question");
    let list = FlowList {
        flows: vec![flow("192.0.2.1", 1)],
        matched: 1,
        total: 1,
    };
    drop(update(&mut model, Message::Told(Told::Flows(query, list))));
    press(&mut model, KeyCode::Char('b'));
    model
}

fn dialog(model: &Model) -> &BlockDialog {
    match &model.overlay {
        Some(Overlay::Block(dialog)) => dialog,
        other => panic!("no dialog: {other:?}"),
    }
}

fn wanted(effects: &[Effect]) -> BanRequest {
    match effects {
        [Effect::Change(Change::Ban(request))] => request.clone(),
        effects => panic!("no ban: {effects:?}"),
    }
}

#[test]
fn enter_blocks_the_address_for_an_hour() {
    let mut model = asked();
    let request = wanted(&press(&mut model, KeyCode::Enter));
    assert_eq!(
        (&*request.target, request.for_seconds),
        ("192.0.2.1", Some(3_600))
    );
    assert_eq!(press(&mut model, KeyCode::Enter), [], "it is asked once");
}

#[test]
fn arrows_choose_and_letters_type() {
    let mut model = asked();
    press(&mut model, KeyCode::Right);
    assert_eq!(dialog(&model).whom.text(), "192.0.2.0/24");
    press(&mut model, KeyCode::Tab);
    for letter in "90m".chars() {
        press(&mut model, KeyCode::Char(letter));
    }
    press(&mut model, KeyCode::Down);
    for letter in "scans a lot".chars() {
        press(&mut model, KeyCode::Char(letter));
    }
    let request = wanted(&press(&mut model, KeyCode::Enter));
    assert_eq!(
        (&*request.target, request.for_seconds),
        ("192.0.2.0/24", Some(5_400))
    );
    assert_eq!(request.reason.as_deref(), Some("scans a lot"));
}

#[test]
fn what_a_ban_would_hit_is_asked_for_while_it_is_chosen() {
    let mut model = asked();
    let filter = model.wanted().hits.expect("a question");
    assert_eq!(filter.peer.as_deref(), Some("192.0.2.1"));
    let hits = Hits {
        connections: 1,
        total: 1,
    };
    drop(update(&mut model, Message::Told(Told::Hits(filter, hits))));
    assert_eq!(dialog(&model).hits(), Some(hits));
    press(&mut model, KeyCode::Right);
    let filter = model.wanted().hits.expect("a question");
    assert_eq!(filter.peer.as_deref(), Some("192.0.2.0/24"));
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(model.wanted().hits, None);
}

#[test]
fn what_makes_no_sense_is_not_asked_for() {
    let mut model = asked();
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(press(&mut model, KeyCode::Enter), []);
    assert!(dialog(&model).problem.is_some());
}

#[test]
fn what_the_daemon_refuses_is_told_in_the_dialog_and_can_be_mended() {
    let mut model = asked();
    let request = wanted(&press(&mut model, KeyCode::Enter));
    let why = "192.0.2.1 is protected; use --force if you mean it".to_owned();
    let refused = Message::Changed(Change::Ban(request), Err(why.clone()));
    drop(update(&mut model, refused));
    assert_eq!(dialog(&model).problem.as_ref(), Some(&why));
    press(&mut model, KeyCode::Right);
    assert_eq!(dialog(&model).problem, None);
    wanted(&press(&mut model, KeyCode::Enter));
}

#[test]
fn what_is_done_closes_the_dialog_and_can_be_taken_back() {
    let mut model = asked();
    let request = wanted(&press(&mut model, KeyCode::Enter));
    let answer = BanAnswer {
        ban: ban("192.0.2.1"),
        renewed: false,
        before: None,
        overruled_by: None,
        sockets: EndedSockets {
            ended: 3,
            problem: None,
        },
        state_problem: None,
    };
    let outcome = Box::new(Outcome::Banned(answer));
    drop(update(
        &mut model,
        Message::Changed(Change::Ban(request), Ok(outcome)),
    ));
    assert!(model.overlay.is_none());
    let notice = model
        .notice
        .clone()
        .map(|notice| notice.text)
        .unwrap_or_default();
    assert_eq!(
        notice,
        "blocked 192.0.2.1 for good; 3 sockets ended; u takes it back"
    );
    let back = press(&mut model, KeyCode::Char('u'));
    assert!(
        matches!(&back[..], [Effect::Change(Change::Unban(_))]),
        "{back:?}"
    );
}

#[test]
fn escape_leaves_everything_as_it_is() {
    let mut model = asked();
    assert_eq!(press(&mut model, KeyCode::Esc), []);
    assert!(model.overlay.is_none());
}

#[test]
fn pasted_text_is_typed_without_what_a_terminal_would_obey() {
    let mut model = asked();
    let text = "198.51.100.0/24\x1b\n".to_owned();
    drop(update(&mut model, Message::Pasted(text)));
    assert_eq!(dialog(&model).whom.text(), "198.51.100.0/24");
}
