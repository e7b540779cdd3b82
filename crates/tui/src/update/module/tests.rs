// SPDX-License-Identifier: MIT

use crate::fixture::{REDO, model, press};
use crate::message::{Change, Effect, Message, Outcome};
use crate::model::{Model, Tab};
use crate::update::update;
use aegis_api::{Module, ModuleAnswer, ModuleRequest};

/// Two detectors, of which the second is off, and what is no detector.
fn one_off() -> Model {
    let mut model = model(Tab::Connections);
    model.modules = modules(&[
        ("port_scan", true),
        ("rate_limit", false),
        ("verbose", false),
    ]);
    model
}

fn modules(of: &[(&str, bool)]) -> Vec<Module> {
    let module = |&(name, on): &(&str, bool)| Module {
        name: name.to_owned(),
        on,
        summary: String::new(),
    };
    of.iter().map(module).collect()
}

fn switch(names: &[&str], on: bool) -> Vec<Effect> {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    vec![Effect::Change(Change::Switch(ModuleRequest { names, on }))]
}

/// The daemon has switched these.
fn answered(model: &mut Model, effects: Vec<Effect>, changed: &[&str]) -> String {
    let Ok([Effect::Change(change)]) = <[Effect; 1]>::try_from(effects) else {
        panic!("one change is asked for");
    };
    let Change::Switch(request) = &change else {
        panic!("{change:?}");
    };
    let mut modules = model.modules.clone();
    for module in &mut modules {
        module.on = match changed.contains(&&*module.name) {
            true => request.on,
            false => module.on,
        };
    }
    let answer = ModuleAnswer {
        changed: changed.iter().map(|&name| name.to_owned()).collect(),
        modules,
    };
    let outcome = Ok(Box::new(Outcome::Switched(answer)));
    assert_eq!(update(model, Message::Changed(change, outcome)), []);
    model
        .notice
        .take()
        .map_or_else(String::new, |notice| notice.text)
}

#[test]
fn undo_of_all_switches_only_those_that_were_off() {
    let mut model = one_off();
    let all = press(&mut model, "0");
    assert_eq!(all, switch(&["all"], true));
    let text = answered(&mut model, all, &["rate_limit"]);
    assert!(text.starts_with("rate_limit: on"), "{text}");
    let back = press(&mut model, "u");
    assert_eq!(back, switch(&["rate_limit"], false));
    let text = answered(&mut model, back, &["rate_limit"]);
    assert!(text.starts_with("rate_limit: off"), "{text}");
    assert_eq!(press(&mut model, REDO), switch(&["all"], true));
}

#[test]
fn undo_goes_back_through_every_change() {
    let mut model = one_off();
    let first = press(&mut model, "1");
    answered(&mut model, first, &["port_scan"]);
    let second = press(&mut model, "2");
    answered(&mut model, second, &["rate_limit"]);
    let back = press(&mut model, "u");
    assert_eq!(back, switch(&["rate_limit"], false));
    assert_eq!(press(&mut model, "u"), [], "one after the other");
    answered(&mut model, back, &["rate_limit"]);
    assert_eq!(press(&mut model, "u"), switch(&["port_scan"], true));
}

#[test]
fn nothing_is_switched_before_anybody_knows_what_is_on() {
    let mut model = model(Tab::Connections);
    assert_eq!(press(&mut model, "01"), []);
}
