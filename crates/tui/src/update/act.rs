// SPDX-License-Identifier: MIT
//! What keys ask for.

use super::{ban, bans, changed, connections, lists, logs, module, open, stats};
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
        Action::PageUp => page(model, -SCREEN),
        Action::PageDown => page(model, SCREEN),
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
            Tab::Logs => logs::act(model, action),
            Tab::Bans => bans::act(model, action),
            Tab::Stats => stats::act(model, action),
        },
    }
}

fn tab(model: &mut Model, steps: usize) -> Vec<Effect> {
    model.tab = model.tab.step(steps);
    vec![]
}

fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    model.step(by);
    vec![]
}

/// A pane that was opened is read by screens; else the table is.
fn page(model: &mut Model, by: isize) -> Vec<Effect> {
    match model.pane_mut().filter(|pane| pane.is_open) {
        Some(pane) => pane.scroll(by / 2),
        None => model.step(by),
    }
    vec![]
}

/// Opens what is told at length of the selected row, or closes it.
pub fn open_pane(model: &mut Model) -> Vec<Effect> {
    if let Some(pane) = model.pane_mut() {
        pane.toggle();
    }
    vec![]
}

/// Out of what is open: the pane, and then the filter. Whether there was anything.
pub fn close(model: &mut Model) -> bool {
    if let Some(pane) = model.pane_mut().filter(|pane| pane.is_open) {
        pane.toggle();
        return true;
    }
    let is_filtered = !model.searched().is_empty();
    if is_filtered {
        model.search("");
        model.search_finished();
    }
    is_filtered
}

/// Shows the connections of a peer and no others.
pub fn connections_of(model: &mut Model) -> Vec<Effect> {
    let Some(target) = model.target() else {
        return nothing(model, "select a row first, to see its connections");
    };
    model.tab = Tab::Connections;
    model.connections.follow(&target);
    vec![]
}

/// A prefix has no one reason: only of an address it can be told.
fn why(model: &mut Model) -> Vec<Effect> {
    let address = model.target().and_then(|target| target.parse().ok());
    match address {
        Some(address) => open(model, Overlay::Why(address, None, 0)),
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

/// A line to be typed; a search goes on from what is there.
fn line(model: &mut Model, purpose: Purpose) -> Vec<Effect> {
    let text = match purpose {
        Purpose::Search => model.searched().to_owned(),
        _ => String::new(),
    };
    ask(model, purpose, text)
}

/// Has a line typed that begins with a text.
pub fn ask(model: &mut Model, purpose: Purpose, text: impl Into<String>) -> Vec<Effect> {
    open(model, Overlay::Line(Line::new(purpose, text)))
}

/// The command that helps is put on the command line: Enter obeys it.
fn defend(model: &mut Model) -> Vec<Effect> {
    let Some(attack) = model.attack() else {
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
