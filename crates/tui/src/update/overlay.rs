// SPDX-License-Identifier: MIT
//! Keys of what lies over a tab.

use super::command;
use crate::message::{Effect, Obeyed};
use crate::model::{Line, Model, Notice, Overlay, Purpose, Tab};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler;

/// A key while something lies over the tab.
pub fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    if is_close(event) {
        model.overlay = None;
        return vec![];
    }
    match &mut model.overlay {
        Some(Overlay::Line(_)) => line(model, event),
        Some(Overlay::Help(scrolled) | Overlay::Text(_, _, scrolled)) => {
            scroll(scrolled, event.code);
            quit(model, event)
        }
        Some(Overlay::Why(..)) | None => quit(model, event),
    }
}

fn is_close(event: KeyEvent) -> bool {
    let is_interrupt = event.code == KeyCode::Char('c') && event.modifiers == KeyModifiers::CONTROL;
    event.code == KeyCode::Esc || is_interrupt
}

/// What is only read ends by `q` too, and by the key that opened it.
fn quit(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    if matches!(event.code, KeyCode::Char('q' | '?' | 'w') | KeyCode::Enter) {
        model.overlay = None;
    }
    vec![]
}

fn scroll(scrolled: &mut u16, code: KeyCode) {
    *scrolled = match code {
        KeyCode::Down | KeyCode::Char('j') => scrolled.saturating_add(1),
        KeyCode::Up | KeyCode::Char('k') => scrolled.saturating_sub(1),
        KeyCode::PageDown => scrolled.saturating_add(10),
        KeyCode::PageUp => scrolled.saturating_sub(10),
        _ => *scrolled,
    };
}

fn line(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Line(line)) = &mut model.overlay else {
        return vec![];
    };
    line.offers.clear();
    match (event.code, line.purpose) {
        (KeyCode::Enter, _) => return finished(model),
        (KeyCode::Tab, Purpose::Command) => return command::complete(line),
        (KeyCode::Up, Purpose::Command) => command::recall(line, &model.typed, 1),
        (KeyCode::Down, Purpose::Command) => command::recall(line, &model.typed, -1),
        _ => {
            line.input.handle_event(&Event::Key(event));
        }
    }
    typed(model);
    vec![]
}

/// A search filters while it is typed.
fn typed(model: &mut Model) {
    let Some(Overlay::Line(Line {
        purpose: Purpose::Search,
        input,
        ..
    })) = &model.overlay
    else {
        return;
    };
    if model.tab == Tab::Connections {
        input.value().clone_into(&mut model.connections.search);
    }
}

fn finished(model: &mut Model) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Line(line)) if line.purpose == Purpose::Command => {
            command::finished(model, line.input.value().trim())
        }
        _ => vec![],
    }
}

/// Pasted text goes into the line that is being typed, and is no key anywhere.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(Overlay::Line(Line { input, .. })) = &mut model.overlay {
        let plain = text.chars().filter(|letter| !letter.is_control());
        for letter in plain {
            input.handle(tui_input::InputRequest::InsertChar(letter));
        }
        typed(model);
    }
    vec![]
}

/// A line has been obeyed: what it printed is shown, where that is more than a line.
pub fn obeyed(model: &mut Model, obeyed: &Obeyed) {
    let lines: Vec<String> = obeyed.text.lines().map(str::to_owned).collect();
    match lines.as_slice() {
        [] | [_] => {
            let text = lines.first().cloned().unwrap_or_else(|| "done".to_owned());
            model.notice = Some(match obeyed.code {
                Some(0) => Notice::good(text, model.now),
                _ => Notice::bad(text, model.now),
            });
        }
        _ => model.overlay = Some(Overlay::Text(obeyed.line.clone(), lines, 0)),
    }
}
