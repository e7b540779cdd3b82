// SPDX-License-Identifier: MIT
//! The tab of connections.

use super::table::{self, Column};
use super::text::{age, bytes};
use crate::model::Model;
use crate::theme::Theme;
use aegis_api::Flow;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

const COLUMNS: [Column; 8] = [
    Column::words("peer", 24, 0).growing(),
    Column::words("port", 5, 1),
    Column::words("proto", 5, 2),
    Column::words("state", 11, 3),
    Column::numbers("age", 6, 6),
    Column::numbers("received", 8, 4),
    Column::numbers("sent", 8, 5),
    Column::words("place", 24, 7).growing(),
];

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let tab = &model.connections;
    let row = |number: usize| tab.list.flows.get(number).map(cells).unwrap_or_default();
    table::draw(frame, area, (&COLUMNS, tab.rows), theme, row);
}

fn cells(flow: &Flow) -> Vec<Line<'static>> {
    let place = flow.place.as_ref().map(ToString::to_string);
    [
        flow.peer.to_string(),
        flow.local_port.to_string(),
        flow.proto.clone(),
        flow.state.clone(),
        age(flow.age_seconds),
        bytes(flow.received.bytes),
        bytes(flow.sent.bytes),
        place.unwrap_or_default(),
    ]
    .map(Line::raw)
    .to_vec()
}
