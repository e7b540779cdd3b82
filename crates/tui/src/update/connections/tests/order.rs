// SPDX-License-Identifier: MIT
//! Which connection comes first.

use super::{answer, busy, key};
use crate::message::Message;
use crate::model::{FlowOrder, Model, Process};
use crate::update::update;
use aegis_api::FlowSort;

#[test]
fn the_key_that_sorts_reaches_every_order_and_comes_back() {
    let mut model = busy();
    let begin = model.connections.order;
    let mut seen = Vec::new();
    for _ in crate::view::SORTS {
        assert!(!seen.contains(&model.connections.order));
        seen.push(model.connections.order);
        key(&mut model, 's');
    }
    assert_eq!(model.connections.order, begin);
    assert!(seen.contains(&FlowOrder::Process));
}

#[test]
fn programs_are_sorted_here_and_the_daemon_is_asked_as_before() {
    let mut model = busy();
    let ids: Vec<String> = {
        let rows = model.connections.listing.flows.iter();
        rows.map(|row| row.flow.id.clone()).collect()
    };
    let program = |name: &str| Process {
        name: name.to_owned(),
        ..Process::default()
    };
    let programs = [
        (ids[1].clone(), program("sshd")),
        (ids[2].clone(), program("curl")),
    ];
    drop(update(&mut model, Message::Processes(programs.into())));
    let shown = |model: &Model| -> Vec<usize> {
        let rows = model.connections.listing.flows.iter();
        let place = |id: &String| ids.iter().position(|other| other == id);
        rows.filter_map(|row| place(&row.flow.id)).collect()
    };
    model.connections.sort_by(FlowOrder::Process, false);
    assert_eq!(shown(&model), [2, 1, 0], "without a program it comes last");
    let query = model.wanted().flows.expect("a question");
    assert_eq!((query.sort, query.reverse), (FlowSort::Live, false));
    key(&mut model, 'r');
    assert_eq!(shown(&model), [1, 2, 0]);
    answer(&mut model, &["192.0.2.1", "192.0.2.2", "2001:db8::3"]);
    assert_eq!(shown(&model), [1, 2, 0], "and so at the next answer");
    key(&mut model, 's');
    let query = model.wanted().flows.expect("a question");
    assert_eq!(query.sort, FlowSort::Direction);
}

#[test]
fn sorting_goes_through_the_columns_and_turns_round() {
    let mut model = busy();
    let sort = |model: &Model| {
        let query = model.wanted().flows.expect("a question");
        (query.sort, query.reverse)
    };
    assert_eq!(sort(&model), (FlowSort::Live, false));
    key(&mut model, 's');
    assert_eq!(sort(&model), (FlowSort::LivePackets, false));
    key(&mut model, 'r');
    assert_eq!(sort(&model), (FlowSort::LivePackets, true));
    key(&mut model, 'S');
    assert_eq!(sort(&model), (FlowSort::Live, false));
}
