// SPDX-License-Identifier: MIT
//! What connections are filtered by, key by key.

use super::*;

#[test]
fn escape_from_a_line_leaves_the_filter_as_it_was_before() {
    for tab in [Tab::Connections, Tab::Logs, Tab::Bans, Tab::Lists] {
        let mut model = busy();
        model.tab = tab;
        line(&mut model, "\"a b\"");
        press(&mut model, KeyCode::Enter);
        if tab == Tab::Connections {
            answer(&mut model, &[]);
        }
        for more in [" x", " nation:", " \""] {
            line(&mut model, more);
            press(&mut model, KeyCode::Esc);
            assert_eq!(model.filter_in_force(), "\"a b\"", "{tab:?}: {more}");
            assert_eq!(model.search_problem(), None);
        }
    }
}

#[test]
fn escape_clears_the_filter_and_then_does_nothing() {
    let mut model = busy();
    line(&mut model, "port:22");
    press(&mut model, KeyCode::Enter);
    assert_eq!(shown(&model), "port:22");
    press(&mut model, KeyCode::Esc);
    assert_eq!(shown(&model), "");
    assert_eq!(press(&mut model, KeyCode::Esc), []);
}

#[test]
fn what_the_daemon_refuses_is_told_where_it_is_typed() {
    let mut model = busy();
    line(&mut model, "state:nonsense");
    let filter = model.connections.filter().clone();
    let refused = Told::Refused(filter, "no connection is ever \"nonsense\"".to_owned());
    drop(update(&mut model, Message::Told(refused)));
    let Some(Overlay::Line(line)) = &model.overlay else {
        panic!("no line");
    };
    assert!(line.problem.is_some());
    assert_eq!(shown(&model), "");
}
