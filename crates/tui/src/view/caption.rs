// SPDX-License-Identifier: MIT
//! The line above a table: what it comes to, and what it is filtered by.

use super::text::plain;
use crate::model::Model;
use crate::theme::{Role, Sign, Theme};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws it, and returns what is left. Facts are short, the most important first.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    facts: Vec<(String, Role)>,
    model: &Model,
    theme: Theme,
) -> Rect {
    let [line, rest] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let dot = format!(" {} ", theme.sign(Sign::Dot));
    let mut spans = Vec::new();
    for (text, role) in facts {
        if !spans.is_empty() {
            spans.push(Span::styled(dot.clone(), theme.style(Role::Dim)));
        }
        spans.push(Span::styled(text, theme.style(role)));
    }
    frame.render_widget(plain(Line::from(spans)), line);
    let search = model.filter_in_force();
    if !search.is_empty() {
        let text = Line::styled(format!(" /{search}"), theme.style(Role::Key));
        let text = plain(text).alignment(Alignment::Right);
        let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
        let [_, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Max(width)]).areas(line);
        frame.render_widget(ratatui::widgets::Clear, right);
        frame.render_widget(text, right);
    }
    rest
}
