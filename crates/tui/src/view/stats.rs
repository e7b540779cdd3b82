// SPDX-License-Identifier: MIT
//! The tab of rates: what becomes of packets in the time shown, and below that, as far down as one
//! scrolls, why they are dropped, who they are of, and how the filter itself does.

mod chart;
mod charts;
mod column;
mod filter;
mod reasons;
mod senders;

use crate::model::{Model, StatsRow};
use crate::theme::Theme;
use column::Section;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

pub use charts::shows_both;

/// From so many columns on there is a third column of sections.
const WIDE: u16 = 150;
/// Below so many columns there is one.
const NARROW: u16 = 60;
/// Between columns.
const GAP: u16 = 2;

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let [upper, lower] = Layout::vertical([
        Constraint::Length(charts::height(area.height)),
        Constraint::Fill(1),
    ])
    .areas(area);
    charts::draw(frame, upper, &model.stats, theme);
    let columns = columns(model, lower.width, theme);
    let areas = Layout::horizontal(vec![Constraint::Fill(1); columns.len()])
        .spacing(GAP)
        .split(lower);
    let selected = model.stats.selected.as_ref();
    for (area, sections) in areas.iter().zip(&columns) {
        column::draw(frame, *area, (sections, selected), theme);
    }
}

/// What can be gone through, in the order in which one does.
#[must_use]
pub fn rows(model: &Model) -> Vec<StatsRow> {
    let columns = columns(model, model.screen.0, Theme::default());
    let sections = columns.into_iter().flatten();
    let lines = sections.flat_map(|section| section.lines);
    lines.map(|(row, _)| row).collect()
}

/// Sections side by side; those that have nothing to say are left out.
fn columns(model: &Model, width: u16, theme: Theme) -> Vec<Vec<Section>> {
    let count = match width {
        0..NARROW => 1,
        NARROW..WIDE => 2,
        _ => 3,
    };
    let room = usize::from((width - GAP.min(width) * (count - 1)) / count);
    let reasons = reasons::section(model, room, theme);
    let [dropped, lists, connected] = senders::sections(model, theme);
    let filter = filter::section(model, room, theme);
    let columns = match count {
        1 => vec![vec![reasons, dropped, connected, lists, filter]],
        2 => vec![vec![reasons, filter], vec![dropped, connected, lists]],
        _ => vec![vec![reasons, lists], vec![dropped, connected], vec![filter]],
    };
    let some = |sections: Vec<Section>| {
        let told = |section: &Section| !section.lines.is_empty();
        sections.into_iter().filter(told).collect()
    };
    columns.into_iter().map(some).collect()
}

#[cfg(test)]
mod tests;
