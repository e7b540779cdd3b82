// SPDX-License-Identifier: MIT
//! The last lines: the modules with their keys, and either what is being typed, what was done last, or
//! the keys of the tab.

use super::prompt;
use super::text::plain;
use crate::keys::{self, Action};
use crate::model::{Model, Overlay, Weight};
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// Below so many lines of the terminal there is none for the modules.
const LOW: u16 = 16;
/// The most lines that a notice takes.
const MOST: u16 = 3;

/// How many lines it takes on such a screen.
#[must_use]
pub fn height(model: &Model, screen: Rect) -> u16 {
    let said = said(model).map_or(1, |(text, _)| lines(&text, screen.width));
    said + upper_height(model, screen)
}

/// Of the modules, or of what is wrong with the line that is typed.
fn upper_height(model: &Model, screen: Rect) -> u16 {
    match problem(model) {
        Some(problem) => lines(problem, screen.width),
        None => u16::from(screen.height >= LOW || has_offers(model)),
    }
}

/// How many lines a text takes.
fn lines(text: &str, width: u16) -> u16 {
    let lines = paragraph(text).line_count(width);
    u16::try_from(lines).unwrap_or(MOST).clamp(1, MOST)
}

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let upper = Constraint::Length(upper_height(model, frame.area()));
    let [upper, last] = Layout::vertical([upper, Constraint::Fill(1)]).areas(area);
    let line = match (&model.overlay, problem(model)) {
        (_, Some(problem)) => paragraph(problem).style(theme.style(Role::Bad)),
        (Some(Overlay::Line(line)), _) if !line.offers.is_empty() => {
            let offers = line.offers.join("  ");
            Paragraph::new(plain(Line::styled(offers, theme.style(Role::Dim))))
        }
        _ => Paragraph::new(switches(model, upper.width, theme)),
    };
    frame.render_widget(line, upper);
    match (&model.overlay, said(model)) {
        (Some(Overlay::Line(line)), _) => prompt::draw(frame, last, line, theme),
        (_, Some((text, role))) => {
            frame.render_widget(paragraph(&text).style(theme.style(role)), last);
        }
        (_, None) => frame.render_widget(hints(model, last.width, theme), last),
    }
}

fn has_offers(model: &Model) -> bool {
    matches!(&model.overlay, Some(Overlay::Line(line)) if !line.offers.is_empty())
}

fn problem(model: &Model) -> Option<&str> {
    match &model.overlay {
        Some(Overlay::Line(line)) => line.problem.as_deref(),
        _ => None,
    }
}

/// What has the place of the keys: a question, or what was done last.
fn said(model: &Model) -> Option<(String, Role)> {
    match (&model.overlay, &model.notice) {
        (Some(Overlay::Line(_)), _) => None,
        (Some(Overlay::Confirm(confirm)), _) => {
            Some((format!("{} y/n", confirm.question), Role::Warning))
        }
        (_, notice) => notice.as_ref().map(|notice| {
            let role = match notice.weight {
                Weight::Good => Role::Good,
                Weight::Bad => Role::Bad,
            };
            (notice.text.clone(), role)
        }),
    }
}

fn paragraph(text: &str) -> Paragraph<'_> {
    Paragraph::new(plain(Line::raw(text))).wrap(Wrap { trim: true })
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
