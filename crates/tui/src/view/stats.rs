// SPDX-License-Identifier: MIT
//! The tab of rates: what passes and what is dropped in the time shown, why at the moment that is looked
//! at, who it comes from, and how the filter itself does.

mod chart;
mod filter;
mod reasons;
mod senders;

use crate::model::Model;
use crate::theme::{Role, Theme};
use chart::Chart;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

/// From so many columns on there is a third column of panes.
const WIDE: u16 = 150;
/// Below so many columns there is one pane beside the charts.
const NARROW: u16 = 60;
/// Below so many lines there are two charts.
const LOW: u16 = 30;

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let [upper, lower] = Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(area);
    charts(frame, upper, model, theme);
    let columns = match lower.width {
        0..NARROW => 1,
        NARROW..WIDE => 2,
        _ => 3,
    };
    let panes: [fn(&mut Frame<'_>, Rect, &Model, Theme); 3] =
        [reasons::draw, senders::draw, filter::draw];
    let areas = Layout::horizontal(vec![Constraint::Fill(1); columns])
        .spacing(2)
        .split(lower);
    let has_filter = columns == 3 || lower.height >= 8;
    for (area, pane) in areas.iter().zip(panes) {
        pane(frame, *area, model, theme);
    }
    // Where there is no third column, how the filter does takes the end of the second.
    if columns == 2 && has_filter {
        let [_, end] = Layout::vertical([Constraint::Fill(1), Constraint::Length(filter::HEIGHT)])
            .areas(areas[1]);
        frame.render_widget(ratatui::widgets::Clear, end);
        filter::draw(frame, end, model, theme);
    }
}

/// The last one only where there is room for it.
const CHARTS: [Chart; 3] = [
    Chart {
        title: "passed packets/s",
        role: Role::Good,
        is_bytes: false,
        value: |moment| moment.passed.packets_per_second,
    },
    Chart {
        title: "dropped packets/s",
        role: Role::Bad,
        is_bytes: false,
        value: |moment| moment.dropped.packets_per_second,
    },
    Chart {
        title: "passed bytes/s",
        role: Role::Plain,
        is_bytes: true,
        value: |moment| moment.passed.bytes_per_second,
    },
];

fn charts(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let count = if frame.area().height < LOW { 2 } else { 3 };
    let mut rows = vec![Constraint::Fill(1); count];
    rows.push(Constraint::Length(1));
    let areas = Layout::vertical(rows).split(area);
    for (chart, area) in CHARTS.iter().zip(&areas[..count]) {
        chart.draw(frame, *area, &model.stats, theme);
    }
    chart::axis(frame, areas[count], &model.stats, theme);
}

#[cfg(test)]
mod tests;
