// SPDX-License-Identifier: MIT
//! The tab of events.

use super::table::{self, Column};
use crate::model::Model;
use crate::theme::Theme;
use aegis_api::SecurityEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

const COLUMNS: [Column; 5] = [
    Column::words("time", 8, 2),
    Column::words("source", 24, 0).growing(),
    Column::words("reason", 20, 1),
    Column::words("proto", 5, 3),
    Column::numbers("held back", 9, 4),
];

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let tab = &model.logs;
    let row = |number: usize| tab.events.get(number).map(cells).unwrap_or_default();
    table::draw(frame, area, (&COLUMNS, tab.rows), theme, row);
}

fn cells(event: &SecurityEvent) -> Vec<Line<'static>> {
    let source = event.src_ip.map(|address| address.to_string());
    [
        event.timestamp.strftime("%H:%M:%S").to_string(),
        source.unwrap_or_default(),
        event.threat_type.clone(),
        event.proto.clone().unwrap_or_default(),
        event.suppressed.to_string(),
    ]
    .map(Line::raw)
    .to_vec()
}
