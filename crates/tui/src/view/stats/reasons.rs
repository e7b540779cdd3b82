// SPDX-License-Identifier: MIT
//! Why packets are dropped, at the moment that is looked at.

use super::column::Section;
use crate::model::{Model, StatsRow};
use crate::theme::{Role, Theme};
use crate::view::text::count;
use ratatui::text::{Line, Span};

/// Columns that the reason and the number take.
const WORDS: usize = 30;

/// The section, in a column of that width.
pub fn section(model: &Model, width: usize, theme: Theme) -> Section {
    let moment = model.stats.moment();
    let drops = moment.map_or(&[][..], |moment| &moment.drops);
    let most = drops.first().map_or(1.0, |(_, packets)| *packets);
    let room = width.saturating_sub(WORDS) as f64;
    let line = |(reason, packets): &(String, f64)| {
        let bar = (packets / most * room).round() as usize;
        let line = Line::from(vec![
            Span::raw(format!("{reason:<22} ")),
            Span::styled(
                format!("{:>5} ", count(packets.round() as u64)),
                theme.style(Role::Bad),
            ),
            Span::styled(theme.full().repeat(bar), theme.style(Role::Bad)),
        ]);
        (StatsRow::Reason(reason.clone()), line)
    };
    let mut lines: Vec<_> = drops.iter().map(line).collect();
    if lines.is_empty() {
        let nothing = Line::styled("none", theme.style(Role::Dim));
        lines.push((StatsRow::NoReason, nothing));
    }
    Section {
        title: "drops by reason, packets/s".to_owned(),
        lines,
    }
}
