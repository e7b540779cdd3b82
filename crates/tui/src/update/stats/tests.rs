// SPDX-License-Identifier: MIT

use crate::fixture::{event, group, model, press, status, tell};
use crate::message::{Change, Effect, Told};
use crate::model::{Model, Overlay, StatsRow, Tab, Unit};
use aegis_api::{FlowGroupList, SecurityEvent};

/// With a source of drops, and two groups of connections, of one of which it is not known whose.
fn busy() -> Model {
    let mut model = model(Tab::Stats);
    model.screen = (80, 24);
    tell(&mut model, Told::Status(Box::new(status())));
    let flood = SecurityEvent {
        suppressed: 84_000,
        ..event("203.0.113.9", "syn_rate", 0)
    };
    tell(&mut model, Told::Event(Box::new(flood)));
    model.stats.senders.fade();
    let list = FlowGroupList {
        groups: vec![group("192.0.2.1", 17, 2_400_000), group("", 2, 800)],
        ..FlowGroupList::default()
    };
    let query = model.stats.query();
    tell(&mut model, Told::Groups(query, list));
    model
}

/// Selects a row.
fn select(model: &mut Model, row: &StatsRow) {
    for _ in 0..100 {
        press(model, "j");
        if model.stats.selected.as_ref() == Some(row) {
            return;
        }
    }
    panic!("{row:?} cannot be reached: {:?}", model.stats.selected);
}

fn sender() -> StatsRow {
    StatsRow::Sender("203.0.113.9".parse().expect("an address"))
}

#[test]
fn nothing_is_hit_before_somebody_moves() {
    let mut model = busy();
    assert_eq!(press(&mut model, " "), []);
    assert!(model.notice.take().is_some(), "it says so");
    assert_eq!(press(&mut model, "\n"), []);
    assert_eq!(model.tab, Tab::Stats);
}

#[test]
fn a_source_of_drops_is_acted_upon_as_elsewhere() {
    let mut model = busy();
    select(&mut model, &sender());
    let effects = press(&mut model, " ");
    let [Effect::Change(Change::Ban(ban))] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(ban.target, "203.0.113.9");
    press(&mut model, "w");
    assert!(matches!(model.overlay, Some(Overlay::Why(..))));
    press(&mut model, "qb");
    assert!(matches!(model.overlay, Some(Overlay::Block(_))));
    press(&mut model, "\u{1b}\n");
    assert_eq!(model.tab, Tab::Connections);
    assert_eq!(model.searched(), "203.0.113.9");
}

#[test]
fn a_source_that_is_gone_is_nobody() {
    let mut model = busy();
    select(&mut model, &sender());
    (0..300).for_each(|_| model.stats.senders.fade());
    assert_eq!(model.target(), None);
    assert_eq!(press(&mut model, " "), []);
}

#[test]
fn every_row_leads_to_where_more_is_known() {
    let mut model = busy();
    select(&mut model, &StatsRow::Group("192.0.2.1".to_owned()));
    assert_eq!(model.target().as_deref(), Some("192.0.2.1"));
    press(&mut model, "\n");
    assert_eq!(model.searched(), "192.0.2.1");
    let mut model = busy();
    select(&mut model, &StatsRow::Group(String::new()));
    assert_eq!(model.target(), None);
    press(&mut model, "\n");
    assert_eq!(model.tab, Tab::Stats, "no filter can tell");
    model.stats.selected = Some(StatsRow::Reason("syn_rate".to_owned()));
    press(&mut model, "\n");
    assert_eq!(
        (model.tab, model.searched()),
        (Tab::Logs, "reason:syn_rate")
    );
}

#[test]
fn charts_are_of_bytes_where_there_is_no_room_for_both() {
    let mut model = busy();
    press(&mut model, "v");
    assert_eq!(model.stats.unit, Unit::Bytes);
    model.screen = (120, 40);
    press(&mut model, "v");
    assert_eq!(model.stats.unit, Unit::Bytes);
    assert!(model.notice.is_some(), "it says why nothing changes");
}
