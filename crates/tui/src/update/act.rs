// SPDX-License-Identifier: MIT
//! What keys ask for.

use super::{ban, bans, changed, connections, lists, logs, module, open, running, stats};
use crate::keys::Action;
use crate::message::Effect;
use crate::model::{Caution, Line, Model, Notice, Overlay, Purpose, Tab, Way};

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
        Action::Undo => changed::go(model, Way::Back),
        Action::Again => changed::go(model, Way::Again),
        Action::Module(number) => module::toggle(model, number),
        Action::AllModules => module::toggle_all(model),
        Action::Search => line(model, Purpose::Search),
        Action::CommandLine => line(model, Purpose::Command),
        Action::Defend => defend(model),
        Action::Attacks => attacks(model),
        Action::Help => open(model, Overlay::Help(0)),
        Action::Redraw => vec![Effect::Redraw],
        Action::Suspend => suspend(model),
        Action::Quit => vec![Effect::Quit],
        // What is about to open over the tab is ended before it does.
        Action::Close if model.running.is_some() => running::end(model),
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
    match model.tab {
        // What there is to go through depends on the width of the screen.
        Tab::Stats => stats::step(model, by),
        _ => model.step(by),
    }
    vec![]
}

/// A pane that was opened is read by screens; else the table is.
fn page(model: &mut Model, by: isize) -> Vec<Effect> {
    match model.pane_mut().filter(|pane| pane.is_open) {
        Some(pane) => {
            pane.scroll(by / 2);
            vec![]
        }
        None => step(model, by),
    }
}

/// Opens what is told at length of the selected row, of the first one where none is, or closes it.
pub fn open_pane(model: &mut Model) -> Vec<Effect> {
    let is_open = model.pane_mut().is_some_and(|pane| pane.is_open);
    if !is_open && model.rows().selected().is_none() {
        model.step(1);
    }
    if !is_open && model.rows().selected().is_none() {
        return nothing(model, "there is no row to open");
    }
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

/// A process that guards must not stop: nothing would end bans, and no command would be answered.
fn suspend(model: &mut Model) -> Vec<Effect> {
    if !model.about.is_own {
        return vec![Effect::Suspend];
    }
    let text = "it does not stop: the daemon runs in this process, and would stop with it";
    nothing(model, text)
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
    let text = match (&purpose, model.searched()) {
        (Purpose::Search, searched) if !searched.is_empty() => format!("{searched} "),
        _ => String::new(),
    };
    ask(model, purpose, text)
}

/// Has a line typed that begins with a text.
pub fn ask(model: &mut Model, purpose: Purpose, text: impl Into<String>) -> Vec<Effect> {
    open(model, Overlay::Line(Line::new(purpose, text)))
}

/// The command that helps is put on the command line, with what to think of before: Enter obeys it.
/// Where there is none, what is known of what goes on is shown.
fn defend(model: &mut Model) -> Vec<Effect> {
    let attacks = model.attacks();
    if attacks.is_empty() {
        return nothing(model, "nothing goes on that would need anything");
    }
    match attacks.iter().find_map(Caution::of) {
        Some(caution) => open(model, Overlay::Line(Line::proposed(caution))),
        None => open(model, Overlay::Attacks(0)),
    }
}

/// Everything that is known of what goes on.
fn attacks(model: &mut Model) -> Vec<Effect> {
    match model.attacks().is_empty() {
        true => nothing(model, "no attack goes on"),
        false => open(model, Overlay::Attacks(0)),
    }
}

/// There is nothing to do it to.
pub fn nothing(model: &mut Model, why: &str) -> Vec<Effect> {
    model.notice = Some(Notice::bad(why, model.now));
    vec![]
}
