// SPDX-License-Identifier: MIT
//! Connections counted together.

use super::super::pane::fact;
use super::super::table::{self, Column};
use super::super::text::{bytes, count, number};
use super::{Shown, sorted};
use crate::model::Connections;
use crate::theme::{Role, Theme};
use aegis_api::{FlowGroup, FlowGroupBy, FlowGroupSort};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

type Cell = fn(&FlowGroup) -> String;

/// Every column, from left to right; the first is called after what they have in common.
pub const GROUPS: [Shown<FlowGroupSort, Cell>; 10] = [
    Shown::rising(
        Column::words("", 18, 0).growing(),
        &[FlowGroupSort::Key],
        name,
    ),
    Shown::falling(
        Column::numbers("count", 6, 0),
        &[FlowGroupSort::Connections],
        |group| count(group.connections as u64),
    ),
    Shown::falling(
        Column::numbers("pkt in", 7, 7),
        &[FlowGroupSort::PacketsReceived, FlowGroupSort::Packets],
        |group| count(group.received.packets),
    ),
    Shown::falling(
        Column::numbers("pkt out", 8, 7),
        &[FlowGroupSort::PacketsSent, FlowGroupSort::Packets],
        |group| count(group.sent.packets),
    ),
    Shown::falling(
        Column::numbers("in", 5, 4),
        &[FlowGroupSort::Received, FlowGroupSort::Bytes],
        |group| bytes(group.received.bytes),
    ),
    Shown::falling(
        Column::numbers("out", 5, 4),
        &[FlowGroupSort::Sent, FlowGroupSort::Bytes],
        |group| bytes(group.sent.bytes),
    ),
    Shown::falling(
        Column::numbers("in B/s", 7, 2),
        &[FlowGroupSort::LiveReceived, FlowGroupSort::Live],
        |group| bytes(group.now.received_bytes_per_second),
    ),
    Shown::falling(
        Column::numbers("out B/s", 8, 2),
        &[FlowGroupSort::LiveSent, FlowGroupSort::Live],
        |group| bytes(group.now.sent_bytes_per_second),
    ),
    Shown::falling(
        Column::numbers("pkt/s", 6, 5),
        &[FlowGroupSort::LivePackets],
        |group| count(group.now.packets_per_second),
    ),
    Shown::rising(Column::words("where", 18, 3).growing(), &[], whereabouts),
];

/// What can come first, in the order of the columns.
pub const GROUP_SORTS: &[FlowGroupSort] = &[
    FlowGroupSort::Key,
    FlowGroupSort::Connections,
    FlowGroupSort::Packets,
    FlowGroupSort::PacketsReceived,
    FlowGroupSort::PacketsSent,
    FlowGroupSort::Received,
    FlowGroupSort::Sent,
    FlowGroupSort::Bytes,
    FlowGroupSort::LiveReceived,
    FlowGroupSort::LiveSent,
    FlowGroupSort::Live,
    FlowGroupSort::LivePackets,
];

/// What a sort is called.
#[must_use]
pub const fn label(sort: FlowGroupSort) -> &'static str {
    match sort {
        FlowGroupSort::Live => "bytes/s now",
        FlowGroupSort::LivePackets => "packets/s now",
        FlowGroupSort::Received => "bytes in",
        FlowGroupSort::Sent => "bytes out",
        FlowGroupSort::PacketsReceived => "packets in",
        FlowGroupSort::PacketsSent => "packets out",
        FlowGroupSort::LiveReceived => "bytes/s in",
        FlowGroupSort::LiveSent => "bytes/s out",
        FlowGroupSort::Key => "name",
        sort => sort.label(),
    }
}

/// Draws them.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    (tab, by): (&Connections, FlowGroupBy),
    theme: Theme,
) {
    let sorted = sorted(&GROUPS, tab.group_sort, tab.is_reversed);
    let mut columns = GROUPS.each_ref().map(|shown| shown.column);
    columns[0].title = by.label();
    let row = |number: usize| {
        let Some(group) = tab.groups.groups.get(number) else {
            return Vec::new();
        };
        let cell = |shown: &Shown<FlowGroupSort, Cell>| Line::raw((shown.cell)(group));
        GROUPS.iter().map(cell).collect()
    };
    table::draw_sorted(frame, area, (&columns, tab.group_rows, &sorted), theme, row);
}

/// Everything about the selected group.
pub fn lines(
    tab: &Connections,
    by: FlowGroupBy,
    theme: Theme,
) -> Option<(String, Vec<Line<'static>>)> {
    let group = tab.selected_group()?;
    let total = |packets: u64, of: u64| format!("{} packets, {}", count(packets), bytes(of));
    let now = &group.now;
    let mut lines = vec![fact(by.label(), name(group), theme)];
    lines.extend(
        group
            .place
            .as_ref()
            .map(|place| fact("place", place.at_length(), theme)),
    );
    lines.extend([
        fact("connections", number(group.connections), theme),
        fact(
            "in",
            total(group.received.packets, group.received.bytes),
            theme,
        ),
        fact("out", total(group.sent.packets, group.sent.bytes), theme),
        fact(
            "in now",
            format!("{}/s", bytes(now.received_bytes_per_second)),
            theme,
        ),
        fact(
            "out now",
            format!("{}/s", bytes(now.sent_bytes_per_second)),
            theme,
        ),
        Line::raw(""),
        Line::styled("Enter shows them, Esc leads back", theme.style(Role::Dim)),
    ]);
    Some((name(group), lines))
}

fn name(group: &FlowGroup) -> String {
    match &*group.key {
        "" => "unknown".to_owned(),
        key => key.to_owned(),
    }
}

fn whereabouts(group: &FlowGroup) -> String {
    let place = || group.place.as_ref().map(ToString::to_string);
    match &*group.label {
        "" => place().unwrap_or_default(),
        label => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_of_a_column_can_be_chosen_and_is_marked() {
        let all: Vec<FlowGroupSort> = GROUPS
            .iter()
            .flat_map(|shown| shown.sorts)
            .copied()
            .collect();
        assert!(all.iter().all(|sort| GROUP_SORTS.contains(sort)));
        assert!(GROUP_SORTS.iter().all(|sort| all.contains(sort)));
    }
}
