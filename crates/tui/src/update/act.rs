// SPDX-License-Identifier: MIT
//! What keys ask for.

use super::{ban, changed, connections, lists, module, open, stats};
use crate::keys::Action;
use crate::message::Effect;
use crate::model::{Line, Model, Notice, Overlay, Purpose, Tab};

/// A screen, for who moves by screens.
const SCREEN: isize = 20;

/// Does it.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::NextTab => tab(model, 1),
        Action::PreviousTab => tab(model, Tab::ALL.len() - 1),
        Action::Up => step(model, -1),
        Action::Down => step(model, 1),
        Action::PageUp => step(model, -SCREEN),
        Action::PageDown => step(model, SCREEN),
        Action::First => step(model, isize::MIN),
        Action::Last => step(model, isize::MAX),
        Action::ToggleBan => ban::toggle(model),
        Action::Why => why(model),
        Action::Copy => copy(model),
        Action::Undo => changed::undo(model),
        Action::Module(number) => module::toggle(model, number),
        Action::AllModules => module::toggle_all(model),
        Action::Search => line(model, Purpose::Search),
        Action::CommandLine => line(model, Purpose::Command),
        Action::Defend => defend(model),
        Action::Help => open(model, Overlay::Help(0)),
        Action::Redraw => vec![Effect::Redraw],
        Action::Suspend => vec![Effect::Suspend],
        Action::Quit => vec![Effect::Quit],
        action => match model.tab {
            Tab::Connections => connections::act(model, action),
            Tab::Lists => lists::act(model, action),
            Tab::Stats => stats::act(model, action),
            Tab::Logs | Tab::Bans => vec![],
        },
    }
}

fn tab(model: &mut Model, steps: usize) -> Vec<Effect> {
    model.tab = model.tab.step(steps);
    vec![]
}

fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    if let Some(rows) = model.rows_mut() {
        rows.step(by);
    }
    vec![]
}

/// A prefix has no one reason: only of an address it can be told.
fn why(model: &mut Model) -> Vec<Effect> {
    let address = model.target().and_then(|target| target.parse().ok());
    match address {
        Some(address) => open(model, Overlay::Why(address, None)),
        None => nothing(
            model,
            "select an address, to tell why it is treated as it is",
        ),
    }
}

fn copy(model: &mut Model) -> Vec<Effect> {
    match model.target() {
        Some(target) => {
            model.notice = Some(Notice::good(format!("copied {target}"), model.now));
            vec![Effect::Copy(target)]
        }
        None => nothing(model, "select an address to copy"),
    }
}

fn line(model: &mut Model, purpose: Purpose) -> Vec<Effect> {
    let text = match (purpose, model.tab) {
        (Purpose::Search, Tab::Connections) => model.connections.search.clone(),
        _ => String::new(),
    };
    open(model, Overlay::Line(Line::new(purpose, text)))
}

/// The command that helps is put on the command line: Enter obeys it.
fn defend(model: &mut Model) -> Vec<Effect> {
    let Some(attack) = model.attacks.attacks.first() else {
        return nothing(model, "nothing goes on that would need anything");
    };
    match attack.remedy.clone() {
        Some(remedy) => open(model, Overlay::Line(Line::new(Purpose::Command, remedy))),
        None => {
            let text = format!("{}: {}", attack.summary, attack.response.join(" "));
            model.notice = Some(Notice::good(text, model.now));
            vec![]
        }
    }
}

/// There is nothing to do it to.
pub fn nothing(model: &mut Model, why: &str) -> Vec<Effect> {
    model.notice = Some(Notice::bad(why, model.now));
    vec![]
}
