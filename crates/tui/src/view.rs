// SPDX-License-Identifier: MIT
//! Draws a model, and changes nothing. From top to bottom: what this is and how it goes, the tabs, the
//! tab, a line about what was done last, the modules, the keys.

mod bans;
mod block;
mod caption;
pub mod connections;
mod footer;
mod header;
mod lists;
mod logs;
mod overlay;
mod pane;
mod stats;
mod table;
mod spark;
pub mod text;
mod why;

use crate::model::{Model, Tab};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

/// Below this many lines there are no lines for modules and keys.
const LOW: u16 = 16;

/// Draws all of it.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: Theme) {
    let footer = if frame.area().height < LOW { 1 } else { 2 };
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(footer),
    ])
    .areas(frame.area());
    header::draw(frame, head, model, theme);
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
