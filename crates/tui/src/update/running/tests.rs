// SPDX-License-Identifier: MIT

use crate::fixture::{model, moment, press, screen};
use crate::message::{Effect, Message, Obeyed};
use crate::model::{Model, Overlay, Tab};
use crate::update::update;

fn say(model: &mut Model, message: Message) {
    assert_eq!(update(model, message), []);
}

/// A command that has printed so many lines, and has not ended for so many seconds.
fn running(lines: usize, seconds: i64) -> Model {
    let mut model = model(Tab::Connections);
    model.screen = (40, 12);
    let words = vec!["events".to_owned(), "--follow".to_owned()];
    let effects = press(&mut model, ":events --follow\n");
    assert_eq!(effects, [Effect::Obey(1, words)]);
    print(&mut model, lines);
    say(&mut model, Message::Tick(moment(seconds)));
    model
}

fn print(model: &mut Model, lines: usize) {
    let lines = (0..lines).map(|line| format!("line {line}")).collect();
    say(model, Message::Printed(1, lines));
}

fn ended(model: &mut Model, code: Option<i32>) {
    let obeyed = Obeyed {
        text: String::new(),
        code,
    };
    say(model, Message::Obeyed(1, obeyed));
}

fn shown(model: &Model) -> String {
    screen(model, 40, 12).to_string()
}

#[test]
fn what_ends_soon_is_shown_at_its_end_and_what_does_not_while_it_runs() {
    let mut soon = running(3, 1);
    assert!(soon.overlay.is_none());
    ended(&mut soon, Some(0));
    assert!(matches!(&soon.overlay, Some(Overlay::Text(_, lines, 0)) if lines.len() == 3));
    let mut long = running(30, 2);
    let picture = shown(&long);
    assert!(
        picture.contains("line 29") && picture.contains("Esc ends it"),
        "{picture}"
    );
    print(&mut long, 40);
    assert!(shown(&long).contains("line 39"), "the end stays in sight");
    press(&mut long, "k");
    print(&mut long, 50);
    assert!(
        !shown(&long).contains("line 49"),
        "but not for who reads above"
    );
    press(&mut long, "G");
    assert!(shown(&long).contains("line 49"));
    ended(&mut long, Some(0));
    assert!(
        shown(&long).contains("line 49"),
        "and it is read on once it has ended"
    );
    press(&mut long, "\u{1b}");
    assert!(long.overlay.is_none());
}

#[test]
fn esc_ends_it_and_what_it_still_says_is_not_shown() {
    let mut model = running(3, 2);
    assert_eq!(press(&mut model, "\u{1b}"), [Effect::Stop]);
    assert!(model.overlay.is_none() && model.running.is_none());
    print(&mut model, 3);
    ended(&mut model, None);
    assert!(model.overlay.is_none());
    let text = model.notice.as_ref().map_or("", |notice| &notice.text);
    assert_eq!(text, "ended `events --follow`");
}

#[test]
fn only_so_much_is_kept_and_the_rest_is_counted() {
    let mut model = running(5_000, 2);
    let kept = model
        .running
        .as_ref()
        .map(|it| (it.lines.len(), it.dropped));
    assert_eq!(kept, Some((2_000, 3_000)));
    ended(&mut model, Some(0));
    press(&mut model, "g");
    assert!(
        shown(&model).contains("3000 lines before"),
        "{}",
        shown(&model)
    );
}

#[test]
fn another_line_has_to_wait_and_the_first_is_shown() {
    let mut model = running(1, 0);
    assert_eq!(press(&mut model, ":status\n"), []);
    assert!(matches!(model.overlay, Some(Overlay::Running(None))));
    let text = model.notice.as_ref().map_or("", |notice| &notice.text);
    assert!(text.contains("has not ended"), "{text}");
}
