// SPDX-License-Identifier: MIT

use crate::fixture::{aside, list, model, press, screen};
use crate::message::{Change, Effect, Message, Outcome};
use crate::model::{Model, Overlay, Selectable, Standing, Tab};
use crate::update::update;
use aegis_api::{
    ListAction, ListReleaseRequest, ListStatus, ListSwitchRequest, ListUpdateRequest, ListsAnswer,
};

fn busy() -> Model {
    let mut model = model(Tab::Lists);
    let alert = ListStatus {
        action: ListAction::Alert,
        ..list("tor")
    };
    model.lists.arrived(ListsAnswer {
        enabled: true,
        lists: vec![list("drop"), alert, aside("feodo")],
        ..ListsAnswer::default()
    });
    press(&mut model, "g");
    model
}

fn switch(name: &str, enabled: Option<bool>, action: Option<ListAction>) -> Vec<Effect> {
    let request = ListSwitchRequest {
        name: name.to_owned(),
        enabled,
        action,
    };
    vec![Effect::Change(Change::SwitchList(request))]
}

/// The daemon has done what is asked of it.
fn answered(model: &mut Model, effects: &[Effect]) {
    let [Effect::Change(change @ Change::SwitchList(request))] = effects else {
        panic!("{effects:?}");
    };
    let mut list = model.lists.of(&request.name).expect("a list").clone();
    list.enabled = request.enabled.unwrap_or(list.enabled);
    list.action = request.action.unwrap_or(list.action);
    let outcome = Box::new(Outcome::ListSwitched(list));
    let message = Message::Changed(change.clone(), Ok(outcome));
    assert_eq!(update(model, message), []);
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| &notice.text)
}

#[test]
fn t_switches_a_list_and_m_what_it_does_and_undo_switches_back() {
    let mut model = busy();
    let effects = press(&mut model, "t");
    assert_eq!(effects, switch("drop", Some(false), None));
    answered(&mut model, &effects);
    assert_eq!(notice(&model), "list drop: off; u takes it back");
    let back = press(&mut model, "u");
    assert_eq!(back, switch("drop", Some(true), None));
    answered(&mut model, &back);
    let effects = press(&mut model, "jm");
    assert_eq!(effects, switch("tor", None, Some(ListAction::Block)));
    answered(&mut model, &effects);
    assert_eq!(notice(&model), "list tor: block; u takes it back");
    let back = press(&mut model, "u");
    assert_eq!(back, switch("tor", None, Some(ListAction::Alert)));
}

#[test]
fn what_was_switched_is_shown_at_once_and_what_changed_nothing_is_not_taken_back() {
    let mut model = busy();
    let first = press(&mut model, "t");
    let second = press(&mut model, "t");
    assert_eq!(first, second, "the daemon has not answered yet");
    answered(&mut model, &first);
    let list = model.lists.of("drop").expect("a list");
    assert_eq!(model.lists.standing(list), Standing::Off);
    answered(&mut model, &second);
    assert_eq!(notice(&model), "list drop: off");
    assert_eq!(press(&mut model, "t"), switch("drop", Some(true), None));
    let back = press(&mut model, "u");
    assert_eq!(back, switch("drop", Some(true), None));
    answered(&mut model, &back);
    assert_eq!(press(&mut model, "u"), [], "the second one changed nothing");
}

#[test]
fn where_lists_are_off_altogether_each_of_them_is() {
    let mut model = busy();
    let lists = ListsAnswer {
        enabled: false,
        idle: Some("lists are off".to_owned()),
        ..model.lists.answer.clone()
    };
    model.lists.arrived(lists);
    press(&mut model, "/state:off\ng");
    assert_eq!(model.lists.count(), 3);
    let screen = screen(&model, 120, 40).to_string();
    assert!(screen.contains("state off (block"), "{screen}");
    let effects = press(&mut model, "m");
    answered(&mut model, &effects);
    let text = notice(&model);
    assert!(
        text.contains("nothing comes of it: lists are off"),
        "{text}"
    );
}

#[test]
fn nothing_is_done_to_a_list_before_one_is_selected() {
    let mut model = busy();
    model.lists.release();
    for key in ["t", "m", "U", "R"] {
        assert_eq!(press(&mut model, key), [], "{key}");
        assert_eq!(notice(&model), "select a list first");
    }
}

#[test]
fn capital_u_asks_for_the_list_again() {
    let mut model = busy();
    let name = Some("drop".to_owned());
    let update = Change::UpdateList(ListUpdateRequest { name });
    assert_eq!(press(&mut model, "U"), [Effect::Change(update)]);
}

#[test]
fn a_copy_that_was_put_aside_is_taken_after_a_question() {
    let mut model = busy();
    assert_eq!(press(&mut model, "R"), []);
    assert!(model.overlay.is_none(), "none was put aside");
    press(&mut model, "GR");
    let Some(Overlay::Confirm(confirm)) = &model.overlay else {
        panic!("it is asked");
    };
    assert!(confirm.question.contains("feodo") && confirm.question.contains("90000"));
    assert_eq!(press(&mut model, "n"), []);
    let name = "feodo".to_owned();
    let release = Change::ReleaseList(ListReleaseRequest { name });
    assert_eq!(press(&mut model, "Ry"), [Effect::Change(release)]);
}

#[test]
fn the_selected_list_is_asked_about_and_only_while_lists_are_shown() {
    let mut model = busy();
    press(&mut model, "j");
    assert_eq!(model.wanted().list.as_deref(), Some("tor"));
    assert!(model.wanted().geo);
    model.tab = Tab::Bans;
    let wanted = model.wanted();
    assert!(wanted.list.is_none() && !wanted.geo && wanted.allowlist);
}

#[test]
fn a_list_is_found_by_how_it_stands() {
    let mut model = busy();
    press(&mut model, "/state:quar\n");
    let found = model.lists.list(0).expect("one of them");
    assert_eq!(model.lists.standing(found), Standing::Quarantined);
    assert_eq!(model.lists.count(), 1);
    press(&mut model, "\u{1b}");
    assert_eq!(model.lists.count(), 3);
}
