// SPDX-License-Identifier: MIT
//! How the filter itself does: where it is attached, what a packet costs, how full its tables are, and
//! whether anything that it tells gets lost.

use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::view::text::{count, draw as text};
use aegis_api::{AttachmentStatus, Status, TableStatus};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Lines that it takes, with what matters most.
pub const HEIGHT: u16 = 6;
/// A table that is so full is worth a look, percent.
const FULL: u64 = 80;

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let mut lines = vec![Line::styled("the filter", theme.style(Role::Title))];
    if let Some(status) = &model.status {
        let attached = status.attachments.iter();
        lines.extend(attached.map(|attachment| attached_at(attachment, model, theme)));
        lines.push(state(status));
        lines.push(events(status, theme));
        lines.extend(tables(status, theme));
    }
    text(frame, area, lines);
}

fn attached_at(attachment: &AttachmentStatus, model: &Model, theme: Theme) -> Line<'static> {
    let cost = match model.stats.cost.get(&attachment.hook) {
        Some(cost) => format!("{cost} ns a packet"),
        None if attachment.run_count.is_some() => "no packet yet".to_owned(),
        None => "(cost: sysctl kernel.bpf_stats_enabled=1)".to_owned(),
    };
    let role = if attachment.attached {
        Role::Good
    } else {
        Role::Bad
    };
    Line::from(vec![
        Span::styled(
            format!("{} {} ", attachment.interface, attachment.mode),
            theme.style(role),
        ),
        Span::raw(cost),
    ])
}

fn state(status: &Status) -> Line<'static> {
    let state = &status.state;
    Line::raw(format!(
        "{} connections, {} half-open ({} %), cookies {}",
        state.flows, state.half_open, state.half_open_percent, state.syn_cookies.mode
    ))
}

fn events(status: &Status, theme: Theme) -> Line<'static> {
    let events = &status.events;
    let role = match events.lost_per_second {
        0 => Role::Plain,
        _ => Role::Bad,
    };
    let text = format!(
        "events: {} lost, {} held back a second",
        count(events.lost),
        count(events.suppressed_per_second)
    );
    Line::styled(text, theme.style(role))
}

/// The fullest first.
fn tables(status: &Status, theme: Theme) -> Vec<Line<'static>> {
    let percent = |table: &TableStatus| table.entries * 100 / table.capacity.max(1);
    let mut tables: Vec<&TableStatus> = status.tables.iter().collect();
    tables.sort_by_key(|table| std::cmp::Reverse((percent(table), table.entries)));
    let line = |table: &&TableStatus| {
        let percent = percent(table);
        let role = if percent >= FULL {
            Role::Bad
        } else {
            Role::Plain
        };
        let text = format!("{percent:>3} % of {} {}", count(table.capacity), table.name);
        Line::styled(text, theme.style(role))
    };
    tables.iter().map(line).collect()
}
