// SPDX-License-Identifier: MIT
//! Who it comes from: sources of what is dropped, connections by what they have in common, and lists.

use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::view::text::{bytes, count, draw as text};
use aegis_api::FlowGroup;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let [dropped, connected] =
        Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    text(frame, dropped, offenders(model, theme));
    text(frame, connected, groups(model, theme));
}

fn offenders(model: &Model, theme: Theme) -> Vec<Line<'static>> {
    let title = "sources of drops, lately";
    let mut lines = vec![Line::styled(title, theme.style(Role::Title))];
    for (source, sender) in &model.stats.senders.top {
        let place = sender.place.as_ref().map(ToString::to_string);
        lines.push(Line::from(vec![
            Span::styled(
                format!("{:>5} ", count(sender.weight.round() as u64)),
                theme.style(Role::Bad),
            ),
            Span::raw(format!(
                "{source} {} {}",
                sender.reason,
                place.unwrap_or_default()
            )),
        ]));
    }
    lines.extend(yields(model, theme));
    lines
}

/// Lists that earned their keep in the last 24 hours.
fn yields(model: &Model, theme: Theme) -> impl Iterator<Item = Line<'static>> {
    let lists = &model.lists.answer.lists;
    let earning = lists.iter().filter(|list| list.hits.day.packets > 0);
    earning.map(move |list| {
        Line::from(vec![
            Span::styled(
                format!("{:>5} ", count(list.hits.day.packets)),
                theme.style(Role::Bad),
            ),
            Span::raw(format!("list {} in 24 h", list.name)),
        ])
    })
}

fn groups(model: &Model, theme: Theme) -> Vec<Line<'static>> {
    let stats = &model.stats;
    let title = format!("connections by {}, bytes/s", stats.by);
    let mut lines = vec![Line::styled(title, theme.style(Role::Title))];
    let known = stats.groups.iter().flat_map(|list| &list.groups);
    lines.extend(known.map(|group| row(group, theme)));
    lines
}

fn row(group: &FlowGroup, theme: Theme) -> Line<'static> {
    let key = match group.key.as_str() {
        "" => "unknown",
        key => key,
    };
    Line::from(vec![
        Span::styled(
            format!("{:>5} ", bytes(group.now.bytes_per_second())),
            theme.style(Role::Good),
        ),
        Span::raw(format!("{key} {}", group.label)),
        Span::styled(
            format!("  {} connections", group.connections),
            theme.style(Role::Dim),
        ),
    ])
}
