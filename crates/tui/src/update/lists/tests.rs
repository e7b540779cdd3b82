// SPDX-License-Identifier: MIT

use crate::fixture::{aside, list, model, press};
use crate::message::{Change, Effect, Message, Outcome};
use crate::model::{Model, Overlay, Standing, Tab};
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

/// The daemon has switched it, and that is taken back.
fn undone(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    answered(model, effects);
    press(model, "u")
}

fn answered(model: &mut Model, effects: Vec<Effect>) {
    for effect in effects {
        let Effect::Change(change) = effect else {
            panic!("{effect:?}");
        };
        let outcome = Outcome::ListSwitched(list("drop"));
        let message = Message::Changed(change, Ok(Box::new(outcome)));
        assert_eq!(update(model, message), []);
    }
}

#[test]
fn t_switches_a_list_and_m_what_it_does_and_undo_switches_back() {
    let mut model = busy();
    let effects = press(&mut model, "t");
    assert_eq!(effects, switch("drop", Some(false), None));
    let back = undone(&mut model, effects);
    assert_eq!(back, switch("drop", Some(true), None));
    answered(&mut model, back);
    let effects = press(&mut model, "jm");
    assert_eq!(effects, switch("tor", None, Some(ListAction::Block)));
    let back = undone(&mut model, effects);
    assert_eq!(back, switch("tor", None, Some(ListAction::Alert)));
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
    let found = model.lists.selected().expect("one of them");
    assert_eq!(Standing::of(found), Standing::Quarantined);
    assert_eq!(model.lists.rows.count(), 1);
    press(&mut model, "\u{1b}");
    assert_eq!(model.lists.rows.count(), 3);
}
