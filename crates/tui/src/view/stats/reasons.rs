// SPDX-License-Identifier: MIT
//! Why packets are dropped, at the moment that is looked at.

use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::view::text::{count, draw as text};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let mut lines = vec![Line::styled(
        "drops by reason, packets/s",
        theme.style(Role::Title),
    )];
    let moment = model.stats.moment();
    let drops = moment.map_or(&[][..], |moment| &moment.drops);
    if drops.is_empty() {
        lines.push(Line::styled("none", theme.style(Role::Dim)));
    }
    let most = drops.first().map_or(1.0, |(_, packets)| *packets);
    let room = usize::from(area.width).saturating_sub(30);
    for (reason, packets) in drops {
        let bar = (packets / most * room as f64).round() as usize;
        lines.push(Line::from(vec![
            Span::raw(format!("{reason:<22} ")),
            Span::styled(
                format!("{:>5} ", count(packets.round() as u64)),
                theme.style(Role::Bad),
            ),
            Span::styled(theme.full().repeat(bar), theme.style(Role::Bad)),
        ]));
    }
    text(frame, area, lines);
}
