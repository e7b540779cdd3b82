// SPDX-License-Identifier: MIT
//! Draws a model, and changes nothing. From top to bottom: the tabs, what one has to know first, the tab,
//! the modules, and a line of what is typed, what was done last, or the keys.

mod banner;
mod bans;
mod connections;
mod footer;
mod header;
mod lists;
mod logs;
mod overlay;
mod stats;
mod table;
mod text;

use crate::model::{Model, Tab};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

/// Draws all of it.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: Theme) {
    let area = frame.area();
    let first = banner::lines(model, theme);
    let [head, banner, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(u16::try_from(first.len()).unwrap_or(0)),
        Constraint::Min(1),
        Constraint::Length(footer::height(model, area)),
    ])
    .areas(area);
    header::draw(frame, head, model, theme);
    text::draw(frame, banner, first);
    tab(frame, body, model, theme);
    footer::draw(frame, foot, model, theme);
    overlay::draw(frame, body, model, theme);
}

fn tab(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    match model.tab {
        Tab::Connections => connections::draw(frame, area, model, theme),
        Tab::Stats => stats::draw(frame, area, model, theme),
        Tab::Logs => logs::draw(frame, area, model, theme),
        Tab::Bans => bans::draw(frame, area, model, theme),
        Tab::Lists => lists::draw(frame, area, model, theme),
    }
}
