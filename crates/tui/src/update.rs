// SPDX-License-Identifier: MIT
//! The one place that changes the model. It is pure: what is to be done in the world is returned.

mod act;
mod ban;
mod bans;
mod block;
mod changed;
mod command;
mod connections;
mod lists;
mod logs;
mod module;
mod outcome;
mod overlay;
mod restore;
mod running;
mod stats;
mod told;
mod typed;

use crate::keys;
use crate::message::{Change, Effect, Message};
use crate::model::{Link, Model, Notice, Overlay};
use crate::view;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};

/// Takes note of a message.
#[must_use]
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    // Whatever else comes is drawn within the tick.
    let settles = matches!(
        message,
        Message::Key(_) | Message::Mouse(_) | Message::Resized(..) | Message::Tick(_)
    );
    let effects = noted(model, message);
    if settles && model.screen != (0, 0) {
        model.settle(view::table_height(model));
    }
    effects
}

fn noted(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(event) => key(model, event),
        Message::Mouse(event) => mouse(model, event),
        Message::Suspend => act::act(model, keys::Action::Suspend),
        Message::Pasted(text) => overlay::paste(model, &text),
        Message::Resized(columns, lines) => {
            model.screen = (columns, lines);
            vec![]
        }
        Message::Tick(now) => {
            model.now = now;
            model.stats.senders.fade();
            model.notice.take_if(|notice| notice.is_over(now));
            running::wait(model);
            vec![]
        }
        Message::Told(told) => {
            told::told(model, told);
            vec![]
        }
        Message::Processes(found) => {
            model.connections.processes.extend(found);
            vec![]
        }
        Message::Lost(why) => {
            lost(model, why);
            vec![]
        }
        Message::Changed(change, result) => {
            changed::changed(model, change, result.map(|outcome| *outcome));
            vec![]
        }
        Message::Printed(id, lines) => {
            running::printed(model, id, lines);
            vec![]
        }
        Message::Obeyed(id, obeyed) => {
            running::obeyed(model, id, obeyed);
            vec![]
        }
        Message::Exported(result) => {
            model.notice = Some(match result {
                Ok(words) => Notice::good(words, model.now),
                Err(why) => Notice::bad(why, model.now),
            });
            vec![]
        }
        Message::Offered(asked, start, words) => {
            command::offered(model, &asked, start, words);
            vec![]
        }
    }
}

fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return vec![];
    }
    if model.overlay.is_some() {
        return overlay::key(model, event);
    }
    let action = keys::action(model.tab, event);
    action.map_or_else(Vec::new, |action| act::act(model, action))
}

/// The wheel moves like the arrows; what is clicked is selected, sorted by, or shown.
fn mouse(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    match event.kind {
        MouseEventKind::ScrollUp => wheel(model, KeyCode::Up),
        MouseEventKind::ScrollDown => wheel(model, KeyCode::Down),
        MouseEventKind::Down(MouseButton::Left) if model.overlay.is_none() => {
            if let Some(spot) = view::spot(model, (event.column, event.row)) {
                connections::click(model, spot);
            }
            vec![]
        }
        _ => vec![],
    }
}

/// What is being typed or asked has no lines to scroll.
fn wheel(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    match model.overlay {
        Some(Overlay::Line(_) | Overlay::Confirm(_) | Overlay::Block(_)) => vec![],
        _ => key(model, code.into()),
    }
}

/// The first time it does not answer is what counts.
fn lost(model: &mut Model, why: String) {
    let since = match &model.link {
        Link::Lost(since, _) => *since,
        Link::Connecting | Link::Live => model.now,
    };
    model.link = Link::Lost(since, why);
}

/// Has the daemon change something, where it may be changed from here.
fn request(model: &mut Model, change: Change) -> Vec<Effect> {
    match is_refused_here(model) {
        true => vec![],
        false => vec![Effect::Change(change)],
    }
}

/// Whether nothing may be changed from here, which is told then.
fn is_refused_here(model: &mut Model) -> bool {
    if model.about.is_read_only {
        let text = "nothing may be changed from here: it was started with --read-only";
        model.notice = Some(Notice::bad(text, model.now));
    }
    model.about.is_read_only
}

/// Opens what lies over the tab.
fn open(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay);
    vec![]
}
