// SPDX-License-Identifier: MIT
//! The last lines: the modules with their keys, and either what was done last or the keys of the tab.

use super::text::plain;
use crate::keys::{self, Action};
use crate::model::{Model, Overlay, Weight};
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};

/// Draws them, on as many lines as there are.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let [modules, last] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    match &model.overlay {
        Some(Overlay::Line(line)) => return prompt(frame, (modules, last), line, theme),
        Some(Overlay::Confirm(confirm)) => {
            let text = format!("{} y/n ", confirm.question);
            return frame.render_widget(Line::styled(text, theme.style(Role::Warning)), last);
        }
        _ => {}
    }
    frame.render_widget(switches(model, theme), modules);
    let line = match &model.notice {
        Some(notice) => {
            let role = match notice.weight {
                Weight::Good => Role::Good,
                Weight::Bad => Role::Bad,
            };
            Line::styled(notice.text.clone(), theme.style(role))
        }
        None => hints(model, theme),
    };
    frame.render_widget(line, last);
}

/// `1 port_scan on`: what each key switches, and how it is now.
fn switches(model: &Model, theme: Theme) -> Line<'static> {
    let mut spans = Vec::new();
    for (number, module) in model.modules.iter().enumerate() {
        let (mark, role) = match module.on {
            true => ("on", Role::Good),
            false => ("off", Role::Bad),
        };
        let key = keys::label(Action::Module(number));
        spans.push(Span::styled(key, theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {} ", module.name)));
        spans.push(Span::styled(format!("{mark}  "), theme.style(role)));
    }
    Line::from(spans)
}

fn hints(model: &Model, theme: Theme) -> Line<'static> {
    let mut spans = Vec::new();
    for binding in keys::on(model.tab) {
        let Some(word) = binding.footer else { continue };
        let key = binding.keys.first().map(ToString::to_string);
        spans.push(Span::styled(
            key.unwrap_or_default(),
            theme.style(Role::Key),
        ));
        spans.push(Span::raw(format!(" {word}  ")));
    }
    Line::from(spans)
}

/// The line that is being typed; what is wrong with it stands above it, or behind it where there is no
/// room.
fn prompt(
    frame: &mut Frame<'_>,
    (above, area): (Rect, Rect),
    line: &crate::model::Line,
    theme: Theme,
) {
    let sign = line.purpose.prompt();
    let before = Line::raw(sign.as_str()).width() + line.input.visual_cursor();
    let hint = match line.input.value() {
        "" => line.purpose.hint(),
        _ => "",
    };
    let mut text = Line::from(vec![
        Span::styled(sign, theme.style(Role::Key)),
        Span::raw(line.input.value().to_owned()),
        Span::styled(hint, theme.style(Role::Dim)),
    ]);
    if let Some(problem) = &line.problem {
        let problem = Span::styled(problem.clone(), theme.style(Role::Bad));
        match above.height {
            0 => text.spans.extend([Span::raw("  "), problem]),
            _ => frame.render_widget(plain(Line::from(problem)), above),
        }
    }
    frame.render_widget(plain(text), area);
    let column = u16::try_from(before).unwrap_or(u16::MAX);
    let last = area.right().saturating_sub(1);
    let x = area.x.saturating_add(column).min(last);
    frame.set_cursor_position(Position::new(x, area.y));
}
