// SPDX-License-Identifier: MIT
//! What becomes of packets: a chart for each verdict, one below the other, with one axis of time. Where
//! there is room packets and bytes stand side by side.

use super::chart::{self, Chart, Form};
use crate::model::{Stats, Unit};
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

/// From so many columns on packets and bytes stand side by side.
const BROAD: u16 = 110;
/// Below so many lines of the tab a chart is one line.
const LOW: u16 = 14;
/// Lines of a chart at least and at most, without its title.
const LEAST: u16 = 2;
const MOST: u16 = 6;

/// Every verdict.
const VERDICTS: [Chart; 3] = [
    Chart {
        verdict: "passed",
        role: Role::Good,
        rate: |moment| moment.passed,
    },
    Chart {
        verdict: "answered",
        role: Role::Warning,
        rate: |moment| moment.answered,
    },
    Chart {
        verdict: "dropped",
        role: Role::Bad,
        rate: |moment| moment.dropped,
    },
];

/// How many lines they take of a tab that has so many.
#[must_use]
pub fn height(tab: u16) -> u16 {
    let charts = VERDICTS.len() as u16;
    if tab < LOW {
        // At least three lines are left to what is below: one of several can be selected there.
        return (charts + 1).min(tab.saturating_sub(3));
    }
    let lines = (tab / 2).saturating_sub(1) / charts;
    charts * (1 + lines.saturating_sub(1).clamp(LEAST, MOST)) + 1
}

/// Whether so wide a screen shows packets and bytes at once.
#[must_use]
pub fn shows_both(width: u16) -> bool {
    width >= BROAD
}

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, stats: &Stats, theme: Theme) {
    if !shows_both(area.width) {
        return draw_of(frame, area, (stats, stats.unit), theme);
    }
    let halves = Layout::horizontal([Constraint::Fill(1); 2]).spacing(2);
    for (half, unit) in halves.split(area).iter().zip(Unit::ALL) {
        draw_of(frame, *half, (stats, unit), theme);
    }
}

fn draw_of(frame: &mut Frame<'_>, area: Rect, (stats, unit): (&Stats, Unit), theme: Theme) {
    let form = match area.height {
        0..=4 => Form::Line,
        _ => Form::Bars,
    };
    let mut rows = vec![Constraint::Fill(1); VERDICTS.len()];
    rows.push(Constraint::Length(1));
    let areas = Layout::vertical(rows).split(area);
    for (chart, area) in VERDICTS.iter().zip(areas.iter()) {
        chart.draw(frame, *area, (stats, unit, form), theme);
    }
    chart::axis(frame, areas[VERDICTS.len()], (stats, form), theme);
}
