// SPDX-License-Identifier: MIT
//! The tab of bans.

use super::table::{self, Column};
use super::text::age;
use crate::model::Model;
use crate::theme::Theme;
use aegis_api::Ban;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

const COLUMNS: [Column; 4] = [
    Column::words("target", 24, 0).growing(),
    Column::words("what", 16, 2),
    Column::numbers("ends in", 7, 1),
    Column::words("why", 24, 3).growing(),
];

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let tab = &model.bans;
    let row = |number: usize| tab.list.bans.get(number).map(cells).unwrap_or_default();
    table::draw(frame, area, (&COLUMNS, tab.rows), theme, row);
}

fn cells(ban: &Ban) -> Vec<Line<'static>> {
    let causes: Vec<&str> = ban
        .causes
        .iter()
        .map(|cause| cause.origin.as_str())
        .collect();
    [
        ban.target.clone(),
        ban.part.clone(),
        ban.expires_in_seconds
            .map_or_else(|| "never".to_owned(), age),
        causes.join(", "),
    ]
    .map(Line::raw)
    .to_vec()
}
