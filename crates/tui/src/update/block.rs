// SPDX-License-Identifier: MIT
//! The dialog that asks how to block.

use super::act::nothing;
use super::{is_refused_here, open, request};
use crate::message::{Change, Effect};
use crate::model::{BlockDialog, Model, Overlay, Question};
use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::backend::crossterm::EventHandler;

/// Asks how to block whom the selected row is about.
pub fn ask(model: &mut Model) -> Vec<Effect> {
    if is_refused_here(model) {
        return vec![];
    }
    match model.target() {
        Some(target) => open(model, Overlay::Block(Box::new(BlockDialog::of(&target)))),
        None => nothing(model, "select an address or a prefix to block"),
    }
}

/// A key while it is open.
pub fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Block(dialog)) = &mut model.overlay else {
        return vec![];
    };
    let before = Question::ALL.len() - 1;
    match (event.code, dialog.question) {
        (KeyCode::Enter, _) => return done(model),
        (KeyCode::Tab | KeyCode::Down, _) => dialog.step(1),
        (KeyCode::BackTab | KeyCode::Up, _) => dialog.step(before),
        (KeyCode::Left, Question::Whom | Question::HowLong) => choose(dialog, -1),
        (KeyCode::Right, Question::Whom | Question::HowLong) => choose(dialog, 1),
        _ => typed(dialog, event),
    }
    vec![]
}

fn choose(dialog: &mut BlockDialog, by: isize) {
    dialog.problem = None;
    if let Some(choice) = dialog.choice_mut() {
        choice.step(by);
    }
}

fn typed(dialog: &mut BlockDialog, event: KeyEvent) {
    dialog.problem = None;
    dialog.input_mut().handle_event(&Event::Key(event));
}

/// Text that was pasted.
pub fn paste(dialog: &mut BlockDialog, text: &str) {
    dialog.problem = None;
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        let insert = tui_input::InputRequest::InsertChar(letter);
        dialog.input_mut().handle(insert);
    }
}

/// It stays until the daemon has answered, to show what is wrong where it can be mended.
fn done(model: &mut Model) -> Vec<Effect> {
    let peer = model.about.peer;
    let Some(Overlay::Block(dialog)) = &mut model.overlay else {
        return vec![];
    };
    if dialog.asked.is_some() {
        return vec![];
    }
    match dialog.request(peer) {
        Ok(wanted) => {
            let change = Change::Ban(wanted);
            dialog.asked = Some(change.clone());
            dialog.problem = None;
            request(model, change)
        }
        Err(problem) => {
            dialog.problem = Some(problem);
            vec![]
        }
    }
}

/// The daemon has answered; whether that was to the dialog, or to a line that was typed, which then tells
/// what was wrong itself.
pub fn answered(model: &mut Model, change: &Change, problem: Option<&String>) -> bool {
    let (asked, shown) = match &mut model.overlay {
        Some(Overlay::Block(dialog)) => (&mut dialog.asked, &mut dialog.problem),
        Some(Overlay::Line(line)) => (&mut line.asked, &mut line.problem),
        _ => return false,
    };
    if asked.as_ref() != Some(change) {
        return false;
    }
    *asked = None;
    *shown = problem.cloned();
    if problem.is_none() {
        model.overlay = None;
    }
    problem.is_some()
}

#[cfg(test)]
mod tests;
