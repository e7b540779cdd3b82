// SPDX-License-Identifier: MIT
//! Who it comes from: sources of what is dropped, lists, and connections by what they have in common.

use super::column::Section;
use crate::model::{MEAN_SECONDS, Model, Sender, StatsRow};
use crate::theme::{Role, Theme};
use crate::view::text::{bytes, count};
use aegis_api::FlowGroup;
use ratatui::text::{Line, Span};
use std::net::IpAddr;

/// Sources of drops, lists that dropped something, and connections.
pub fn sections(model: &Model, theme: Theme) -> [Section; 3] {
    let stats = &model.stats;
    let offenders = stats.senders.top.iter();
    let lists = model.lists.answer.lists.iter();
    let earning = lists.filter(|list| list.hits.day.packets > 0);
    let groups = stats.groups.iter().flat_map(|list| &list.groups);
    [
        Section {
            title: format!("sources of drops, packets/s over {MEAN_SECONDS:.0} s"),
            lines: offenders
                .map(|(source, sender)| offender(*source, sender, theme))
                .collect(),
        },
        Section {
            title: "drops by list, packets in 24 h".to_owned(),
            lines: earning
                .map(|list| {
                    let row = StatsRow::List(list.name.clone());
                    let packets = count(list.hits.day.packets);
                    let text = Span::raw(list.name.clone());
                    (row, counted(packets, Role::Bad, vec![text], theme))
                })
                .collect(),
        },
        Section {
            title: format!("connections by {}, bytes/s", stats.by),
            lines: groups.map(|group| connected(group, theme)).collect(),
        },
    ]
}

fn offender(source: IpAddr, sender: &Sender, theme: Theme) -> (StatsRow, Line<'static>) {
    let place = sender.place.as_ref().map(ToString::to_string);
    let text = vec![
        Span::raw(format!("{source} {} ", sender.reason())),
        Span::styled(place.unwrap_or_default(), theme.style(Role::Dim)),
    ];
    let packets = match sender.packets_per_second() {
        few if few < 0.95 => "<1".to_owned(),
        packets => count(packets.round() as u64),
    };
    let row = StatsRow::Sender(source);
    (row, counted(packets, Role::Bad, text, theme))
}

fn connected(group: &FlowGroup, theme: Theme) -> (StatsRow, Line<'static>) {
    let key = match group.key.as_str() {
        "" => "unknown",
        key => key,
    };
    let connections = match group.connections {
        1 => " 1 connection".to_owned(),
        count => format!(" {count} connections"),
    };
    let text = vec![
        Span::raw(format!("{key} {}", group.label)),
        Span::styled(connections, theme.style(Role::Dim)),
    ];
    let rate = bytes(group.now.bytes_per_second());
    let row = StatsRow::Group(group.key.clone());
    (row, counted(rate, Role::Good, text, theme))
}

fn counted(number: String, role: Role, text: Vec<Span<'static>>, theme: Theme) -> Line<'static> {
    let number = Span::styled(format!("{number:>5} "), theme.style(role));
    let spans = std::iter::once(number).chain(text);
    Line::from_iter(spans)
}
