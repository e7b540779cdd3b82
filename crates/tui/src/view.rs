// SPDX-License-Identifier: MIT
//! Draws a model, and changes nothing. From top to bottom: the tabs, what one has to know first, the tab,
//! the modules, and a line of what is typed, what was done last, or the keys.

mod banner;
mod bans;
mod block;
mod caption;
mod connections;
mod footer;
mod header;
mod lists;
mod logs;
mod overlay;
mod pane;
mod prompt;
mod spark;
mod stats;
mod table;
pub mod text;
mod why;

pub use connections::{GROUP_SORTS, SORTS, Spot};

use crate::model::{Model, Tab};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};

/// Draws all of it.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: Theme) {
    let first = banner::lines(model, theme);
    let [head, banner, body, foot] = parts(model, frame.area(), first.len());
    header::draw(frame, head, model, theme);
    text::draw(frame, banner, first);
    tab(frame, body, model, theme);
    footer::draw(frame, foot, model, theme);
    overlay::draw(frame, body, model, theme);
}

/// What of a table is at a place of the screen: columns from the left, lines from the top.
#[must_use]
pub fn spot(model: &Model, (column, line): (u16, u16)) -> Option<Spot> {
    let (width, height) = model.screen;
    // How many lines the banner has does not depend on what they look like.
    let first = banner::lines(model, Theme::default());
    let [_, _, body, _] = parts(model, Rect::new(0, 0, width, height), first.len());
    match model.tab {
        Tab::Connections => connections::spot(model, body, Position::new(column, line)),
        Tab::Stats | Tab::Logs | Tab::Bans | Tab::Lists => None,
    }
}

/// How far down the window over the tab can be scrolled.
#[must_use]
pub fn depth(model: &Model) -> u16 {
    let (width, height) = model.screen;
    let first = banner::lines(model, Theme::default());
    let [_, _, body, _] = parts(model, Rect::new(0, 0, width, height), first.len());
    overlay::depth(model, body)
}

/// From top to bottom: the tabs, the banner of so many lines, the tab, what is below it.
fn parts(model: &Model, area: Rect, banner: usize) -> [Rect; 4] {
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(u16::try_from(banner).unwrap_or(0)),
        Constraint::Min(1),
        Constraint::Length(footer::height(model, area)),
    ])
    .areas(area)
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

#[cfg(test)]
mod tests;
