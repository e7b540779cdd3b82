// SPDX-License-Identifier: MIT
//! The tab of rates.

use super::text::count;
use crate::model::Model;
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Sparkline;

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let [title, passed, dropped] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Fill(1),
    ])
    .areas(area);
    let history = &model.stats.history;
    let packets = |which: fn(&aegis_api::Rates) -> aegis_api::Rate| -> Vec<u64> {
        let newest = history.iter().rev().take(usize::from(area.width));
        let mut rates: Vec<u64> = newest
            .map(|(_, rates)| which(rates).packets_per_second.round() as u64)
            .collect();
        rates.reverse();
        rates
    };
    let (passing, dropping) = (
        packets(|rates| rates.passed),
        packets(|rates| rates.dropped),
    );
    let last = |rates: &[u64]| count(rates.last().copied().unwrap_or(0));
    let text = format!("passed {}/s  dropped {}/s", last(&passing), last(&dropping));
    frame.render_widget(Line::styled(text, theme.style(Role::Title)), title);
    let line = |rates, role| Sparkline::default().data(rates).style(theme.style(role));
    frame.render_widget(line(passing, Role::Good), passed);
    frame.render_widget(line(dropping, Role::Bad), dropped);
}
