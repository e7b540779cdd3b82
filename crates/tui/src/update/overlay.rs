// SPDX-License-Identifier: MIT
//! Keys of what lies over a tab.

use super::{block, command, open, request, running, typed};
use crate::message::{Change, Effect};
use crate::model::{Line, Model, Notice, Overlay, Purpose, Yes};
use crate::view;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

/// A key while something lies over the tab.
pub fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    if is_close(event) {
        return close(model);
    }
    match &mut model.overlay {
        Some(Overlay::Line(_)) => line(model, event),
        Some(Overlay::Confirm(_)) => confirm(model, event),
        Some(Overlay::Block(_)) => block::key(model, event),
        Some(Overlay::Help(_) | Overlay::Text(..) | Overlay::Attacks(_) | Overlay::Why(..)) => {
            let depth = view::depth(model);
            if let Some(
                Overlay::Help(scrolled)
                | Overlay::Text(_, _, scrolled)
                | Overlay::Attacks(scrolled)
                | Overlay::Why(_, _, scrolled),
            ) = &mut model.overlay
            {
                *scrolled = scroll(*scrolled, event.code, depth);
            }
            quit(model, event)
        }
        Some(Overlay::Running(_)) => running::key(model, event),
        None => vec![],
    }
}

fn is_close(event: KeyEvent) -> bool {
    let is_interrupt = event.code == KeyCode::Char('c') && event.modifiers == KeyModifiers::CONTROL;
    event.code == KeyCode::Esc || is_interrupt
}

fn close(model: &mut Model) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Running(_)) => running::end(model),
        Some(Overlay::Line(line)) if line.purpose == Purpose::Search => {
            model.search_given_up();
            vec![]
        }
        _ => vec![],
    }
}

/// What is only read ends by `q` too, and by the key that opened it.
fn quit(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    if matches!(
        event.code,
        KeyCode::Char('q' | '?' | 'w' | 'A') | KeyCode::Enter
    ) {
        model.overlay = None;
    }
    vec![]
}

/// How far a window is scrolled after a key; at the most to its last line.
pub fn scroll(scrolled: u16, code: KeyCode, depth: u16) -> u16 {
    let scrolled = scrolled.min(depth);
    let to: u16 = match code {
        KeyCode::Down | KeyCode::Char('j') => scrolled.saturating_add(1),
        KeyCode::Up | KeyCode::Char('k') => scrolled.saturating_sub(1),
        KeyCode::PageDown => scrolled.saturating_add(10),
        KeyCode::PageUp => scrolled.saturating_sub(10),
        KeyCode::Home | KeyCode::Char('g') => 0,
        KeyCode::End | KeyCode::Char('G') => depth,
        _ => scrolled,
    };
    to.min(depth)
}

/// Yes is one key; every other one is no.
fn confirm(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Confirm(confirm)) = model.overlay.take() else {
        return vec![];
    };
    match event.code {
        KeyCode::Char('y' | 'Y') => match confirm.yes {
            Yes::Change(change) => request(model, change),
            Yes::Obey(words, does) => running::begin(model, words, does),
        },
        _ => {
            model.notice = Some(Notice::good("nothing was done", model.now));
            vec![]
        }
    }
}

fn line(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Line(line)) = &mut model.overlay else {
        return vec![];
    };
    if line.asked.is_some() {
        return vec![];
    }
    if line.purpose == Purpose::Command {
        line.offers.clear();
    }
    match (event.code, &line.purpose) {
        (KeyCode::Enter, _) => return finished(model),
        (KeyCode::Tab, Purpose::Command) => return command::complete(line),
        (KeyCode::Up, Purpose::Command) => command::recall(line, &model.typed, 1),
        (KeyCode::Down, Purpose::Command) => command::recall(line, &model.typed, -1),
        _ => {
            line.input.handle_event(&Event::Key(event));
        }
    }
    changed(model);
    vec![]
}

/// A search filters while it is typed; of anything else it is found out at the end whether it makes
/// sense.
fn changed(model: &mut Model) {
    let Some(Overlay::Line(line)) = &mut model.overlay else {
        return;
    };
    line.problem = None;
    if line.purpose == Purpose::Search {
        let text = line.input.value().to_owned();
        model.search(&text);
        let problem = model.search_problem().map(str::to_owned);
        if let Some(Overlay::Line(line)) = &mut model.overlay {
            line.problem = problem;
        }
    }
}

/// What makes no sense stays to be mended, with what is wrong with it.
fn finished(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Line(line)) = model.overlay.take() else {
        return vec![];
    };
    let text = line.input.value().trim().to_owned();
    match line.purpose {
        Purpose::Search => return searched(model, line),
        Purpose::Command => return command::finished(model, &text),
        _ => {}
    }
    match typed::effect(model, &line.purpose, &text) {
        Ok(Some(Effect::Change(change))) => asked(model, line, change),
        Ok(effect) => effect.into_iter().collect(),
        Err(problem) => {
            let problem = Some(problem);
            open(model, Overlay::Line(Line { problem, ..line }))
        }
    }
}

/// What makes no sense as it is stays, too.
fn searched(model: &mut Model, line: Line) -> Vec<Effect> {
    model.search_finished();
    match model.search_problem().map(str::to_owned) {
        None => vec![],
        problem => open(model, Overlay::Line(Line { problem, ..line })),
    }
}

/// It stays until the daemon has answered, to show what is wrong where it can be mended.
pub fn asked(model: &mut Model, line: Line, change: Change) -> Vec<Effect> {
    let effects = request(model, change.clone());
    if !effects.is_empty() {
        let asked = Some(change);
        model.overlay = Some(Overlay::Line(Line { asked, ..line }));
    }
    effects
}

/// The most that is pasted at once, letters: more is no line.
const MOST_PASTED: usize = 4_096;

/// Puts text where the cursor is: as one line, of which words stay apart.
pub fn insert(input: &mut Input, text: &str) {
    let letters = text.chars().take(MOST_PASTED);
    let plain: String = letters
        .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
        .filter(|letter| !letter.is_control())
        .collect();
    let (before, after) = split(input);
    let cursor = before.chars().count() + plain.chars().count();
    let whole = format!("{before}{plain}{after}");
    *input = Input::new(whole).with_cursor(cursor);
}

fn split(input: &Input) -> (&str, &str) {
    let at = input.value().char_indices().nth(input.cursor());
    let at = at.map_or(input.value().len(), |(at, _)| at);
    input.value().split_at(at)
}

/// Pasted text goes into the line that is being typed, and is no key anywhere.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(Overlay::Line(Line { input, .. })) = &mut model.overlay {
        insert(input, text);
        changed(model);
    }
    if let Some(Overlay::Block(dialog)) = &mut model.overlay {
        block::paste(dialog, text);
    }
    vec![]
}
