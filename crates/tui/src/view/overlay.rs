// SPDX-License-Identifier: MIT
//! What lies over a tab.

use super::{attack, block, why};
use crate::keys;
use crate::model::{Model, Overlay};
use crate::theme::{Role, Sign, Theme};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

/// Draws it, where there is something.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    match &model.overlay {
        None | Some(Overlay::Line(_) | Overlay::Confirm(_)) => {}
        Some(Overlay::Block(dialog)) => block::draw(frame, area, (dialog, model), theme),
        Some(Overlay::Help(scrolled)) => {
            window(frame, area, ("keys", help(model, theme), *scrolled));
        }
        Some(Overlay::Text(title, lines, scrolled)) => {
            let lines = lines.iter().map(|line| Line::raw(line.clone())).collect();
            window(frame, area, (title, lines, *scrolled));
        }
        Some(Overlay::Attacks(scrolled)) => {
            let lines = attack::lines(model, theme);
            window(frame, area, ("attacks", lines, *scrolled));
        }
        Some(Overlay::Why(address, known)) => {
            let lines = match known {
                Some(known) => why::lines(known, model.now, theme),
                None => vec![Line::raw(theme.sign(Sign::More))],
            };
            window(frame, area, (&address.to_string(), lines, 0));
        }
    }
}

fn window(frame: &mut Frame<'_>, area: Rect, (title, lines, scrolled): (&str, Vec<Line<'_>>, u16)) {
    let block = Block::bordered().title(format!(" {title} "));
    let text = Paragraph::new(lines)
        .wrap(Wrap { trim: false })
        .scroll((scrolled, 0));
    frame.render_widget(Clear, area);
    frame.render_widget(text.block(block), area);
}

fn help(model: &Model, theme: Theme) -> Vec<Line<'static>> {
    let line = |binding: &keys::Binding| {
        let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
        Line::from(vec![
            Span::styled(format!("{:<18}", keys.join(" ")), theme.style(Role::Key)),
            Span::raw(binding.help),
        ])
    };
    keys::on(model.tab).map(line).collect()
}
