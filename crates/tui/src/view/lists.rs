// SPDX-License-Identifier: MIT
//! The tab of lists.

use super::table::{self, Column};
use super::text::{age, count};
use crate::model::Model;
use crate::theme::Theme;
use aegis_api::ListStatus;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

const COLUMNS: [Column; 6] = [
    Column::words("list", 20, 0).growing(),
    Column::words("state", 8, 1),
    Column::words("category", 14, 4),
    Column::numbers("entries", 8, 2),
    Column::numbers("age", 6, 3),
    Column::numbers("hits in 24 h", 12, 2),
];

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let tab = &model.lists;
    let row = |number: usize| tab.answer.lists.get(number).map(cells).unwrap_or_default();
    table::draw(frame, area, (&COLUMNS, tab.rows), theme, row);
}

fn cells(list: &ListStatus) -> Vec<Line<'static>> {
    let copy = list.copy.as_ref();
    let state = if list.enabled {
        list.action.label()
    } else {
        "off"
    };
    [
        list.name.clone(),
        state.to_owned(),
        list.category.clone(),
        copy.map_or_else(String::new, |copy| count(copy.entries)),
        copy.map_or_else(String::new, |copy| age(copy.age_seconds)),
        count(list.hits.day.packets),
    ]
    .map(Line::raw)
    .to_vec()
}
