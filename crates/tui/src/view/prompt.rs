// SPDX-License-Identifier: MIT
//! The line that is being typed.

use super::text::plain;
use crate::model;
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// Draws it. What does not fit is scrolled out to the left, so that the cursor stays in sight.
pub fn draw(frame: &mut Frame<'_>, area: Rect, line: &model::Line, theme: Theme) {
    let sign = line.purpose.prompt();
    let before = Line::raw(sign.as_str()).width();
    let room = usize::from(area.width).saturating_sub(before + 1);
    let scrolled = line.input.visual_scroll(room);
    let text: String = line.input.value().chars().skip(scrolled).collect();
    let hint = match text.as_str() {
        "" => line.purpose.hint(),
        _ => "",
    };
    let spans = vec![
        Span::styled(sign, theme.style(Role::Key)),
        Span::raw(text),
        Span::styled(hint, theme.style(Role::Dim)),
    ];
    frame.render_widget(plain(Line::from(spans)), area);
    let column = before + line.input.visual_cursor().saturating_sub(scrolled);
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    let last = area.right().saturating_sub(1);
    let x = area.x.saturating_add(column).min(last);
    frame.set_cursor_position(Position::new(x, area.y));
}
