// SPDX-License-Identifier: MIT
//! What is told at length of the selected row: beside the table on a wide screen, else below it or in
//! its place once it is opened.

use super::text::plain;
use crate::model::{Pane, Rows, WIDE};
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Wrap};

/// The most columns that it takes beside the table.
const BROAD: u16 = 52;
/// From so many lines on it leaves the table room above it.
const HIGH: u16 = 18;

/// The table below the line above it, without its titles.
#[must_use]
pub fn table(area: Rect, pane: Pane) -> Rect {
    let [_, rest] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    split(rest, pane).0
}

/// Where the table goes, and where the pane does; one of them may have no room.
#[must_use]
pub fn split(area: Rect, pane: Pane) -> (Rect, Rect) {
    let halves = match (pane.is_open, area) {
        (_, area) if area.width >= WIDE => {
            let pane = (area.width * 2 / 5).min(BROAD);
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(pane)]).spacing(1)
        }
        (false, _) => Layout::vertical([Constraint::Fill(1), Constraint::Length(0)]),
        (true, area) if area.height >= HIGH => {
            Layout::vertical([Constraint::Fill(2), Constraint::Fill(3)])
        }
        (true, _) => Layout::vertical([Constraint::Length(0), Constraint::Fill(1)]),
    };
    let [table, pane] = halves.areas(area);
    (table, pane)
}

/// Draws it.
pub fn draw<'a>(
    frame: &mut Frame<'_>,
    area: Rect,
    (title, lines): (&str, Vec<Line<'a>>),
    pane: Pane,
    theme: Theme,
) {
    if area.is_empty() {
        return;
    }
    let role = match pane.is_open {
        true => Role::Plain,
        false => Role::Dim,
    };
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.style(role));
    let block = match title {
        "" => block,
        title => block.title(plain(Line::styled(
            format!(" {title} "),
            theme.style(Role::Title),
        ))),
    };
    let last = u16::try_from(lines.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let lines: Vec<Line<'a>> = lines.into_iter().map(plain).collect();
    let text = Paragraph::new(lines)
        .wrap(Wrap { trim: false })
        .scroll((pane.scrolled.min(last), 0));
    frame.render_widget(text.block(block), area);
}

/// What stands there while none of the rows is selected.
#[must_use]
pub fn unselected(rows: Rows, theme: Theme) -> (String, Vec<Line<'static>>) {
    let text = "select a row, to see everything about it";
    let line = Line::styled(text, theme.style(Role::Dim));
    let lines = (rows.count() > 0).then_some(line);
    (String::new(), lines.into_iter().collect())
}

/// `name: value`, as the pane has it.
#[must_use]
pub fn fact<'a>(name: &str, value: impl Into<String>, theme: Theme) -> Line<'a> {
    use ratatui::text::Span;
    Line::from(vec![
        Span::styled(format!("{name} "), theme.style(Role::Dim)),
        Span::raw(value.into()),
    ])
}
