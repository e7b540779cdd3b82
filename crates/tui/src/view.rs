// SPDX-License-Identifier: MIT
//! Draws a model, and changes nothing. From top to bottom: the tabs, what one has to know first, the tab,
//! the modules, and a line of what is typed, what was done last, or the keys.

mod attack;
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
mod parts;
mod prompt;
mod spark;
mod stats;
mod table;
pub mod text;
mod why;

pub use connections::{GROUP_SORTS, SORTS, Spot};
pub use stats::{rows as stats_rows, shows_both as shows_both_units};

use crate::model::{Model, Rows, Tab};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};

/// Draws all of it.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: Theme) {
    let first = banner::lines(model, frame.area().width, theme);
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
    if line == 0 {
        return header::tab_at(model, column).map(Spot::Tab);
    }
    let place = Position::new(column, line);
    let table = table(model).filter(|table| table.contains(place))?;
    let (line, x) = (usize::from(place.y - table.y), place.x - table.x);
    match (line, model.tab) {
        (0, Tab::Connections) => connections::heading(model, (table.width, x)),
        (0, _) => None,
        (line, _) => row(model.rows(), table, line - 1).map(Spot::Row),
    }
}

/// The row that is so many lines below the titles.
fn row(rows: Rows, table: Rect, line: usize) -> Option<usize> {
    let row = rows.first_of(usize::from(table.height - 1)) + line;
    (row < rows.count()).then_some(row)
}

/// How many rows of the table of the tab are on the screen.
#[must_use]
pub fn table_height(model: &Model) -> usize {
    let height = table(model).map_or(0, |table| table.height);
    usize::from(height.saturating_sub(1))
}

/// Where the table of the tab is, with its titles.
fn table(model: &Model) -> Option<Rect> {
    let body = body(model);
    match model.tab {
        Tab::Connections => Some(pane::table(body, model.connections.pane)),
        Tab::Stats => None,
        Tab::Logs => Some(pane::table(body, model.logs.pane)),
        Tab::Bans => Some(pane::table(body, model.bans.pane)),
        Tab::Lists => {
            let area = pane::table(body, model.lists.pane);
            Some(lists::split(area, &model.lists)[0])
        }
    }
}

/// How far down the window over the tab can be scrolled.
#[must_use]
pub fn depth(model: &Model) -> u16 {
    overlay::depth(model, body(model))
}

/// Where the tab is.
fn body(model: &Model) -> Rect {
    let (width, height) = model.screen;
    // How many lines the banner has does not depend on what they look like.
    let first = banner::lines(model, width, Theme::default());
    let [_, _, body, _] = parts(model, Rect::new(0, 0, width, height), first.len());
    body
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
