// SPDX-License-Identifier: MIT
//! The last lines: the modules with their keys, and either what is being typed, what was done last, or
//! the keys of the tab.

use crate::keys::{self, Action};
use crate::model::{Line as Typed, Model, Overlay, Purpose, Weight};
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// Below so many lines of the terminal there is none for the modules.
const LOW: u16 = 16;
/// The most lines that a notice takes.
const MOST: u16 = 3;

/// How many lines it takes on such a screen.
#[must_use]
pub fn height(model: &Model, screen: Rect) -> u16 {
    let notice = model.notice.as_ref().map_or(1, |notice| {
        let text = Paragraph::new(notice.text.as_str()).wrap(Wrap { trim: true });
        let lines = u16::try_from(text.line_count(screen.width)).unwrap_or(MOST);
        lines.clamp(1, MOST)
    });
    notice + u16::from(screen.height >= LOW)
}

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let has_modules = frame.area().height >= LOW;
    let modules = Constraint::Length(u16::from(has_modules));
    let [modules, last] = Layout::vertical([modules, Constraint::Fill(1)]).areas(area);
    let upper = match &model.overlay {
        Some(Overlay::Line(line)) if !line.offers.is_empty() => {
            Line::styled(line.offers.join("  "), theme.style(Role::Dim))
        }
        _ => switches(model, modules.width, theme),
    };
    frame.render_widget(upper, modules);
    match (&model.overlay, &model.notice) {
        (Some(Overlay::Line(line)), _) => prompt(frame, last, line, theme),
        (_, Some(notice)) => {
            let role = match notice.weight {
                Weight::Good => Role::Good,
                Weight::Bad => Role::Bad,
            };
            let text = Paragraph::new(notice.text.as_str()).wrap(Wrap { trim: true });
            frame.render_widget(text.style(theme.style(role)), last);
        }
        (_, None) => frame.render_widget(hints(model, last.width, theme), last),
    }
}

/// What each key switches, and how it is now, as long as there is room: `1 port_scan on`, else with a
/// sign for the state, else the keys alone.
fn switches(model: &Model, width: u16, theme: Theme) -> Line<'static> {
    let forms: [fn(&str, bool, Theme) -> String; 3] = [
        |name, on, _| format!(" {name} {}  ", if on { "on" } else { "off" }),
        |name, on, theme| format!("{name}{} ", theme.mark(on)),
        |_, on, theme| format!("{} ", theme.mark(on)),
    ];
    let line = |form: &fn(&str, bool, Theme) -> String| switches_as(model, *form, theme);
    let mut lines = forms.iter().map(line);
    let fits = |line: &Line<'_>| line.width() <= usize::from(width);
    lines.find(fits).unwrap_or_default()
}

fn switches_as(
    model: &Model,
    form: fn(&str, bool, Theme) -> String,
    theme: Theme,
) -> Line<'static> {
    let mut spans = Vec::new();
    for (number, module) in model.modules.iter().enumerate() {
        let role = match (module.on, module.name == "verbose") {
            (true, _) => Role::Good,
            (false, true) => Role::Dim,
            (false, false) => Role::Bad,
        };
        let key = keys::label(Action::Module(number));
        spans.push(Span::styled(key, theme.style(Role::Key)));
        let text = form(&module.name, module.on, theme);
        spans.push(Span::styled(text, theme.style(role)));
    }
    Line::from(spans)
}

/// The keys of the tab, those that end and help first where there is no room for all.
fn hints(model: &Model, width: u16, theme: Theme) -> Line<'static> {
    let hint = |binding: &keys::Binding| {
        let word = binding.footer?;
        let key = binding.keys.first()?.to_string();
        Some([
            Span::styled(key, theme.style(Role::Key)),
            Span::raw(format!(" {word}  ")),
        ])
    };
    let mut hints: Vec<[Span<'static>; 2]> = keys::on(model.tab).filter_map(hint).collect();
    let needed =
        |hints: &[[Span<'static>; 2]]| -> usize { hints.iter().flatten().map(Span::width).sum() };
    // The last two are help and the end; before them stands what matters less.
    while hints.len() > 2 && needed(&hints) > usize::from(width) {
        hints.remove(hints.len() - 3);
    }
    Line::from(hints.into_iter().flatten().collect::<Vec<_>>())
}

fn prompt(frame: &mut Frame<'_>, area: Rect, line: &Typed, theme: Theme) {
    let sign = match line.purpose {
        Purpose::Search => "/",
        Purpose::Command => ":",
    };
    // What does not fit is scrolled out to the left, so that the cursor stays in sight.
    let room = usize::from(area.width.saturating_sub(2));
    let scrolled = line.input.visual_scroll(room);
    let text: String = line.input.value().chars().skip(scrolled).collect();
    let text = Line::from(vec![
        Span::styled(sign, theme.style(Role::Key)),
        Span::raw(text),
    ]);
    frame.render_widget(text, area);
    let column = line.input.visual_cursor().saturating_sub(scrolled) + 1;
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    let x = area.x.saturating_add(column);
    let x = x.min(area.right().saturating_sub(1));
    frame.set_cursor_position(Position::new(x, area.y));
}
