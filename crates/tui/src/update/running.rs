// SPDX-License-Identifier: MIT
//! A line of the command line while it is obeyed, and once it has been.

use super::act::nothing;
use super::command;
use super::overlay::scroll;
use crate::command::Does;
use crate::message::{Effect, Obeyed};
use crate::model::{Model, Notice, Overlay, Running};
use crate::view;
use crossterm::event::{KeyCode, KeyEvent};

/// Has a line obeyed; one at a time.
pub fn begin(model: &mut Model, words: Vec<String>, does: Does) -> Vec<Effect> {
    if let Some(running) = &model.running {
        let text = format!(
            "`{}` has not ended yet; Esc in its window ends it",
            running.line
        );
        show(model);
        return nothing(model, &text);
    }
    model.begun += 1;
    let line = words.join(" ");
    model.notice = Some(Notice::good(format!("{line} …"), model.now));
    model.running = Some(Running::new(model.begun, (line, does), model.now));
    vec![Effect::Obey(model.begun, words)]
}

/// Time went by: what takes long is shown, unless something else lies over the tab.
pub fn wait(model: &mut Model) {
    let is_long = |running: &Running| running.is_long(model.now);
    if model.overlay.is_none() && model.running.as_ref().is_some_and(is_long) {
        show(model);
    }
}

fn show(model: &mut Model) {
    model.notice = None;
    model.overlay = Some(Overlay::Running(None));
}

/// It has printed something. What comes of one that was ended is of no use.
pub fn printed(model: &mut Model, id: u64, lines: Vec<String>) {
    if let Some(running) = model.running.as_mut().filter(|running| running.id == id) {
        running.print(lines);
    }
}

/// It has ended: what it printed is shown, where that is more than a line.
pub fn obeyed(model: &mut Model, id: u64, obeyed: Obeyed) {
    let Some(mut running) = model.running.take_if(|running| running.id == id) else {
        return;
    };
    running.print(obeyed.text.lines().map(str::to_owned));
    if running.does != Does::Looks {
        // What was told before is old.
        model.changes += 1;
        if obeyed.code == Some(0) {
            model.undo.done_for_good(format!("`{}`", running.line));
        }
    }
    let is_shown = matches!(model.overlay, Some(Overlay::Running(_)));
    let mut lines: Vec<String> = running.lines.into();
    if lines.len() < 2 && !is_shown {
        let text = lines.pop().unwrap_or_else(|| "done".to_owned());
        answered(model, &running.line, text, obeyed.code);
        return;
    }
    // What is being typed is not taken away.
    if let Some(Overlay::Line(_) | Overlay::Block(_) | Overlay::Confirm(_)) = model.overlay {
        let text = format!(
            "`{}` has ended; it printed {} lines",
            running.line,
            lines.len()
        );
        model.notice = Some(Notice::good(text, model.now));
        return;
    }
    model.notice = None;
    if running.dropped > 0 {
        lines.insert(
            0,
            format!("({} lines before these are not kept)", running.dropped),
        );
    }
    // What was read while it came is read on at its end.
    let scrolled = if is_shown { u16::MAX } else { 0 };
    model.overlay = Some(Overlay::Text(running.line, lines, scrolled));
}

/// It said no more than a line. What went wrong can be mended where nothing else is being typed by now.
fn answered(model: &mut Model, line: &str, text: String, code: Option<i32>) {
    model.notice = match (code, &model.overlay) {
        (Some(0), _) => Some(Notice::good(text, model.now)),
        (Some(_), None) => {
            let typed = model.typed.back().map_or(line, String::as_str).to_owned();
            drop(command::mend(model, &typed, text));
            None
        }
        _ => Some(Notice::bad(text, model.now)),
    };
}

/// A key while it is shown: Esc, which closes other windows, ends it.
pub fn key(model: &mut Model, event: KeyEvent) -> Vec<Effect> {
    if event.code == KeyCode::Char('q') {
        return end(model);
    }
    let depth = view::depth(model);
    if let Some(Overlay::Running(scrolled)) = &mut model.overlay {
        let to = scroll(scrolled.unwrap_or(depth), event.code, depth);
        // Who is at the end stays there as more comes.
        *scrolled = Some(to).filter(|to| *to < depth);
    }
    vec![]
}

/// Ends it.
pub fn end(model: &mut Model) -> Vec<Effect> {
    model.overlay = None;
    let Some(running) = model.running.take() else {
        return vec![];
    };
    model.notice = Some(Notice::good(format!("ended `{}`", running.line), model.now));
    vec![Effect::Stop]
}

#[cfg(test)]
mod tests;
